"""Obligations across cases, by how they stand.

How things stand is read from the periods that are kept beside each obligation, as
long as nothing they rest on has changed since the change the answer is of.  What
was recorded before, or published by some day, is worked out one by one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, tuple_

from app.access.audience import Audience
from app.core.edtf import instant_text
from app.core.errors import FieldProblem, InvalidRequestError
from app.core.http import etag_matches
from app.core.paging import link
from app.core.stamps import moment_text
from app.orders.answers import Answer, Parameters, parameters_of, tag_of
from app.orders.duties import Duty, judge, render
from app.orders.moments import Moments, settle_at, settle_reported
from app.orders.pages import Key, Page, Place, collect, find_place, pin_of, urls_of
from app.orders.questions import ObligationFilter, ObligationsQuestion
from app.records.documents import decode, encode
from app.records.references import called
from app.records.revisions import View, as_of, case_in_sight, nameable, survivor_of, visible
from app.records.status.obligations import ObligationStatus
from app.records.status.periods import due_of, in_sight
from app.records.tables import Docket, Event, EventCase, Merge, Obligation, Record, Revision
from app.records.tables.periods import ObligationPeriod
from app.records.vocabulary import RecordType
from app.timeline.scene import refuse_future, set_scene

_KEY: Final = (int, str)
Condition: TypeAlias = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which obligations are asked for, with everything settled."""

    moments: Moments
    statuses: tuple[ObligationStatus, ...]
    # The id of each actor asked for, by how it was written; and those that were merged into them.
    bound: dict[str, str]
    conditions: tuple[Condition, ...]


def read_obligations(
    connection: Connection,
    audience: Audience,
    question: ObligationsQuestion,
    *,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return one page of the obligations of all cases, by due moment; those without one are last."""
    refuse_future(question.as_of)
    at = settle_at(question.at, question.as_of, "UTC")
    given = [*parameters_of(question, but={"at"}), ("at", instant_text(at))]
    place = find_place(audience, "obligations", given, limit=question.limit, after=question.after, key=_KEY)
    scene = set_scene(connection, audience, pin_of(place, question.as_of), case=None)
    path = f"{base}/v1/obligations"
    etag = tag_of(scene, audience, path, given)
    if etag_matches(if_none_match, etag):
        return Answer(etag, None)
    moments = Moments(scene.view, at, settle_reported(question.reported_until))
    wanted = settle(connection, question, moments, tuple(question.status))
    if has_periods(connection, moments):
        page, items = _from_periods(connection, wanted, place)
        total = _count_periods(connection, wanted) if question.total is not None else None
    else:
        page, items = _one_by_one(connection, wanted, place)
        total = _count_one_by_one(connection, wanted) if question.total is not None else None
    urls = urls_of(place, page, path, given, scene.reader_seq)
    moment = moment_text(scene.at)
    tail = {
        **urls,
        "total": total,
        "as_of": moment,
        "permalink": link(path, [*by_ids(given, wanted), ("as_of", moment)]),
        "at": instant_text(at),
        "timezone": "UTC",
    }
    body = b'{"items":[' + b",".join(items) + b"]," + encode(tail)[1:]
    return Answer(etag, body, urls["next"], urls["previous"])


def by_ids(given: Parameters, wanted: Wanted) -> Parameters:
    """Return the parameters of a permalink: slugs may change hands, ids do not."""
    return [
        (name, wanted.bound.get(value, value) if name == "bound" else value)
        for name, value in given
        if name != "as_of"
    ]


def settle(
    connection: Connection,
    question: ObligationFilter,
    moments: Moments,
    statuses: tuple[ObligationStatus, ...],
) -> Wanted:
    """Return what is asked for; `InvalidRequestError` for an actor that the reader does not know of."""
    ids = {reference: _id_of_actor(connection, reference, moments.view) for reference in question.bound}
    conditions: list[Condition] = []
    if ids:
        merged = select(Merge.id).where(
            Merge.survivor_id.in_(ids.values()),
            *as_of(Merge, moments.view.seq),
            *visible(Merge, moments.view),
        )
        conditions.append(Obligation.bound_id.in_([*ids.values(), *connection.execute(merged).scalars()]))
    if question.court:
        conditions.append(_of_court(question.court, moments.view))
    return Wanted(moments, statuses, ids, tuple(conditions))


def _id_of_actor(connection: Connection, reference: str, view: View) -> str:
    """Return what an actor is called by, itself or what it was merged into."""
    meant = called([reference], view.seq).subquery()
    survivor = survivor_of(meant.c.id, view)
    found = connection.execute(
        select(Revision.record_id)
        .join(Record, Record.id == Revision.record_id)
        .join(meant, survivor == Revision.record_id)
        .where(
            Record.type == RecordType.ACTOR.value,
            *as_of(Revision, view.seq),
            *nameable(Revision, Record, view),
        )
    ).scalar()
    if found is None:
        raise InvalidRequestError((FieldProblem("query", "bound", f"There is no actor {reference!r}."),))
    return found


def _of_court(courts: Sequence[str], view: View) -> Condition:
    """Return the condition that the order is of a docket of one of the courts, in a case the reader sees."""
    return (
        courts_of(view)
        .where(Event.id == survivor_of(Obligation.order_id, view), Docket.court.in_(courts))
        .correlate(Obligation)
        .exists()
    )


def courts_of(view: View) -> Select[str, str]:
    """Return the query `(order_id, court)` for the courts of the dockets that orders name."""
    return (
        select(Event.id.label("order_id"), Docket.court)
        .join(EventCase, EventCase.seq == Event.seq)
        .join(
            Docket,
            and_(Docket.case_id == EventCase.case_id, Docket.docket_number == Event.docket_number),
        )
        .where(*as_of(Event, view.seq), *as_of(Docket, view.seq), case_in_sight(EventCase.case_id, view))
    )


def has_periods(connection: Connection, moments: Moments) -> bool:
    """Tell whether the periods that are kept are those of the answer."""
    if moments.reported_before is not None:
        return False
    if moments.view.seq is None:
        return True
    newest = connection.execute(
        select(func.max(ObligationPeriod.seq)).where(ObligationPeriod.audience == moments.view.audience.value)
    ).scalar()
    return newest is None or newest <= moments.view.seq


def _from_periods(connection: Connection, wanted: Wanted, place: Place) -> tuple[Page[Any], list[bytes]]:
    """Return a page from the periods, in the order of their index, and its items."""
    key = (ObligationPeriod.due, ObligationPeriod.obligation_id)

    def fetch(start: Key | None, size: int) -> list[tuple[Key, Any]]:
        query = periods_at(wanted, *key, ObligationPeriod.ready)
        if start is not None:
            here, there = tuple_(*key), tuple_(*start)
            query = query.where(here < there if place.is_backwards else here > there)
        order = [part.desc() if place.is_backwards else part for part in key]
        rows = connection.execute(query.order_by(*order).limit(size)).all()
        return [((row.due, row.obligation_id), row) for row in rows]

    page = collect(place, fetch, list, is_picky=False)
    rows = [row for _key, row in page.items]
    emptied = [row.obligation_id for row in rows if row.ready is None]
    made: dict[str, bytes] = {}
    if emptied:
        duties = judge(connection, _rows(connection, emptied, wanted.moments), wanted.moments)
        answers = render(connection, duties, wanted.moments)
        made = {answer["id"]: encode(answer) for answer in answers}
    return page, [made[row.obligation_id] if row.ready is None else bytes(row.ready) for row in rows]


def periods_at(wanted: Wanted, *columns: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Return the query for the periods that hold at the moment."""
    view, at = wanted.moments.view, wanted.moments.at
    query = (
        select(*columns)
        .select_from(ObligationPeriod)
        .where(
            ObligationPeriod.audience == view.audience.value,
            ObligationPeriod.since <= at,
            ObligationPeriod.until > at,
        )
    )
    if wanted.statuses:
        query = query.where(ObligationPeriod.status.in_(wanted.statuses))
    if wanted.conditions:
        query = query.join(Obligation, Obligation.id == ObligationPeriod.obligation_id).where(
            *as_of(Obligation, view.seq), *wanted.conditions
        )
    return query


def _count_periods(connection: Connection, wanted: Wanted) -> int:
    counted: int = connection.execute(periods_at(wanted, func.count())).scalar_one()
    return counted


def _rows(connection: Connection, ids: Sequence[str], moments: Moments) -> Sequence[Any]:
    return connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Obligation, Obligation.seq == Revision.seq)
        .join(Record, Record.id == Obligation.id)
        .where(Obligation.id.in_(ids), *as_of(Obligation, moments.view.seq))
    ).all()


