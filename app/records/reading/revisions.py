"""The revisions of an event, an allegation or an obligation."""

from typing import Any

from sqlalchemy import Connection, or_, select

from app.core import stamps
from app.core.errors import RecordNotFoundError
from app.records.documents import (
    Document,
    decode,
    encode,
)
from app.records.reading.single import find
from app.records.revisions import View, was_in_open, withdrawn_in_sight
from app.records.store import assemble_rows
from app.records.tables import (
    Record,
    Revision,
)
from app.records.vocabulary import RecordType, Visibility


def list_revisions(
    connection: Connection,
    record_type: RecordType,
    record_id: str,
    view: View,
    *,
    number: int | None = None,
) -> bytes:
    """Return the revisions of a record that the reader may see, first to last, or one of them.

    Retracted and merged records answer too.  Each shows the record as it was read then.
    """
    record = find(connection, record_type, record_id, view)
    query = (
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.record_id == record.id)
        .order_by(Revision.number)
    )
    if view.is_public:
        query = query.where(
            Revision.public_seq.is_not(None), or_(was_in_open(Revision.seq), withdrawn_in_sight(Revision))
        )
    rows = connection.execute(query).all()
    if not rows:
        raise RecordNotFoundError(record_type.value, record_id)
    if number is None:
        return encode({"items": [_revision(connection, row, view) for row in rows]})
    for row in rows:
        if row.number == number:
            return encode(_revision(connection, row, view))
    raise RecordNotFoundError("revision", f"{record_id}/{number}")


def _revision(connection: Connection, row: Any, view: View) -> Document:  # noqa: ANN401 - a row of the log
    shown: Document | None = None
    # Of what was hidden, or is, the reasons are hidden too.
    is_told = not view.is_public or {row.visibility, row.now} == {Visibility.PUBLIC.value}
    if row.document is not None and not (view.is_public and row.visibility == Visibility.RESTRICTED.value):
        then = View(view.audience, row.seq)
        shown = decode(assemble_rows(connection, [row], then)[row.seq])
    return {
        "revision": row.number,
        "seq": row.public_seq if view.is_public else row.seq,
        "at": stamps.moment_text(row.at),
        "operation": row.operation,
        "kind": row.kind,
        "reason": row.reason if is_told else None,
        row.record_type: shown,
    }
