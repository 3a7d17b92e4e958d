"""Answers a timeline: settles the question, runs it, and renders the page.

At most six statements a page: the scene, the references, what the filters lead to,
the rows, how many cannot be judged, and the names of what the rows are tied to (none of
the last where answers are ready).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from sqlalchemy import Connection, select

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import InvalidCursorError
from app.core.http import etag_matches, etag_of
from app.core.http.kept import State
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.records.documents import encode
from app.records.revisions import PUBLIC_NOW
from app.records.store import assemble_rows
from app.records.tables import Record, Revision
from app.timeline import query
from app.timeline.compiled import names_of
from app.timeline.filters import (
    NOT_FIXED,
    AcrossFilter,
    CaseTimelineQuestion,
    EventFilter,
    Order,
    TimelineQuestion,
    instant_of,
)
from app.timeline.query import Asked, Position
from app.timeline.scene import Pin, Scene, refuse_future, set_scene
from app.timeline.settle import references_of, settle
from app.timeline.shape import run_shaped

Parameters = list[tuple[str, str]]
# Where a row of a page has its number and its ready answer: by name, each takes as long as joining it.
_SEQ: Final = 0
_READY: Final = 1
KEY_TYPES = {"occurred": (int, int, int, str), "recorded": (int, str), "changed": (int,)}


@dataclass(frozen=True, slots=True)
class Answer:
    """A rendered answer; `body` is `None` where the client already holds it."""

    etag: str
    body: bytes | None
    state: State
    next: str | None = None
    previous: str | None = None


def read_timeline(
    connection: Connection,
    audience: Audience,
    question: CaseTimelineQuestion | TimelineQuestion,
    *,
    case: str | None,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return one page of a case's timeline, or with `case` `None` of the one across cases."""
    refuse_future(question.as_of)
    given = parameters_of(question)
    fixed = fingerprint(audience, case, *(one for one in given if one[0] not in NOT_FIXED))
    cursor = decode_cursor(question.after, expected=fixed) if question.after is not None else None
    pin = Pin(question.as_of, None) if cursor is None else Pin(None, cursor.seq)
    named = references_of(question)
    scene = set_scene(connection, audience, pin, case=case, references=named)
    if cursor is not None and question.as_of is not None:
        asked_at = set_scene(connection, audience, Pin(question.as_of), case=case, references=named)
        if asked_at.seq != scene.seq:
            raise InvalidCursorError
    etag = etag_of(
        scene.epoch,
        audience,
        str(scene.reader_seq),
        str(scene.rewritten),
        case or "",
        json.dumps(given),
    )
    if if_none_match is not None and etag_matches(if_none_match, etag):
        return Answer(etag, None, scene.state)
    asked = settle(connection, question, scene)
    position = None
    if cursor is not None:
        if tuple(map(type, cursor.key)) != KEY_TYPES[question.order.lstrip("-")]:
            raise InvalidCursorError
        position = Position(cursor.key, cursor.is_backwards)
    rows = rows_of(connection, asked, question.order, size=question.limit + 1, position=position)
    has_more = len(rows) > question.limit
    rows = rows[: question.limit]
    if position is not None and position.is_backwards:
        rows.reverse()
    links = _links(scene, fixed, rows, position, has_more=has_more)
    path = f"{base}/v1/cases/{case}/timeline" if case else f"{base}/v1/timeline"
    kept = [one for one in given if one[0] != "after"]
    urls = {name: link(path, [*kept, ("after", one)]) if one else None for name, one in links.items()}
    body = _render(connection, asked, question, scene, rows, urls, permalink_of(asked, given, scene, base))
    return Answer(etag, body, scene.state, urls["next"], urls["previous"])


def parameters_of(question: EventFilter, *, but: frozenset[str] | set[str] = frozenset()) -> Parameters:
    """Return the parameters that were given, in a fixed order, as they are written."""
    given: Parameters = []
    for name in sorted(question.model_fields_set - but):
        value = getattr(question, name)
        if value is None:
            continue
        if isinstance(value, list):
            given += [(name, str(one)) for one in value]
        elif name == "as_of":
            given.append((name, instant_of(value)))
        else:
            given.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return given


def rows_of(
    connection: Connection,
    asked: Asked,
    order: Order,
    *,
    size: int,
    position: Position | None = None,
) -> list[Any]:
    """Return up to `size` rows `(seq, ready, key…)` in the direction they are read."""
    rows: list[Any] = []
    key = {} if position is None else names_of(query.KEY, position.key)
    way = _way_of(connection, asked, order)
    for part in query.parts(asked, order, position, way):
        select_part = partial(query.page, order=order, part=part, way=way)
        values = {**key, query.SIZE: size - len(rows)}
        rows += run_shaped(connection, asked, ("page", order, part, way), select_part, values).all()
        if len(rows) == size:
            break
    return rows