def all_rows(connection: Connection, wanted: Wanted) -> list[tuple[Key, Any]]:
    """Return every obligation asked for, however it stands, by due moment."""
    rows = connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Obligation, Obligation.seq == Revision.seq)
        .join(Record, Record.id == Obligation.id)
        .where(*in_sight(wanted.moments.view), *wanted.conditions)
    ).all()
    return sorted(
        (((due_of(decode(row.document)), row.record_id), row) for row in rows), key=lambda one: one[0]
    )


def _one_by_one(connection: Connection, wanted: Wanted, place: Place) -> tuple[Page[Any], list[bytes]]:
    """Return a page of what was recorded before, or had been published, and its items."""
    rows = all_rows(connection, wanted)
    if place.is_backwards:
        rows.reverse()

    def fetch(start: Key | None, size: int) -> list[tuple[Key, Any]]:
        if start is None:
            return rows[:size]
        later = [one for one in rows if (one[0] < start if place.is_backwards else one[0] > start)]
        return later[:size]

    page = collect(place, fetch, _keeper(connection, wanted), is_picky=True)
    duties = [duty for _key, duty in page.items]
    return page, [encode(answer) for answer in render(connection, duties, wanted.moments)]


def _count_one_by_one(connection: Connection, wanted: Wanted) -> int:
    return len(_keeper(connection, wanted)(all_rows(connection, wanted)))


def _keeper(
    connection: Connection, wanted: Wanted
) -> Callable[[Sequence[tuple[Key, Any]]], list[tuple[Key, Duty]]]:
    """Return what keeps the obligations that stood as is asked for."""

    def keep(rows: Sequence[tuple[Key, Any]]) -> list[tuple[Key, Duty]]:
        keys = {row.record_id: key for key, row in rows}
        duties = judge(connection, [row for _key, row in rows], wanted.moments)
        return [
            (keys[duty.row.record_id], duty)
            for duty in duties
            if not wanted.statuses or duty.computed.current.status in wanted.statuses
        ]

    return keep
