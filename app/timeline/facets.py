"""Counts what a filter finds, by type, actor, year …; one statement a facet."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, func, select

from app.access.audience import Audience
from app.core import stamps
from app.core.edtf import OPEN_EARLIEST, OPEN_LATEST
from app.core.edtf.calendar import DAY, FIRST_YEAR, LAST_YEAR, civil
from app.core.http import etag_matches, etag_of
from app.core.paging import link
from app.records.documents import Document, Stub, encode, load_stubs
from app.records.revisions import as_of, survivor_of, visible
from app.records.tables import Citation, Event, EventCase, EventTag, Participation, Source
from app.records.vocabulary import EventType, Role, Standing, Visibility
from app.timeline.filters import CaseFacetsQuestion, FacetsQuestion
from app.timeline.query import Asked, actor_shown, base
from app.timeline.read import Answer, parameters_of
from app.timeline.scene import Pin, Scene, refuse_future, set_scene
from app.timeline.settle import references_of, settle

# What an event can have several of.
MANY_VALUED = frozenset({"actor", "role", "publisher", "tag", "case"})
# A value and how often it occurs.
Counts: TypeAlias = Select[Any, int]
LABELS = {"type": EventType, "role": Role, "standing": Standing}


def read_facets(
    connection: Connection,
    audience: Audience,
    question: CaseFacetsQuestion | FacetsQuestion,
    *,
    case: str | None,
    base_url: str,
    if_none_match: str | None,
) -> Answer:
    """Return the counts of a case's events, or with `case` `None` of all events."""
    refuse_future(question.as_of)
    pin, named = Pin(question.as_of), references_of(question)
    scene = set_scene(connection, audience, pin, case=case, references=named)
    given = parameters_of(question)
    etag = etag_of(
        scene.epoch, audience, str(scene.reader_seq), str(scene.rewritten), case or "", "facets", str(given)
    )
    if if_none_match is not None and etag_matches(if_none_match, etag):
        return Answer(etag, None, scene.state)
    asked = settle(connection, question, scene)
    kept = parameters_of(question, but={"by"})
    facets = []
    for by in dict.fromkeys(question.by):
        if by in {"year", "month", "day"}:
            zone = ZoneInfo(question.timezone or scene.timezone)
            values = _dates(connection, asked, by, zone)
        else:
            values = [
                {**value, "url": _url(base_url, case, kept, by, str(value["value"]))}
                for value in _values(connection, asked, scene, by)
            ]
        facets.append({"by": by, "values": values})
    body = encode({"facets": facets, "as_of": stamps.moment_text(scene.at)})
    return Answer(etag, body, scene.state)


def _url(base_url: str, case: str | None, kept: list[tuple[str, str]], by: str, value: str) -> str | None:
    """Return the timeline that lists what one value counts; `None` where no timeline can."""
    given = [*(one for one in kept if one[0] != by), (by, value)]
    if by in MANY_VALUED and any(name == by for name, _value in kept):
        # Events of the one and of the other: a parameter asks for any of its values, never for all.
        return None
    if case is None:
        return link(f"{base_url}/v1/timeline", given)
    if by != "case":
        return link(f"{base_url}/v1/cases/{case}/timeline", given)
    # Events that two cases share: a timeline asks for any of its cases, never for all of them.
    return None


def _matches(asked: Asked) -> Select[Any]:
    """Return the rows to count by what only a whole event shows."""
    return base(asked, levels=(Visibility.PUBLIC.value,)).with_only_columns(Event.seq)


def _values(connection: Connection, asked: Asked, scene: Scene, by: str) -> list[Document]:
    counts = connection.execute(_COUNTS[by](asked)).all()
    stubs: dict[str, Stub] = {}
    if by in {"actor", "case"}:
        stubs = load_stubs(connection, [row[0] for row in counts], scene.view)
    found: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for value, number in counts:
        shown = value
        if by in {"actor", "case"}:
            stub = stubs.get(value)
            if stub is None or stub.document is None:
                continue
            shown = stub.document["slug"]
            labels[shown] = stub.document["name" if by == "actor" else "title"]
        elif by in LABELS:
            labels[value] = value.replace("_", " ")
        found[shown] += number
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return [{"value": value, "label": labels.get(value, value), "count": number} for value, number in ordered]


