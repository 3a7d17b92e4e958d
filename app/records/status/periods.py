"""Keeps the periods of obligations in step with the log, for each audience."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, or_, select, update

from app.access.audience import Audience
from app.core.edtf import OPEN_LATEST, UNDATED, parse_occurred
from app.records.documents import Document, Stub, decode, encode, load_stubs, named_in
from app.records.revisions import View, as_of, order_in_sight, visible
from app.records.status.answers import answer_of
from app.records.status.facts import Dates, bounds_of, spans
from app.records.tables import EventCase, Obligation, ObligationTie, Record, Revision
from app.records.tables.periods import ObligationPeriod
from app.records.vocabulary import RecordType

AT_ONCE: Final = 200
# A period in which no moment lies.
_NEVER: Final = {"since": 0, "until": 0, "status": "", "due": OPEN_LATEST, "ready": None}


def refresh_periods(connection: Connection, record_type: RecordType, ids: Collection[str], seq: int) -> None:
    """Work out anew the periods of the obligations that rest on the records, after the change `seq`."""
    resting = _resting_on(record_type, ids)
    if resting is None:
        return
    if record_type is RecordType.ACTOR:
        # A name alters no status: of most of them the answer is assembled again when it is read.
        connection.execute(
            update(ObligationPeriod).where(ObligationPeriod.obligation_id.in_(resting)).values(ready=None)
        )
        resting = resting.limit(AT_ONCE)
    found = connection.execute(resting).scalars().all()
    for first in range(0, len(found), AT_ONCE):
        some = found[first : first + AT_ONCE]
        connection.execute(delete(ObligationPeriod).where(ObligationPeriod.obligation_id.in_(some)))
        rows = [row for audience in Audience for row in _rows(connection, View(audience), some, seq)]
        connection.execute(insert(ObligationPeriod), rows)


def in_sight(view: View) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which an obligation has a status for the reader."""
    return (
        *as_of(Obligation, view.seq),
        *visible(Obligation, view),
        order_in_sight(Obligation.order_id, view),
    )


def load_dates(connection: Connection, ids: Iterable[str], view: View) -> Dates:
    """Return the dates of the events that the reader sees, by the ids they were asked for."""
    return dates_in(load_stubs(connection, ids, view))


def dates_in(stubs: Mapping[str, Stub]) -> Dates:
    """Return the dates of the events among some records."""
    return {
        asked: bounds_of(stub.document) or UNDATED
        for asked, stub in stubs.items()
        if stub.document is not None and stub.type is RecordType.EVENT
    }


def events_in(document: Document) -> set[str]:
    """Return the ids of the events that an obligation names."""
    ties = [*document["terms"], *document["responses"], *document["findings"]]
    return {document["order"], *(one["event"] for one in ties if one["event"] is not None)}


def due_of(document: Document) -> int:
    """Return what an obligation is sorted by: the due moment first set, or the end of time."""
    due = document["due"]
    return OPEN_LATEST if due is None else parse_occurred(due, document["timezone"]).bounds.end_latest


def _resting_on(record_type: RecordType, ids: Collection[str]) -> Select[str] | None:
    """Return the query for the obligations among the records, or that name one or an event of one of them."""
    match record_type:
        case RecordType.OBLIGATION:
            return select(Record.id).where(Record.id.in_(ids))
        case RecordType.ACTOR:
            own, tied = Obligation.bound_id.in_(ids), ObligationTie.actor_id.in_(ids)
        case RecordType.EVENT:
            own, tied = Obligation.order_id.in_(ids), ObligationTie.event_id.in_(ids)
        case RecordType.CASE:
            events = select(EventCase.event_id).where(
                EventCase.case_id.in_(ids), EventCase.last_seq.is_(None)
            )
            own, tied = Obligation.order_id.in_(events), ObligationTie.event_id.in_(events)
        case RecordType.SOURCE | RecordType.ALLEGATION:
            return None
    naming = select(ObligationTie.seq).where(tied)
    return (
        select(Obligation.id)
        .where(Obligation.last_seq.is_(None), or_(own, Obligation.seq.in_(naming)))
        .order_by(Obligation.id)
    )


def _rows(connection: Connection, view: View, ids: Collection[str], seq: int) -> list[dict[str, Any]]:
    found = connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Obligation, Obligation.seq == Revision.seq)
        .join(Record, Record.id == Obligation.id)
        .where(Obligation.id.in_(ids), *in_sight(view))
    ).all()
    documents = {row.record_id: (row, decode(row.document)) for row in found}
    named = set().union(*(named_in(document, RecordType.OBLIGATION) for _row, document in documents.values()))
    stubs = load_stubs(connection, named, view) if named else {}
    dates = dates_in(stubs)
    rows: list[dict[str, Any]] = []
    for one in ids:
        own = {"obligation_id": one, "audience": view.audience.value, "seq": seq}
        told: list[dict[str, Any]] = []
        if one in documents:
            row, document = documents[one]
            own["due"] = due_of(document)
            told = [
                {
                    "since": span.since,
                    "until": span.until,
                    "status": span.computed.current.status.value,
                    "ready": encode(answer_of(row, span.document, span.computed, stubs, view)),
                }
                for span in spans(document, dates)
            ]
        rows += [{**_NEVER, **own, **period} for period in told or [{}]]
    return rows
