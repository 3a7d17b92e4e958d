"""Reads single records, their revisions, and the lists of cases, actors and sources."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.core import stamps
from app.core.edtf import OPEN_LATEST
from app.core.errors import FieldProblem, InvalidRequestError, RecordNotFoundError, RetractedError
from app.core.http import etag_of
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.records.documents import (
    Document,
    assemble,
    decode,
    encode,
    load_stubs,
    named_in,
    read_occurred,
    read_revision,
)
from app.records.revisions import SHOWN_IN_PART, View, as_of, in_visible_case, nameable, survivor_of, visible
from app.records.search import matching, parse_question
from app.records.store import assemble_rows
from app.records.tables import (
    Actor,
    Case,
    CaseChange,
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
class Found:
    """A record that was found, or where it went."""

    etag: str
    body: bytes
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list."""

    etag: str
    body: bytes
    next: str | None
    previous: str | None


def pinned(connection: Connection, audience: Audience, moment: Any) -> View:  # noqa: ANN401 - a moment or None
    """Return the view of a reader at a moment; `None` is now."""
    if moment is None:
        return View(audience)
    if moment > stamps.utc_now():
        raise InvalidRequestError((FieldProblem("query", "as_of", "That moment has not come yet."),))
    seq = connection.execute(select(func.max(Revision.seq)).where(Revision.at <= moment)).scalar_one()
    return View(audience, seq or 0)


def read_record(connection: Connection, record_type: RecordType, reference: str, view: View) -> Found:
    """Return a record by id or slug.

    Raises `RecordNotFoundError`, also for a record the reader may not know of,
    and `RetractedError`.
    """
    record = _find(connection, record_type, reference, view)
    row = connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.record_id == record.id, *as_of(Revision, view.seq))
    ).one_or_none()
    if row is None:
        raise RecordNotFoundError(record_type.value, reference)
    etag = _etag(connection, row, view)
    if row.merged_into is not None:
        return Found(etag, b"", _survivor(connection, record.id, view, reference))
    if row.document is None:
        raise RetractedError(record.id, row.reason or "", etag)
    _refuse_hidden(connection, row, view, reference)
    if record_type is RecordType.CASE:
        body = encode(_whole_case(connection, row, view))
    else:
        body = assemble_rows(connection, [row], view)[row.seq]
    return Found(etag, body)


def _survivor(connection: Connection, record_id: str, view: View, reference: str) -> str:
    """Return what a merged record is called by; `RecordNotFoundError` where the reader may not know."""
    revision, record = aliased(Revision), aliased(Record)
    found = connection.execute(
        select(Merge.survivor_id)
        .join(revision, revision.record_id == Merge.survivor_id)
        .join(record, record.id == Merge.survivor_id)
        .where(
            Merge.id == record_id,
            *as_of(Merge, view.seq),
            *visible(Merge, view),
            *as_of(revision, view.seq),
            *nameable(revision, record, view),
        )
    ).scalar_one_or_none()
    if found is None:
        raise RecordNotFoundError(record_id.partition("_")[0], reference)
    return found


def find_record(connection: Connection, record_type: RecordType, reference: str) -> str:
    """Return the id of a record by id or slug, whatever became of it; `RecordNotFoundError` without one."""
    record_id: str = _find(connection, record_type, reference, View(Audience.KEYS)).id
    return record_id


def _find(connection: Connection, record_type: RecordType, reference: str, view: View) -> Any:  # noqa: ANN401 - a row
    row = connection.execute(
        select(Record.id, Record.visibility).where(
            Record.type == record_type.value,
            or_(Record.id == reference, Record.slug == reference),
        )
    ).first()
    if row is None or (view.is_public and row.visibility == Visibility.RESTRICTED.value):
        raise RecordNotFoundError(record_type.value, reference)
    if view.is_public and row.visibility == Visibility.EXISTENCE_ONLY.value and row.id != reference:
        # A slug is part of what is not shown.
        raise RecordNotFoundError(record_type.value, reference)
    return row


def _refuse_hidden(connection: Connection, row: Any, view: View, reference: str) -> None:  # noqa: ANN401 - a row
    if not view.is_public:
        return
    is_hidden = row.visibility == Visibility.RESTRICTED.value
    if row.record_type == RecordType.EVENT.value and not is_hidden:
        event = aliased(Event)
        is_hidden = (
            connection.execute(
                select(event.seq).where(event.seq == row.seq, in_visible_case(event.seq, view))
            ).first()
            is None
        )
    if is_hidden:
        raise RecordNotFoundError(row.record_type, reference)


