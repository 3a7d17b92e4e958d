"""The public corrections log: every act that put something right, and why."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, or_, select

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import FieldProblem, InvalidCursorError, InvalidRequestError
from app.core.http import etag_matches, etag_of
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.history.causes import told
from app.history.filters import CORRECTIONS, CorrectionsQuestion
from app.records.documents import Document, encode, load_stubs
from app.records.revisions import SHOWN_IN_PART, View, in_visible_case
from app.records.tables import CaseChange, Record, Revision
from app.records.vocabulary import RecordType, Visibility
from app.timeline.filters import instant_of
from app.timeline.scene import Pin, Scene, refuse_future, set_scene

Parameters = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CorrectionsAnswer:
    """A rendered page; `body` is `None` where the client already holds it."""

    etag: str
    body: bytes | None
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question with everything settled."""

    view: View
    kinds: tuple[str, ...]
    cases: tuple[str, ...]
    event: str | None

    @property
    def number(self) -> ColumnElement[int]:
        """Return the column that numbers the acts for the reader."""
        return Revision.public_seq if self.view.is_public else Revision.seq  # type: ignore[return-value]


def read_corrections(
    connection: Connection,
    audience: Audience,
    question: CorrectionsQuestion,
    *,
    base_url: str,
    if_none_match: str | None,
) -> CorrectionsAnswer:
    """Return one page of the log, the newest act first."""
    refuse_future(question.as_of)
    given = _parameters(question)
    fixed = fingerprint(
        "corrections", audience, *(one for one in given if one[0] in {"case", "kind", "event"})
    )
    cursor = decode_cursor(question.after, expected=fixed) if question.after is not None else None
    scene = set_scene(
        connection, audience, Pin(question.as_of) if cursor is None else Pin(None, cursor.seq), case=None
    )
    if cursor is not None and question.as_of is not None:
        asked_at = set_scene(connection, audience, Pin(question.as_of), case=None)
        if asked_at.seq != scene.seq:
            raise InvalidCursorError
    etag = etag_of(
        scene.epoch, audience, "corrections", str(scene.reader_seq), str(scene.rewritten), json.dumps(given)
    )
    if etag_matches(if_none_match, etag):
        return CorrectionsAnswer(etag, None)
    asked = _settle(connection, question, scene)
    backwards = cursor is not None and cursor.is_backwards
    rows = list(connection.execute(_page(asked, scene, cursor).limit(question.limit + 1)))
    has_more = len(rows) > question.limit
    rows = rows[: question.limit]
    if backwards:
        rows.reverse()

    def url_at(row: Any, *, is_backwards: bool) -> str:  # noqa: ANN401 - a row of the page
        text = encode_cursor(Cursor(fixed, scene.reader_seq, is_backwards, (row.number_shown,)))
        kept = [one for one in given if one[0] != "after"]
        return link(f"{base_url}/v1/corrections", [*kept, ("after", text)])

    is_later = cursor is not None and (has_more or not backwards)
    next_url = url_at(rows[-1], is_backwards=False) if rows and (has_more or backwards) else None
    previous_url = url_at(rows[0], is_backwards=True) if rows and is_later else None
    total = None
    if question.total is not None:
        counted = _matching(asked, scene).with_only_columns(func.count())
        total = connection.execute(counted).scalar_one()
    body = encode(
        {
            "items": _items(connection, asked.view, rows),
            "next": next_url,
            "previous": previous_url,
            "total": total,
            "as_of": stamps.moment_text(scene.at),
            "permalink": _permalink(asked, given, scene, base_url),
        }
    )
    return CorrectionsAnswer(etag, body, next_url, previous_url)


def _parameters(question: CorrectionsQuestion) -> Parameters:
    given: Parameters = [
        *(("case", one) for one in question.case),
        *(("kind", one.value) for one in question.kind),
    ]
    if question.event is not None:
        given.append(("event", question.event))
    if question.as_of is not None:
        given.append(("as_of", instant_of(question.as_of)))
    if "limit" in question.model_fields_set:
        given.append(("limit", str(question.limit)))
    if question.total is not None:
        given.append(("total", question.total))
    if question.after is not None:
        given.append(("after", question.after))
    return given


def _permalink(asked: _Asked, given: Parameters, scene: Scene, base_url: str) -> str:
    """Return the same question by ids, with its moment filled in."""
    kept = [one for one in given if one[0] not in {"case", "as_of"}]
    cases = [("case", case_id) for case_id in asked.cases]
    moment = ("as_of", stamps.moment_text(scene.at))
    return link(f"{base_url}/v1/corrections", [*cases, *kept, moment])


def _settle(connection: Connection, question: CorrectionsQuestion, scene: Scene) -> _Asked:
    kinds = dict.fromkeys(question.kind or CORRECTIONS)
    problems: list[FieldProblem] = []
    cases = _find_cases(connection, scene.view, question.case, problems)
    if question.event is not None and not _is_known(connection, scene.view, question.event):
        problems.append(FieldProblem("query", "event", f"There is no event {question.event!r}."))
    if problems:
        raise InvalidRequestError(tuple(problems))
    return _Asked(scene.view, tuple(kind.value for kind in kinds), cases, question.event)


