"""The orders of a case, with their obligations, as they stood at any moment."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, tuple_

from app.access.audience import Audience
from app.core.edtf import OPEN_LATEST, Bounds, instant_text, parse_occurred
from app.core.http import etag_matches
from app.core.paging import link
from app.core.stamps import moment_text
from app.orders.answers import Answer, find_events, parameters_of, tag_of
from app.orders.duties import Duty, judge, render
from app.orders.moments import Moments, reported_condition, settle_at, settle_reported
from app.orders.pages import Key, collect, count, find_place, pin_of, urls_of
from app.orders.questions import OrdersQuestion
from app.records.documents import Document, decode, encode
from app.records.revisions import as_of, in_visible_case, visible
from app.records.status.facts import Side, moment_of
from app.records.status.orders import BEARING, UNDOING, Bearing, Order, OrderStatus, order_status
from app.records.status.periods import due_of, in_sight
from app.records.tables import Event, EventCase, Merge, Obligation, Record, Relation, Revision
from app.records.vocabulary import EventType
from app.timeline.scene import Pin, refuse_future, set_scene

_KEY: Final = (int, int, int, str)


@dataclass(frozen=True, slots=True)
class _Stood:
    """An order, and how it stood."""

    row: Any
    status: OrderStatus
    certain: bool


def read_orders(
    connection: Connection,
    audience: Audience,
    question: OrdersQuestion,
    *,
    case: str,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return one page of a case's orders; raises `RecordNotFoundError` and `RetractedError`."""
    refuse_future(question.as_of)
    # A page that is gone on to names its moment itself.
    zone = "UTC"
    if question.after is None:
        zone = set_scene(connection, audience, Pin(question.as_of), case=case).timezone
    at = settle_at(question.at, question.as_of, zone)
    given = [*parameters_of(question, but={"at"}), ("at", instant_text(at))]
    place = find_place(
        audience, f"orders/{case}", given, limit=question.limit, after=question.after, key=_KEY
    )
    pin = pin_of(place, question.as_of)
    own = set_scene(connection, audience, pin, case=case)
    # Obligations may rest on events of other cases, so that any change may alter the answer.
    scene = set_scene(connection, audience, pin, case=None)
    path = f"{base}/v1/cases/{case}/orders"
    etag = tag_of(scene, audience, path, given)
    if etag_matches(if_none_match, etag):
        return Answer(etag, None)
    moments = Moments(scene.view, at, settle_reported(question.reported_until))
    case_id = own.case_id or ""

    def fetch(start: Key | None, size: int) -> list[tuple[Key, Any]]:
        return _rows(connection, case_id, moments, start, size, is_backwards=place.is_backwards)

    def keep(rows: Sequence[tuple[Key, Any]]) -> list[tuple[Key, _Stood]]:
        stood = _judge(connection, [row for _key, row in rows], moments)
        return [
            (key, stood[row.id])
            for key, row in rows
            if row.id in stood and (not question.status or stood[row.id].status in question.status)
        ]

    page = collect(place, fetch, keep, is_picky=bool(question.status))
    total = None
    if question.total is not None:
        total = count(fetch, keep)
    urls = urls_of(place, page, path, given, scene.reader_seq)
    there = f"{base}/v1/cases/{case_id}/orders"
    moment = moment_text(scene.at)
    body = {
        "items": _render(connection, [stood for _key, stood in page.items], moments),
        **urls,
        "total": total,
        "as_of": moment,
        "permalink": link(there, [*(one for one in given if one[0] != "as_of"), ("as_of", moment)]),
        "at": instant_text(at),
        "timezone": own.timezone,
    }
    return Answer(etag, encode(body), urls["next"], urls["previous"])


def _rows(
    connection: Connection,
    case_id: str,
    moments: Moments,
    start: Key | None,
    size: int,
    *,
    is_backwards: bool,
) -> list[tuple[Key, Any]]:
    """Return up to `size` orders of the case after a key, in the direction the page is read."""
    view = moments.view
    columns = (EventCase.position, EventCase.start_latest, EventCase.sequence, EventCase.event_id)
    query = (
        select(
            Event.id,
            Event.start_earliest,
            Event.start_latest,
            Event.end_earliest,
            Event.end_latest,
            Revision.document,
            *(column.label(f"k{n}") for n, column in enumerate(columns)),
        )
        .join(EventCase, EventCase.seq == Event.seq)
        .join(Revision, Revision.seq == Event.seq)
        .where(
            EventCase.case_id == case_id,
            Event.type == EventType.COURT_ORDER.value,
            *as_of(EventCase, view.seq),
            *as_of(Event, view.seq),
            *visible(Event, view),
        )
    )
    if moments.reported_before is not None:
        query = query.where(reported_condition(moments))
    if start is not None:
        here, there = tuple_(*columns), tuple_(*start)
        query = query.where(here < there if is_backwards else here > there)
    order = [column.desc() if is_backwards else column for column in columns]
    rows = connection.execute(query.order_by(*order).limit(size)).all()
    return [((row.k0, row.k1, row.k2, row.k3), row) for row in rows]