def _way_of(connection: Connection, asked: Asked, order: Order) -> query.Way:
    """Look at how much the filters admit, and return the best way to the rows."""
    by_date = query.is_by_date(order)
    names = [lead.name for lead in query.leads(asked)]
    with_case = by_date and asked.case_id is not None and query.has_window(asked)
    if with_case:
        names.append("case")
    if not names:
        return query.choose(asked, {}, is_by_date=by_date)
    look = partial(query.look, with_case=with_case)
    counts = run_shaped(connection, asked, ("look", with_case), look).one()
    return query.choose(asked, dict(zip(names, counts, strict=True)), is_by_date=by_date)


def _key_of(row: Any) -> tuple[int | str, ...]:  # noqa: ANN401 - a row of the page
    return tuple(row[2:])


def _links(
    scene: Scene,
    fixed: str,
    rows: Sequence[Any],
    position: Position | None,
    *,
    has_more: bool,
) -> dict[str, str | None]:
    """Return the cursors of the pages on either side."""
    backwards = position is not None and position.is_backwards
    has_next = bool(rows) and (has_more or backwards)
    has_previous = bool(rows) and position is not None and (has_more or not backwards)

    def cursor(row: Any, *, is_backwards: bool) -> str:  # noqa: ANN401 - a row of the page
        return encode_cursor(Cursor(fixed, scene.reader_seq, is_backwards, _key_of(row)))

    return {
        "next": cursor(rows[-1], is_backwards=False) if has_next else None,
        "previous": cursor(rows[0], is_backwards=True) if has_previous else None,
    }


def permalink_of(asked: Asked, given: Parameters, scene: Scene, base: str) -> str:
    """Return the same query by ids, pinned to its moment: it answers the same for ever."""
    parameters = [
        (name, asked.named.get((name, value), value))
        for name, value in given
        if name not in {"as_of", "min_seq"}
    ]
    path = f"/v1/cases/{scene.case_id}/timeline" if scene.case_id else "/v1/timeline"
    return link(base + path, [*parameters, ("as_of", stamps.moment_text(scene.at))])


def _render(
    connection: Connection,
    asked: Asked,
    question: CaseTimelineQuestion | TimelineQuestion,
    scene: Scene,
    rows: Sequence[Any],
    urls: dict[str, str | None],
    permalink: str,
) -> bytes:
    items = event_answers(connection, rows, asked)
    if question.fields is not None:
        kept = {"id", *question.fields.split(",")}
        items = [
            encode({name: value for name, value in json.loads(item).items() if name in kept})
            for item in items
        ]
    total, excluded = None, 0
    is_excluding = scene.view.is_public and not asked.is_judged_by_stub
    if question.total is not None:
        total, stubs = run_shaped(connection, asked, "counts", query.counts).one()
        excluded = stubs if is_excluding else 0
    elif is_excluding:
        excluded = run_shaped(connection, asked, "excluded", query.excluded).scalar_one()
    tail = {
        "next": urls["next"],
        "previous": urls["previous"],
        "total": total,
        "as_of": stamps.moment_text(scene.at),
        "permalink": permalink,
        "timezone": question.timezone or scene.timezone,
        "excluded": excluded,
    }
    return _page(items, encode(tail))


def _page(items: list[bytes], tail: bytes) -> bytes:
    """Return the items with the rest of the answer after them, an object that is not empty."""
    begin, end = b'{"items":[', b"]," + tail[1:]
    if not items:
        return begin + end
    # At the items, so that the page, which may be long, is copied once.
    items[-1] += end
    items[0] = begin + items[0]
    return b",".join(items)


def event_answers(connection: Connection, rows: Sequence[Any], asked: Asked) -> list[bytes]:
    """Return the answers of rows `(seq, ready, …)` in their order."""
    answers: list[bytes | None] = (
        [row[_READY] for row in rows] if asked.view == PUBLIC_NOW else [None] * len(rows)
    )
    missing = [row[_SEQ] for row, answer in zip(rows, answers, strict=True) if answer is None]
    if missing:
        found = connection.execute(
            select(*Revision.__table__.columns, Record.visibility.label("now"))
            .join(Record, Record.id == Revision.record_id)
            .where(Revision.seq.in_(missing))
        ).all()
        made = assemble_rows(connection, found, asked.view)
        return [answer or made[row[_SEQ]] for row, answer in zip(rows, answers, strict=True)]
    return cast("list[bytes]", answers)


__all__ = [
    "AcrossFilter",
    "Answer",
    "event_answers",
    "parameters_of",
    "permalink_of",
    "read_timeline",
    "rows_of",
]