def _etag(connection: Connection, row: Any, view: View) -> str:  # noqa: ANN401 - a row of the log
    """Return a record's tag: it changes with whatever the answer is assembled from."""
    number = Revision.public_seq if view.is_public else Revision.seq
    newest = select(func.max(number))
    if view.seq is not None:
        newest = newest.where(Revision.seq <= view.seq)
    seq, rewritten, epoch = connection.execute(
        select(
            newest.scalar_subquery(),
            select(func.max(number)).where(Revision.alters_past == literal(1)).scalar_subquery(),
            Installation.epoch,
        ).where(Installation.id == 1)
    ).one()
    return etag_of(
        epoch, view.audience, str(seq or 0), str(rewritten or 0), row.record_id, revision=row.number
    )


def _whole_case(connection: Connection, row: Any, view: View) -> Document:  # noqa: ANN401 - a row of the log
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


def list_revisions(connection: Connection, event_id: str, view: View, *, number: int | None = None) -> bytes:
    """Return the revisions of an event that the reader may see, first to last, or one of them.

    Retracted and merged events answer too.  Each shows the event as it was read then.
    """
    record = _find(connection, RecordType.EVENT, event_id, view)
    query = (
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.record_id == record.id)
        .order_by(Revision.number)
    )
    if view.is_public:
        query = query.where(Revision.public_seq.is_not(None))
    if number is not None:
        query = query.where(Revision.number == number)
    rows = connection.execute(query).all()
    items = [_revision(connection, row, view) for row in rows]
    if not items:
        raise RecordNotFoundError("event" if number is None else "revision", event_id)
    return encode(items[0] if number is not None else {"items": items})


def _revision(connection: Connection, row: Any, view: View) -> Document:  # noqa: ANN401 - a row of the log
    shown: Document | None = None
    if row.document is not None and not (view.is_public and row.visibility == Visibility.RESTRICTED.value):
        then = View(view.audience, row.seq)
        shown = decode(assemble_rows(connection, [row], then)[row.seq])
    return {
        "revision": row.number,
        "seq": row.public_seq if view.is_public else row.seq,
        "at": stamps.moment_text(row.at),
        "operation": row.operation,
        "kind": row.kind,
        "reason": row.reason,
        "event": shown,
    }


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
        view.audience, record_type, *(one for one in parameters if one[0] not in {"limit", "total"})
    )
    cursor = decode_cursor(after, expected=fixed) if after is not None else None
    number = Revision.public_seq if view.is_public else Revision.seq
    if cursor is not None:
        seq = connection.execute(select(Revision.seq).where(number == cursor.seq)).scalar_one_or_none()
        view = View(view.audience, seq or 0)
    newest = select(Revision.seq, number.label("reader_seq"), Revision.at).where(number.is_not(None))
    if view.seq is not None:
        newest = newest.where(Revision.seq <= view.seq)
    last = connection.execute(newest.order_by(Revision.seq.desc()).limit(1)).first()
    epoch, created_at = connection.execute(select(Installation.epoch, Installation.created_at)).one()
    reader_seq, at = (last.reader_seq, last.at) if last else (0, created_at)
    _refuse_unknown_actors(connection, view, where.actors)
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
        items = [encode(_whole_case(connection, row, view)) for row in rows]
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
        "permalink": link(url, [*(one for one in parameters if one[0] != "as_of"), ("as_of", moment)]),
    }
    rewritten = connection.execute(
        select(func.max(number)).where(Revision.alters_past == literal(1))
    ).scalar_one()
    etag = etag_of(epoch, view.audience, str(reader_seq), str(rewritten or 0), url, str(parameters))
    return Listed(etag, b'{"items":[' + b",".join(items) + b"]," + encode(tail)[1:], next_url, previous_url)


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


def _refuse_unknown_actors(connection: Connection, view: View, references: tuple[str, ...]) -> None:
    """Raise `InvalidRequestError` for an actor that does not exist, or that the reader may not know of."""
    for reference in references:
        try:
            row = _find(connection, RecordType.ACTOR, reference, view)
            is_known = not view.is_public or row.visibility == Visibility.PUBLIC.value
        except RecordNotFoundError:
            is_known = False
        if not is_known:
            problem = FieldProblem("query", "actor", f"There is no actor {reference!r}.")
            raise InvalidRequestError((problem,))


def _has_actor(view: View, references: tuple[str, ...]) -> ColumnElement[bool]:
    """Return the condition that a visible actor is a party of the case or takes part in its events."""
    asked = select(survivor_of(Record.id, view)).where(
        Record.type == RecordType.ACTOR.value,
        or_(Record.id.in_(references), Record.slug.in_(references)),
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
