"""Counts of orders and obligations, and of those that were not obeyed in time or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, case, func, select

from app.access.audience import Audience
from app.core.edtf import OPEN_EARLIEST, instant_text
from app.core.edtf.calendar import to_local, zone_of
from app.core.http import etag_matches
from app.core.paging import link
from app.core.stamps import moment_text
from app.orders.answers import Answer, parameters_of, tag_of
from app.orders.moments import Moments, known_dates, settle_at, settle_reported
from app.orders.obligations import Wanted, all_rows, by_ids, courts_of, has_periods, settle
from app.orders.questions import StatisticsQuestion
from app.records.documents import Document, decode, encode, load_stubs
from app.records.revisions import as_of, survivor_of
from app.records.status.facts import bounds_of, spans
from app.records.status.obligations import ObligationStatus
from app.records.status.periods import events_in
from app.records.tables import Event, Obligation
from app.records.tables.periods import ObligationPeriod
from app.timeline.scene import Pin, refuse_future, set_scene

# Not answered in time, whether it was answered since or not.
_LATE: Final = (ObligationStatus.LATE, ObligationStatus.OVERDUE)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class _Counted:
    """One obligation: of which order, whom it binds, and what had become of it by then."""

    order_id: str
    bound_id: str
    is_late: bool
    is_found: bool


@dataclass(slots=True)
class _Sum:
    """What is counted of one value."""

    orders: set[str] = field(default_factory=set)
    obligations: int = 0
    late: int = 0
    found_noncompliant: int = 0

    def add(self, one: _Counted) -> None:
        self.orders.add(one.order_id)
        self.obligations += 1
        self.late += one.is_late
        self.found_noncompliant += one.is_found

    def as_json(self) -> Document:
        return {
            "orders": len(self.orders),
            "obligations": self.obligations,
            "late": self.late,
            "found_noncompliant": self.found_noncompliant,
        }


def read_statistics(
    connection: Connection,
    audience: Audience,
    question: StatisticsQuestion,
    *,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return the counts of the obligations of all cases, by whom they bind, by court or by month."""
    refuse_future(question.as_of)
    at = settle_at(question.at, question.as_of, "UTC")
    given = [*parameters_of(question, but={"at"}), ("at", instant_text(at))]
    scene = set_scene(connection, audience, Pin(question.as_of), case=None)
    path = f"{base}/v1/obligations/statistics"
    etag = tag_of(scene, audience, path, given)
    if etag_matches(if_none_match, etag):
        return Answer(etag, None)
    moments = Moments(scene.view, at, settle_reported(question.reported_until))
    wanted = settle(connection, question, moments, ())
    counted = list(
        _from_periods(connection, wanted)
        if has_periods(connection, moments)
        else _one_by_one(connection, wanted)
    )
    every = _Sum()
    for one in counted:
        every.add(one)
    values = _values(connection, counted, moments, question.by)
    kept = [one for one in given if one[0] != "by"]
    for value in values:
        named = (question.by, value["value"])
        value["url"] = (
            None
            if question.by == "month"
            else link(f"{base}/v1/obligations", [*_but(kept, question.by), named])
        )
    moment = moment_text(scene.at)
    body = {
        "by": question.by,
        "values": values,
        "all": every.as_json(),
        "as_of": moment,
        "permalink": link(path, [*by_ids(given, wanted), ("as_of", moment)]),
        "at": instant_text(at),
        "timezone": "UTC",
    }
    return Answer(etag, encode(body))


