"""What came into a timeline, left it or reads otherwise, between two moments."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import (
    FieldProblem,
    InvalidCursorError,
    InvalidRequestError,
    RecordNotFoundError,
    RetractedError,
)
from app.core.http import etag_matches, etag_of
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.history.causes import Interval
from app.history.compare import Ends, compare, read_sides
from app.history.filters import Between, DiffFormat, DiffQuestion
from app.history.markdown import render_diff
from app.records.documents import decode, encode, load_stubs
from app.timeline.filters import EventFilter
from app.timeline.query import Asked
from app.timeline.read import parameters_of
from app.timeline.scene import Pin, Scene, set_scene
from app.timeline.settle import REFERENCES, settle

_NO_FILTER: Final = frozenset(Between.model_fields)
_NOT_FIXED: Final = frozenset({"limit", "after", "format"})


@dataclass(frozen=True, slots=True)
class DiffAnswer:
    """A rendered diff; `body` is `None` where the client already holds it."""

    etag: str
    body: bytes | None
    next: str | None = None


def read_diff(
    connection: Connection,
    audience: Audience,
    question: DiffQuestion,
    *,
    case: str,
    form: DiffFormat,
    base_url: str,
    if_none_match: str | None,
) -> DiffAnswer:
    """Return one page of a case's diff.

    At a moment before the case existed, or while it was withdrawn, nothing was in it.
    """
    _refuse_wrong_moments(question)
    given = _parameters(question)
    fixed = fingerprint("diff", audience, case, *(one for one in given if one[0] not in _NOT_FIXED))
    cursor = decode_cursor(question.after, expected=fixed) if question.after is not None else None
    pin = Pin(question.to) if cursor is None else Pin(None, cursor.seq)
    to = set_scene(connection, audience, pin, case=case)
    origin = _origin(connection, audience, question.from_, case)
    etag = etag_of(
        to.epoch,
        audience,
        "diff",
        str(origin.reader_seq if origin else 0),
        str(to.reader_seq),
        str(to.rewritten),
        case,
        form,
        json.dumps(given),
    )
    if etag_matches(if_none_match, etag):
        return DiffAnswer(etag, None)
    ends = Ends(
        before=_settle_before(connection, question, origin) if origin else None,
        after=settle(connection, question, to),
        within=Interval(origin.seq if origin else 0, to.seq),
    )
    sides = read_sides(connection, ends, limit=question.limit, after_id=_after_id(cursor))
    next_url = None
    if sides.next_id is not None:
        text = encode_cursor(Cursor(fixed, to.reader_seq, is_backwards=False, key=(sides.next_id,)))
        kept = [one for one in given if one[0] != "after"]
        next_url = link(f"{base_url}/v1/cases/{case}/diff", [*kept, ("after", text)])
    document = {
        "from": stamps.moment_text(origin.at if origin else question.from_),
        "to": stamps.moment_text(to.at),
        **compare(connection, ends, sides),
        "next": next_url,
        "permalink": _permalink(ends.after, question, origin, to, base_url),
    }
    if form == "json":
        return DiffAnswer(etag, encode(document), next_url)
    before = {event_id: decode(answer) for event_id, answer in sides.before.items()}
    page = render_diff(document, before=before, title=_title(connection, to) or case)
    return DiffAnswer(etag, page.encode(), next_url)


def _refuse_wrong_moments(question: DiffQuestion) -> None:
    now = stamps.utc_now()
    problems = [
        FieldProblem("query", name, "That moment has not come yet.")
        for name, moment in (("from", question.from_), ("to", question.to))
        if moment is not None and moment > now
    ]
    if not problems and question.to is not None and question.from_ > question.to:
        problems.append(FieldProblem("query", "from", "This comes after `to`."))
    if problems:
        raise InvalidRequestError(tuple(problems))


def _parameters(question: DiffQuestion) -> list[tuple[str, str]]:
    """Return the parameters that were given, as they are written."""
    given = [("from", stamps.moment_text(question.from_))]
    if question.to is not None:
        given.append(("to", stamps.moment_text(question.to)))
    given += parameters_of(question, but={"from_", "to"})
    return given


def _after_id(cursor: Cursor | None) -> str:
    if cursor is None:
        return ""
    match cursor.key:
        case (str() as last_id,):
            return last_id
        case _:
            raise InvalidCursorError


def _origin(connection: Connection, audience: Audience, moment: datetime, case: str) -> Scene | None:
    try:
        return set_scene(connection, audience, Pin(moment), case=case)
    except (RecordNotFoundError, RetractedError):
        return None


def _settle_before(connection: Connection, question: DiffQuestion, origin: Scene) -> Asked | None:
    """Return the filter as of the earlier moment; `None` where what it names did not exist yet.

    At the later moment it is refused instead: then it names nothing at all.
    """
    known = question
    for name in REFERENCES:
        values: list[str] = getattr(question, name, [])
        then = [value for value in values if _is_known(connection, name, value, origin)]
        if values and not then:
            return None
        if then != values:
            known = known.model_copy(update={name: then})
    return settle(connection, known, origin)


def _is_known(connection: Connection, name: str, value: str, scene: Scene) -> bool:
    try:
        settle(connection, EventFilter.model_validate({name: [value]}), scene)
    except InvalidRequestError:
        return False
    return True


def _permalink(asked: Asked, question: DiffQuestion, origin: Scene | None, to: Scene, base_url: str) -> str:
    """Return the same question by ids, with both moments filled in."""
    parameters = [
        ("from", stamps.moment_text(origin.at if origin else question.from_)),
        ("to", stamps.moment_text(to.at)),
        *(
            (name, asked.named.get((name, value), value))
            for name, value in parameters_of(question, but=_NO_FILTER)
        ),
    ]
    return link(f"{base_url}/v1/cases/{to.case_id}/diff", parameters)


def _title(connection: Connection, scene: Scene) -> str | None:
    for stub in load_stubs(connection, [scene.case_id or ""], scene.view).values():
        title: str | None = (stub.document or {}).get("title")
        return title
    return None
