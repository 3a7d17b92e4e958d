"""How far the record of a case's dockets goes, so that an absence can be read."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, and_, not_, select

from app.access.audience import Audience
from app.core.edtf import parse_occurred
from app.core.http import etag_matches
from app.core.stamps import moment_text
from app.orders.answers import Answer, Parameters, find_events, tag_of, tail_of
from app.records.documents import Document, decode, encode, read_occurred
from app.records.revisions import SHOWN_IN_PART, View, as_of, visible
from app.records.tables import Case, Event, EventCase, Revision
from app.records.vocabulary import Visibility
from app.timeline.scene import Pin, set_scene


def read_coverage(
    connection: Connection,
    audience: Audience,
    case: str,
    *,
    pin: Pin,
    parameters: Parameters,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return the coverage of a case's dockets; raises `RecordNotFoundError` and `RetractedError`."""
    scene = set_scene(connection, audience, pin, case=case)
    path = f"{base}/v1/cases/{scene.case_id}/coverage"
    etag = tag_of(scene, audience, path, parameters)
    if etag_matches(if_none_match, etag):
        return Answer(etag, None)
    document = connection.execute(
        select(Revision.document)
        .join(Case, Case.seq == Revision.seq)
        .where(Case.id == scene.case_id, *as_of(Case, scene.view.seq))
    ).scalar_one()
    case_document = decode(document or b"{}")
    entries = list(_entries(connection, scene.case_id or "", scene.view))
    items = [_coverage(docket, entries) for docket in case_document["dockets"]]
    body = encode(
        {
            "items": items,
            **tail_of(scene, path, parameters),
            "existence_only": _stubs(connection, scene.case_id or "", scene.view),
        }
    )
    return Answer(etag, body)


def gaps_in(numbers: Iterable[int]) -> list[Document]:
    """Return the runs of numbers that are missing between 1 and the highest, first to last."""
    found, expected = [], 1
    for number in sorted(set(numbers)):
        if number > expected:
            found.append({"first": expected, "last": number - 1})
        expected = max(expected, number + 1)
    return found


def _entries(connection: Connection, case_id: str, view: View) -> Iterator[Any]:
    """Yield the rows `(document, recorded_at)` of the case's events in dockets."""
    recorded_at = Revision.public_recorded_at if view.is_public else Revision.recorded_at
    yield from connection.execute(
        select(Revision.document, recorded_at.label("recorded_at"))
        .join(Event, Event.seq == Revision.seq)
        .join(EventCase, EventCase.seq == Event.seq)
        .where(
            EventCase.case_id == case_id,
            Event.docket_number.is_not(None),
            *as_of(Event, view.seq),
            *visible(Event, view),
        )
    )


def _coverage(docket: Document, entries: Iterable[Any]) -> Document:
    number = docket["docket_number"]
    mine = [(decode(row.document), row) for row in entries]
    mine = [(document, row) for document, row in mine if document["details"]["docket"] == number]
    numbers = [one for document, _row in mine if (one := document["details"].get("entry_number")) is not None]
    dated = sorted(
        (
            (parse_occurred(document["occurred"], document["timezone"]).bounds.position, document)
            for document, _row in mine
            if document["occurred"] is not None
        ),
        key=lambda one: one[0],
    )
    checked = max((row.recorded_at for _document, row in mine), default=None)
    return {
        "court": docket["court"],
        "docket_number": number,
        "url": docket["url"],
        "events": len(mine),
        "entries": len(set(numbers)),
        "first_entry": min(numbers, default=None),
        "last_entry": max(numbers, default=None),
        "gaps": gaps_in(numbers),
        "first_date": _date(dated[0][1]) if dated else None,
        "last_date": _date(dated[-1][1]) if dated else None,
        "last_checked_at": docket.get("last_checked_at") or (moment_text(checked) if checked else None),
    }


def _date(document: Document) -> Document | None:
    return read_occurred(document["occurred"], document["timezone"])


def _stubs(connection: Connection, case_id: str, view: View) -> list[Document]:
    """Return the events of the case of which the public sees only that they exist, in order of time."""
    is_in_part = (
        not_(and_(*visible(Event, view)))
        if view.is_public
        else Event.visibility == Visibility.EXISTENCE_ONLY.value
    )
    ids = connection.execute(
        select(Event.id)
        .join(EventCase, EventCase.seq == Event.seq)
        .where(
            EventCase.case_id == case_id,
            is_in_part,
            *as_of(Event, view.seq),
            *visible(Event, view, levels=SHOWN_IN_PART),
        )
        .order_by(Event.position, Event.start_latest, Event.sequence, Event.id)
    ).scalars()
    found = list(ids)
    events = find_events(connection, found, view)
    return [events[one] for one in found if one in events]