def _but(given: list[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    return [one for one in given if one[0] != name]


def _from_periods(connection: Connection, wanted: Wanted) -> Iterator[_Counted]:
    """Yield the obligations by the periods that are kept: whatever status one had by then counts."""
    view = wanted.moments.view

    def was(*statuses: ObligationStatus) -> Any:  # noqa: ANN401 - an expression
        return func.max(case((ObligationPeriod.status.in_(statuses), 1), else_=0))

    begun = (
        select(
            ObligationPeriod.obligation_id,
            was(*_LATE).label("is_late"),
            was(ObligationStatus.FOUND_NONCOMPLIANT).label("is_found"),
        )
        .where(
            ObligationPeriod.audience == view.audience.value,
            ObligationPeriod.since <= wanted.moments.at,
            ObligationPeriod.until > ObligationPeriod.since,
        )
        .group_by(ObligationPeriod.obligation_id)
        .subquery()
    )
    rows = connection.execute(
        select(
            survivor_of(Obligation.order_id, view).label("order_id"),
            Obligation.bound_id,
            begun.c.is_late,
            begun.c.is_found,
        )
        .join(begun, begun.c.obligation_id == Obligation.id)
        .where(*as_of(Obligation, view.seq), *wanted.conditions)
    )
    for row in rows:
        yield _Counted(row.order_id, row.bound_id, bool(row.is_late), bool(row.is_found))


def _one_by_one(connection: Connection, wanted: Wanted) -> Iterator[_Counted]:
    """Yield the obligations as they had been recorded and reported."""
    moments = wanted.moments
    rows = [row for _key, row in all_rows(connection, wanted)]
    for first in range(0, len(rows), _AT_ONCE):
        documents = [decode(row.document) for row in rows[first : first + _AT_ONCE]]
        dates = known_dates(connection, set().union(*map(events_in, documents)), moments)
        orders = load_stubs(connection, {document["order"] for document in documents}, moments.view)
        for document in documents:
            had = {
                span.computed.current.status for span in spans(document, dates) if span.since <= moments.at
            }
            if not had:
                continue
            yield _Counted(
                orders[document["order"]].id,
                document["bound"],
                is_late=not had.isdisjoint(_LATE),
                is_found=ObligationStatus.FOUND_NONCOMPLIANT in had,
            )


def _values(connection: Connection, counted: Iterable[_Counted], moments: Moments, by: str) -> list[Document]:
    """Return the counts by value; what has none that the reader may know of is in none of them."""
    counted = list(counted)
    labels: dict[str, str] = {}
    values: Mapping[str, Iterable[str]]
    match by:
        case "bound":
            stubs = load_stubs(connection, {one.bound_id for one in counted}, moments.view)
            shown = {asked: stub.document for asked, stub in stubs.items() if stub.document is not None}
            labels = {document["slug"]: document["name"] for document in shown.values()}
            values = {asked: [document["slug"]] for asked, document in shown.items()}
            keys = [one.bound_id for one in counted]
        case "court":
            values = _courts(connection, moments)
            keys = [one.order_id for one in counted]
        case _:
            values = _months(connection, {one.order_id for one in counted}, moments)
            keys = [one.order_id for one in counted]
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    for key, one in zip(keys, counted, strict=True):
        for value in values.get(key, ()):
            sums[value].add(one)
    order = (lambda item: item[0]) if by == "month" else (lambda item: (-item[1].obligations, item[0]))
    return [
        {"value": value, "label": labels.get(value, value), **total.as_json()}
        for value, total in sorted(sums.items(), key=order)
    ]


def _courts(connection: Connection, moments: Moments) -> Mapping[str, Iterable[str]]:
    orders = select(survivor_of(Obligation.order_id, moments.view)).where(
        *as_of(Obligation, moments.view.seq)
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(courts_of(moments.view).where(Event.id.in_(orders))):
        found[row.order_id].add(row.court)
    return found


def _months(connection: Connection, orders: set[str], moments: Moments) -> Mapping[str, Iterable[str]]:
    """Return the month of each order's first possible day, where it was made."""
    found: dict[str, list[str]] = {}
    for order, stub in load_stubs(connection, orders, moments.view).items():
        bounds = None if stub.document is None else bounds_of(stub.document)
        if stub.document is not None and bounds is not None and bounds.start_earliest > OPEN_EARLIEST:
            local = to_local(bounds.start_earliest, zone_of(stub.document["timezone"]))
            found[order] = [instant_text(local).rpartition("-")[0]]
    return found
