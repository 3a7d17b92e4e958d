"""The answers kept ready beside the events, for the public reader of now.

One that names a record which has changed is stale: it is assembled whenever it is
read, until it is made again.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    insert,
    null,
    select,
    update,
)

from app.records.documents import (
    assemble,
    decode,
    encode,
    load_stubs,
    named_in,
    read_revision,
)
from app.records.revisions import PUBLIC_NOW, View
from app.records.store.merges import family
from app.records.store.reach import resting_events
from app.records.tables import (
    Event,
    EventCase,
    Record,
    Relation,
    Revision,
    StaleAnswer,
)
from app.records.vocabulary import RecordType

REFRESHED_AT_ONCE = 500


def ready_answer() -> ColumnElement[bytes | None]:
    """Return the column of an event's ready answer, null where there is none that holds."""
    stale = select(StaleAnswer.seq).where(StaleAnswer.seq == Event.seq).exists()
    return case((stale, null()), else_=Event.ready).label("ready")


def refresh_ready(connection: Connection, record_type: RecordType, record_id: str) -> None:
    """Mark the ready answers that name the record as stale, and make the first of them again at once.

    The bound keeps the write short; `refresh_some` makes the others.
    """
    ids = {"ids": list(family(connection, [record_id]))}
    named = _named_by(record_type)
    _mark_stale(connection, named, ids)
    make_ready(connection, connection.execute(named.limit(REFRESHED_AT_ONCE), ids).scalars().all())


def wipe_ready(connection: Connection, record_type: RecordType, record_id: str) -> None:
    """Drop the ready answers that name the record, for one whose name must be nowhere any more."""
    ids = {"ids": list(family(connection, [record_id]))}
    connection.execute(update(Event).where(Event.seq.in_(_named_by(record_type))).values(ready=None), ids)


def refresh_some(connection: Connection, limit: int) -> int:
    """Make up to `limit` stale answers again; return how many are none any more."""
    seqs = connection.execute(select(StaleAnswer.seq).limit(limit)).scalars().all()
    current = select(Event.seq).where(Event.seq.in_(seqs), Event.last_seq.is_(None))
    make_ready(connection, connection.execute(current).scalars())
    # Also those that were superseded since.
    connection.execute(delete(StaleAnswer).where(StaleAnswer.seq.in_(seqs)))
    return len(seqs)


def has_stale(connection: Connection) -> bool:
    """Tell whether any answer is stale."""
    return connection.execute(select(StaleAnswer.seq).limit(1)).first() is not None


def _mark_stale(connection: Connection, seqs: Select[int], values: dict[str, list[str]]) -> None:
    known = select(StaleAnswer.seq)
    new = seqs.where(Event.seq.not_in(known))
    connection.execute(insert(StaleAnswer).from_select([StaleAnswer.seq], new), values)


@cache
def _named_by(record_type: RecordType) -> Select[int]:
    """Return the current rows of the events that name one of the records `ids`, a parameter."""
    naming = (
        select(Relation.seq).where(
            Relation.target_id.in_(bindparam("ids", expanding=True)), Relation.last_seq.is_(None)
        )
        if record_type is RecordType.EVENT
        else resting_events(record_type)
    )
    return select(Event.seq).where(Event.last_seq.is_(None), Event.seq.in_(naming))


def outdate_ready_in_case(connection: Connection, case_id: str) -> None:
    """Mark the ready answers that name an event of the case: it may have come into or out of sight."""
    # Those of the past, too: what was withdrawn is named, without its title.
    members = select(EventCase.event_id).where(EventCase.case_id == case_id)
    naming = select(Relation.seq).where(Relation.target_id.in_(members), Relation.last_seq.is_(None))
    _mark_stale(connection, select(Event.seq).where(Event.last_seq.is_(None), Event.seq.in_(naming)), {})


def make_ready(connection: Connection, seqs: Iterable[int]) -> dict[int, bytes]:
    """Assemble the public's current answers for the event rows `seqs` and keep them; return them."""
    seqs = list(seqs)
    if not seqs:
        return {}
    rows = connection.execute(
        select(Revision, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.seq.in_(seqs))
    ).all()
    answers = assemble_rows(connection, rows, PUBLIC_NOW)
    for seq, answer in answers.items():
        connection.execute(update(Event).where(Event.seq == seq).values(ready=answer))
    connection.execute(delete(StaleAnswer).where(StaleAnswer.seq.in_(answers)))
    return answers


def assemble_rows(connection: Connection, rows: Iterable[Any], view: View) -> dict[int, bytes]:
    """Return the answers for rows of the log joined with `now`, by `seq`, for one reader."""
    documents = {row.seq: (row, decode(row.document)) for row in rows}
    named: set[str] = set()
    for row, document in documents.values():
        named |= named_in(document, RecordType(row.record_type))
    stubs = load_stubs(connection, named, view) if named else {}
    return {
        seq: encode(assemble(document, read_revision(row, view, row.now), stubs))
        for seq, (row, document) in documents.items()
    }