def _find_cases(
    connection: Connection, view: View, references: Sequence[str], problems: list[FieldProblem]
) -> tuple[str, ...]:
    """Return the ids of cases by id or slug, retracted ones too; what names none is added to `problems`."""
    if not references:
        return ()
    query = select(Record.id, Record.slug).where(
        Record.type == RecordType.CASE.value, or_(Record.id.in_(references), Record.slug.in_(references))
    )
    if view.is_public:
        query = query.where(Record.visibility == Visibility.PUBLIC.value)
    rows = connection.execute(query).all()
    found: list[str] = []
    for reference in references:
        match = next((row.id for row in rows if reference in (row.id, row.slug)), None)
        if match is None:
            problems.append(FieldProblem("query", "case", f"There is no case {reference!r}."))
        else:
            found.append(match)
    return tuple(dict.fromkeys(found))


def _is_known(connection: Connection, view: View, event_id: str) -> bool:
    """Tell whether the reader may know of an event, if only that it exists."""
    query = (
        select(Record.id)
        .join(Revision, Revision.record_id == Record.id)
        .where(Record.id == event_id, Record.type == RecordType.EVENT.value)
    )
    if view.is_public:
        query = query.where(
            Record.visibility.in_(SHOWN_IN_PART),
            Revision.public_seq.is_not(None),
            in_visible_case(Revision.seq, View(view.audience)),
        )
    return connection.execute(query.limit(1)).first() is not None


def _matching(asked: _Asked, scene: Scene) -> Select[Any]:
    query = (
        select(Revision)
        .join(Record, Record.id == Revision.record_id)
        .where(
            Revision.seq <= scene.seq,
            Revision.kind.in_(asked.kinds),
            *told(Revision, Record, asked.view),
        )
    )
    if asked.event is not None:
        query = query.where(Revision.record_id == asked.event)
    if asked.cases:
        altered = select(CaseChange.seq).where(
            CaseChange.seq == Revision.seq, CaseChange.case_id.in_(asked.cases), *_shown(asked.view)
        )
        query = query.where(altered.exists())
    return query


def _page(asked: _Asked, scene: Scene, cursor: Cursor | None) -> Select[Any]:
    columns: tuple[Any, ...] = (
        Revision.seq,
        asked.number.label("number_shown"),
        Revision.at,
        Revision.operation,
        Revision.kind,
        Revision.reason,
        Revision.record_id,
        Revision.record_type,
        Revision.number,
    )
    query = _matching(asked, scene).with_only_columns(*columns)
    backwards = cursor is not None and cursor.is_backwards
    if cursor is not None:
        match cursor.key:
            case (int() as last,):
                query = query.where(asked.number > last if backwards else asked.number < last)
            case _:
                raise InvalidCursorError
    return query.order_by(asked.number.asc() if backwards else asked.number.desc())


def _shown(view: View) -> tuple[ColumnElement[bool], ...]:
    return (CaseChange.is_public == literal(1),) if view.is_public else ()


def _items(connection: Connection, view: View, rows: Sequence[Any]) -> list[Document]:
    cases = _cases_of(connection, view, [row.seq for row in rows])
    events = {row.record_id for row in rows if row.record_type == RecordType.EVENT.value}
    stubs = load_stubs(connection, events, view) if events else {}
    items: list[Document] = []
    for row in rows:
        event = None
        if row.record_id in events:
            stub = stubs.get(row.record_id)
            # Of an event that was merged, the survivor's title would be another one's.
            own = stub.document if stub is not None and stub.id == row.record_id else None
            event = {"id": row.record_id, "title": own["title"] if own else None}
        items.append(
            {
                "seq": row.number_shown,
                "at": stamps.moment_text(row.at),
                "operation": row.operation,
                "kind": row.kind,
                "reason": row.reason,
                "event": event,
                "record": row.record_id,
                "type": row.record_type,
                "revision": row.number,
                "cases": cases.get(row.seq, []),
            }
        )
    return items


def _cases_of(connection: Connection, view: View, seqs: Collection[int]) -> Mapping[int, list[str]]:
    """Return the cases whose answers each act altered, of those the reader sees."""
    query = (
        select(CaseChange.seq, CaseChange.case_id)
        .where(CaseChange.seq.in_(seqs), *_shown(view))
        .order_by(CaseChange.seq, CaseChange.case_id)
    )
    if view.is_public:
        # A case that was retracted since is named still; one that was hidden is not.
        query = query.join(Record, Record.id == CaseChange.case_id).where(
            Record.visibility == Visibility.PUBLIC.value
        )
    found: dict[int, list[str]] = {}
    for seq, case_id in connection.execute(query):
        found.setdefault(seq, []).append(case_id)
    return found