def _judge(connection: Connection, rows: Sequence[Any], moments: Moments) -> Mapping[str, _Stood]:
    """Return how the orders stood that had been made by then, by their ids."""
    bearing = _bearing(connection, [row.id for row in rows], BEARING, moments)
    others = {row.id for found in bearing.values() for row in found}
    undoing = _bearing(connection, others, UNDOING, moments)

    def status(row: Any, side: Side) -> OrderStatus | None:  # noqa: ANN401 - a row of the query
        bearings = [
            Bearing(
                other.type,
                moment_of(_bounds(other), side),
                min((moment_of(_bounds(one), side) for one in undoing[other.id]), default=None),
            )
            for other in bearing[row.id]
        ]
        made_at = moment_of(_bounds(row), side)
        return order_status(Order(made_at, _end(row, side), tuple(bearings)), moments.at)

    found = {}
    for row in rows:
        earliest = status(row, "earliest")
        if earliest is not None:
            found[row.id] = _Stood(row, earliest, certain=status(row, "latest") is earliest)
    return found


def _bearing(
    connection: Connection, ids: Collection[str], types: Sequence[str], moments: Moments
) -> Mapping[str, list[Any]]:
    """Return the events that bear on some events by relations of those types, by the id of those."""
    view = moments.view
    merged = connection.execute(
        select(Merge.id, Merge.survivor_id).where(
            Merge.survivor_id.in_(ids), *as_of(Merge, view.seq), *visible(Merge, view)
        )
    ).all()
    survivors = {**{one: one for one in ids}, **{row.id: row.survivor_id for row in merged}}
    query = (
        select(
            Relation.target_id,
            Relation.type,
            Event.id,
            Event.start_earliest,
            Event.start_latest,
            Event.end_earliest,
            Event.end_latest,
        )
        .join(Event, Event.seq == Relation.seq)
        .where(
            Relation.target_id.in_(survivors),
            Relation.type.in_(types),
            *as_of(Relation, view.seq),
            *as_of(Event, view.seq),
            *visible(Event, view),
            in_visible_case(Event.seq, view),
        )
    )
    if moments.reported_before is not None:
        query = query.where(reported_condition(moments))
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        if survivors[row.target_id] != row.id:
            found[survivors[row.target_id]].append(row)
    return found


def _bounds(row: Any) -> Bounds:  # noqa: ANN401 - a row with the four bounds of a date
    return Bounds(row.start_earliest, row.start_latest, row.end_earliest, row.end_latest)


def _end(row: Any, side: Side) -> int | None:  # noqa: ANN401 - a row of `_rows`
    """Return when an order ends that was made for a time; `None` for one that was not."""
    document = decode(row.document)
    if document["occurred"] is None:
        return None
    occurred = parse_occurred(document["occurred"], document["timezone"])
    if occurred.kind == "moment" or occurred.bounds.end_latest == OPEN_LATEST:
        return None
    return occurred.bounds.end_earliest if side == "earliest" else occurred.bounds.end_latest


def _render(connection: Connection, orders: Sequence[_Stood], moments: Moments) -> list[Document]:
    ids = [stood.row.id for stood in orders]
    events = find_events(connection, ids, moments.view)
    duties = _duties(connection, ids, moments)
    return [
        {
            "order": events[stood.row.id],
            "status": stood.status,
            "certain": stood.certain,
            "obligations": render(connection, duties[stood.row.id], moments),
        }
        for stood in orders
    ]


def _duties(connection: Connection, ids: Sequence[str], moments: Moments) -> Mapping[str, list[Duty]]:
    """Return the obligations of some orders, by due moment."""
    view = moments.view
    merged = connection.execute(
        select(Merge.id, Merge.survivor_id).where(
            Merge.survivor_id.in_(ids), *as_of(Merge, view.seq), *visible(Merge, view)
        )
    )
    survivors: dict[str, str] = {row.id: row.survivor_id for row in merged}
    rows = connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Obligation, Obligation.seq == Revision.seq)
        .join(Record, Record.id == Obligation.id)
        .where(Obligation.order_id.in_([*ids, *survivors]), *in_sight(view))
    ).all()
    found: defaultdict[str, list[Duty]] = defaultdict(list)
    for duty in sorted(
        judge(connection, rows, moments), key=lambda one: (due_of(one.document), one.row.record_id)
    ):
        order: str = duty.document["order"]
        found[survivors.get(order, order)].append(duty)
    return found