def _by_column(column: Any) -> Callable[[Asked], Counts]:  # noqa: ANN401 - a column of the events
    def build(asked: Asked) -> Counts:
        matches = base(asked) if column is Event.type else _matches(asked)
        return matches.with_only_columns(column, func.count()).where(column.is_not(None)).group_by(column)

    return build


def _by_tie(table: Any, column: Any) -> Callable[[Asked], Counts]:  # noqa: ANN401 - any class of ties
    def build(asked: Asked) -> Counts:
        # Two actors that were merged are one, and an event with both counts once.
        value = survivor_of(column, asked.view) if column is Participation.actor_id else column
        query = (
            select(value.label("value"), func.count(table.event_id.distinct()))
            .where(table.seq.in_(_matches(asked)))
            .group_by(value)
        )
        if table is Participation:
            query = query.where(actor_shown(asked.view, Participation))
            # With both, an actor is asked for in that role of that same participation.
            if asked.actors is not None and column is Participation.role:
                query = query.where(Participation.actor_id.in_(asked.actors))
            if asked.roles and column is Participation.actor_id:
                query = query.where(Participation.role.in_(asked.roles))
        return query

    return build


def _by_publisher(asked: Asked) -> Counts:
    return (
        select(Source.publisher, func.count(Citation.event_id.distinct()))
        .join(Citation, survivor_of(Citation.source_id, asked.view) == Source.id)
        .where(
            Citation.seq.in_(_matches(asked)),
            Source.publisher.is_not(None),
            *as_of(Source, asked.view.seq),
            *visible(Source, asked.view),
        )
        .group_by(Source.publisher)
    )


def _by_case(asked: Asked) -> Counts:
    matches = base(asked).with_only_columns(Event.seq)
    return (
        select(EventCase.case_id, func.count()).where(EventCase.seq.in_(matches)).group_by(EventCase.case_id)
    )


_COUNTS: dict[str, Callable[[Asked], Counts]] = {
    "type": _by_column(Event.type),
    "standing": _by_column(Event.standing),
    "country": _by_column(Event.country),
    "actor": _by_tie(Participation, Participation.actor_id),
    "role": _by_tie(Participation, Participation.role),
    "tag": _by_tie(EventTag, EventTag.tag),
    "publisher": _by_publisher,
    "case": _by_case,
}


def _dates(connection: Connection, asked: Asked, by: str, zone: ZoneInfo) -> list[Document]:
    """Return the buckets in order of time: an event counts once, on its earliest day."""
    rows = connection.execute(
        base(asked)
        .with_only_columns(Event.start_earliest, Event.position, func.count())
        .where(Event.position < OPEN_LATEST)
        .group_by(Event.start_earliest, Event.position)
    ).all()
    size = {"year": 1, "month": 2, "day": 3}[by]
    found: Counter[tuple[int, ...]] = Counter()
    for start, position, number in rows:
        # Where the start is open, the last day it allows: the bound itself is the day after.
        moment = position - 1 if start == OPEN_EARLIEST else position
        found[_local_date(moment, zone)[:size]] += number
    return [
        {
            "value": _date_text(bucket),
            "label": _date_text(bucket),
            "count": number,
            "since": _date_text(bucket),
            "until": _date_text(bucket),
        }
        for bucket, number in sorted(found.items())
    ]


def _local_date(seconds: int, zone: ZoneInfo) -> tuple[int, int, int]:
    year = civil(seconds // DAY)[0]
    # `datetime` reaches from year 1 to 9999 only; beyond, the nearest offset serves.
    near = (
        datetime.fromtimestamp(seconds, UTC)
        if FIRST_YEAR <= year <= LAST_YEAR
        else datetime(FIRST_YEAR if year < FIRST_YEAR else LAST_YEAR, 1, 1, tzinfo=UTC)
    )
    offset = near.astimezone(zone).utcoffset()
    return civil((seconds + (int(offset.total_seconds()) if offset else 0)) // DAY)


def _date_text(bucket: tuple[int, ...]) -> str:
    year, *rest = bucket
    digits = f"-{-year:04}" if year < 0 else f"{year:04}"
    if abs(year) > 9_999:  # noqa: PLR2004 - EDTF writes longer years with a Y
        return f"Y{year}"
    return "-".join([digits, *(f"{part:02}" for part in rest)])
