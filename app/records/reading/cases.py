"""A case with what it says of its events."""

from typing import Any

from sqlalchemy import Connection, func, literal, select

from app.core.edtf import OPEN_LATEST
from app.records.documents import (
    Document,
    assemble,
    decode,
    load_stubs,
    named_in,
    read_occurred,
    read_revision,
)
from app.records.revisions import SHOWN_IN_PART, View, as_of, visible
from app.records.tables import (
    CaseChange,
    Event,
    EventCase,
    Revision,
)
from app.records.vocabulary import RecordType


def whole_case(connection: Connection, row: Any, view: View) -> Document:  # noqa: ANN401 - a row of the log
    """Return the answer for a case, with what it says of its events."""
    document = decode(row.document)
    envelope = read_revision(row, view, row.now)
    shown = assemble(document, envelope, load_stubs(connection, named_in(document, RecordType.CASE), view))
    if not envelope.is_whole:
        return {**shown, "event_count": None, "first_date": None, "last_date": None, "last_change_seq": None}
    return {**shown, **_summary(connection, row.record_id, view)}


def _summary(connection: Connection, case_id: str, view: View) -> Document:
    """Return what a case says of its events, of those that the reader sees."""
    members = (
        select(Event.seq, Event.position, Event.start_latest, Event.sequence, Event.id)
        .join(EventCase, EventCase.seq == Event.seq)
        .where(
            EventCase.case_id == case_id,
            *as_of(EventCase, view.seq),
            *visible(Event, view, levels=SHOWN_IN_PART),
        )
    )
    counted = connection.execute(members.with_only_columns(func.count())).scalar_one()
    order = (EventCase.position, EventCase.start_latest, EventCase.sequence, EventCase.event_id)
    dated = members.where(EventCase.position < OPEN_LATEST)
    ends = [
        connection.execute(dated.order_by(*keys).limit(1)).first()
        for keys in (order, tuple(key.desc() for key in order))
    ]
    dates: list[Document | None] = []
    for end in ends:
        if end is None:
            dates.append(None)
            continue
        raw = connection.execute(select(Revision.document).where(Revision.seq == end.seq)).scalar_one()
        event = decode(raw or b"{}")
        dates.append(read_occurred(event["occurred"], event["timezone"]))
    number = Revision.public_seq if view.is_public else Revision.seq
    newest = select(func.max(number)).join(CaseChange, CaseChange.seq == Revision.seq)
    newest = newest.where(CaseChange.case_id == case_id)
    if view.is_public:
        newest = newest.where(CaseChange.is_public == literal(1))
    if view.seq is not None:
        newest = newest.where(CaseChange.seq <= view.seq)
    return {
        "event_count": counted,
        "first_date": dates[0],
        "last_date": dates[1],
        "last_change_seq": connection.execute(newest).scalar_one(),
    }
