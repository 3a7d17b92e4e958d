"""The lists of cases, actors and sources."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select, tuple_

from app.core import stamps
from app.core.errors import FieldProblem, InvalidCursorError, InvalidRequestError, RecordNotFoundError
from app.core.http import etag_of
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.records.documents import (
    encode,
)
from app.records.reading.cases import whole_case
from app.records.reading.single import find
from app.records.references import called
from app.records.revisions import View, as_of, survivor_of, visible
from app.records.search import matching, parse_question
from app.records.store import assemble_rows
from app.records.tables import (
    Actor,
    Case,
    CaseTag,
    Event,
    EventCase,
    Installation,
    Merge,
    Participation,
    Party,
    Record,
    Revision,
    Source,
)
from app.records.vocabulary import RecordType, Visibility


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list."""

    etag: str
    body: bytes
    next: str | None
    previous: str | None


_ROWS: dict[RecordType, Any] = {
    RecordType.CASE: Case,
    RecordType.ACTOR: Actor,
    RecordType.SOURCE: Source,
}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What a list of records can be asked for."""

    q: str | None = None
    tags: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()


def list_records(
    connection: Connection,
    record_type: RecordType,
    view: View,
    where: ListFilter,
    *,
    limit: int,
    after: str | None,
    total: bool,
    url: str,
    parameters: list[tuple[str, str]],
) -> Listed:
    """Return one page of cases, actors or sources, by name."""
    fixed = fingerprint(
        view.audience, record_type, *(one for one in parameters if one[0] not in {"limit", "total", "after"})
    )
    cursor = _list_cursor(after, expected=fixed)
    number = Revision.public_seq if view.is_public else Revision.seq
    if cursor is not None:
        seq = connection.execute(select(Revision.seq).where(number == cursor.seq)).scalar_one_or_none()
        if seq is None:
            raise InvalidCursorError
        view = View(view.audience, seq)
    newest = select(Revision.seq, number.label("reader_seq"), Revision.at).where(number.is_not(None))
    if view.seq is not None:
        newest = newest.where(Revision.seq <= view.seq)
    last = connection.execute(newest.order_by(Revision.seq.desc()).limit(1)).first()
    epoch, created_at = connection.execute(select(Installation.epoch, Installation.created_at)).one()
    reader_seq, at = (last.reader_seq, last.at) if last else (0, created_at)
    named = _ids_of_actors(connection, view, where.actors)
    table = _ROWS[record_type]
    conditions = [
        *as_of(table, view.seq),
        *visible(table, view),
        *_list_conditions(connection, table, record_type, view, where),
    ]
    query = (
        select(table.sort_name, *Revision.__table__.columns, Record.visibility.label("now"))
        .join(Revision, Revision.seq == table.seq)
        .join(Record, Record.id == table.id)
        .where(*conditions)
    )
    key = (table.sort_name, table.id)
    backwards = cursor is not None and cursor.is_backwards
    if cursor is not None:
        here, there = tuple_(*key), tuple_(*cursor.key)
        query = query.where(here < there if backwards else here > there)
    order = [part.desc() if backwards else part for part in key]
    rows = list(connection.execute(query.order_by(*order).limit(limit + 1)).all())
    has_more = len(rows) > limit
    rows = rows[:limit]
    if backwards:
        rows.reverse()
    if record_type is RecordType.CASE:
        items = [encode(whole_case(connection, row, view)) for row in rows]
    else:
        made = assemble_rows(connection, rows, view)
        items = [made[row.seq] for row in rows]
    counted = (
        connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
        if total
        else None
    )

    def at_cursor(row: Any, *, is_backwards: bool) -> str:  # noqa: ANN401 - a row of the page
        text = encode_cursor(Cursor(fixed, reader_seq, is_backwards, (row.sort_name, row.record_id)))
        return link(url, [*(one for one in parameters if one[0] != "after"), ("after", text)])

    next_url = at_cursor(rows[-1], is_backwards=False) if rows and (has_more or backwards) else None
    is_later = cursor is not None and (has_more or not backwards)
    previous_url = at_cursor(rows[0], is_backwards=True) if rows and is_later else None
    moment = stamps.moment_text(at)
    tail = {
        "next": next_url,
        "previous": previous_url,
        "total": counted,
        "as_of": moment,
        "permalink": link(url, [*_by_ids(parameters, named), ("as_of", moment)]),
    }
    rewritten = connection.execute(
        select(func.max(number)).where(Revision.alters_past == literal(1))
    ).scalar_one()
    etag = etag_of(epoch, view.audience, str(reader_seq), str(rewritten or 0), url, str(parameters))
    return Listed(etag, b'{"items":[' + b",".join(items) + b"]," + encode(tail)[1:], next_url, previous_url)


def _by_ids(parameters: list[tuple[str, str]], named: dict[str, str]) -> list[tuple[str, str]]:
    """Return the parameters of a permalink: slugs may change hands, ids do not."""
    return [
        (name, named.get(value, value) if name == "actor" else value)
        for name, value in parameters
        if name != "as_of"
    ]


def _list_cursor(after: str | None, *, expected: str) -> Cursor | None:
    """Return where the page starts: a name and an id, which any database can look for."""
    if after is None:
        return None
    cursor = decode_cursor(after, expected=expected)
    if len(cursor.key) != len(("sort_name", "id")) or not all(
        isinstance(part, str) and "\x00" not in part for part in cursor.key
    ):
        raise InvalidCursorError
    return cursor


def _list_conditions(
    connection: Connection,
    table: Any,  # noqa: ANN401 - one of three tables
    record_type: RecordType,
    view: View,
    where: ListFilter,
) -> Iterable[ColumnElement[bool]]:
    if where.q is not None:
        terms = parse_question(where.q)
        if not terms:
            yield table.seq.is_(None)
        for term in terms:
            numbers = matching(term, dialect=connection.dialect.name)
            yield table.seq.not_in(numbers) if term.is_negated else table.seq.in_(numbers)
    if where.kinds:
        yield table.kind.in_(where.kinds)
    if where.publishers:
        yield table.publisher.in_(where.publishers)
    if record_type is RecordType.CASE:
        if where.statuses:
            yield Case.status.in_(where.statuses)
        if where.tags:
            yield select(CaseTag.seq).where(CaseTag.seq == Case.seq, CaseTag.tag.in_(where.tags)).exists()
        if where.actors:
            yield _has_actor(view, where.actors)


def _ids_of_actors(connection: Connection, view: View, references: tuple[str, ...]) -> dict[str, str]:
    """Return the id of each actor asked for.

    Raises `InvalidRequestError` for one that does not exist, or that the reader may not know of.
    """
    ids: dict[str, str] = {}
    for reference in references:
        try:
            row = find(connection, RecordType.ACTOR, reference, view)
            is_known = not view.is_public or row.visibility == Visibility.PUBLIC.value
        except RecordNotFoundError:
            is_known = False
        if not is_known:
            problem = FieldProblem("query", "actor", f"There is no actor {reference!r}.")
            raise InvalidRequestError((problem,))
        ids[reference] = row.id
    return ids


def _has_actor(view: View, references: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that a visible actor is a party of the case or takes part in its events."""
    meant = called(references, view.seq).subquery()
    asked = (
        select(survivor_of(Record.id, view))
        .join(meant, meant.c.id == Record.id)
        .where(Record.type == RecordType.ACTOR.value)
    )
    known = select(Actor.id).where(Actor.id.in_(asked), *as_of(Actor, view.seq), *visible(Actor, view))
    merged = select(Merge.id).where(
        Merge.survivor_id.in_(known), *as_of(Merge, view.seq), *visible(Merge, view)
    )
    named = known.union_all(merged)
    takes_part = (
        select(Event.seq)
        .join(EventCase, EventCase.seq == Event.seq)
        .join(Participation, Participation.seq == Event.seq)
        .where(
            EventCase.case_id == Case.id,
            Participation.actor_id.in_(named),
            *as_of(Event, view.seq),
            *visible(Event, view),
        )
        .exists()
    )
    is_party = select(Party.seq).where(Party.seq == Case.seq, Party.actor_id.in_(named)).exists()
    return or_(takes_part, is_party)
