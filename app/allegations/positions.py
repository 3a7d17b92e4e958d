"""Everything an actor said of allegations, over all cases, in order of time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.allegations.answers import Answer, Asked, Key, load_allegations, page_of, reported_before, settle
from app.allegations.questions import PositionsQuestion
from app.core.http import etag_matches
from app.core.paging import link
from app.records.documents import Document, case_stub, decode, encode, position_answer
from app.records.reading import read_record
from app.records.revisions import View, as_of, case_in_sight, in_visible_case, survivor_of, visible
from app.records.schemas.common import LIST_LENGTH
from app.records.tables import Actor, Allegation, Event, Merge, Position, Source
from app.records.vocabulary import RecordType

# A statement whose columns are only known by name.
Rows: TypeAlias = Select[*tuple[Any, ...]]
_SORTED_BY: Final = (Position.position, Position.start_latest, Position.allegation_id, Position.number)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A position of the page: what it is found by in the list, and where it stands in its allegation."""

    key: Key
    seq: int
    number: int
    allegation_id: str


def list_positions(
    connection: Connection,
    audience: Audience,
    actor: str,
    question: PositionsQuestion,
    *,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return one page of the positions of an actor.

    Raises `RecordNotFoundError` and `RetractedError`; leads to the survivor of a merged one.
    """
    path = f"{base}/v1/actors/{actor}/positions"
    key = (int, int, str, int)
    asked = settle(connection, audience, question, path=path, case=None, as_of=question.as_of, key=key)
    found = read_record(connection, RecordType.ACTOR, actor, asked.view)
    if found.moved_to is not None:
        there = link(f"{base}/v1/actors/{found.moved_to}/positions", asked.parameters)
        return Answer(found.etag, None, moved_to=there)
    before = reported_before(question.reported_until)
    if etag_matches(if_none_match, asked.etag):
        return Answer(asked.etag, None)
    actor_id: str = decode(found.body)["id"]
    query = _positions(asked, actor_id, question, before)
    total = None
    if question.total is not None:
        counted = select(func.count()).select_from(query.order_by(None).subquery())
        total = connection.execute(counted).scalar_one()
    rows, tail = page_of(
        asked,
        _fetch(connection, asked, query),
        key_of=lambda row: row.key,
        permalink=f"{base}/v1/actors/{actor_id}/positions",
        total=total,
    )
    body = encode({"items": _items(connection, rows, asked.view), **tail})
    return Answer(asked.etag, body, tail["next"], tail["previous"])


def _positions(asked: Asked, actor_id: str, question: PositionsQuestion, before: int | None) -> Rows:
    view = asked.view
    query = (
        select(*_SORTED_BY, Position.seq)
        .join(Allegation, Allegation.seq == Position.seq)
        .where(
            Position.actor_id.in_(_shown_ids(actor_id, view)),
            *as_of(Position, view.seq),
            *visible(Allegation, view),
            case_in_sight(Allegation.case_id, view),
            or_(Position.event_id.is_(None), _event_is_read(view)),
            or_(Position.source_id.is_(None), _source_is_read(view)),
        )
    )
    if question.stance:
        query = query.where(Position.stance.in_([stance.value for stance in question.stance]))
    if before is not None:
        query = query.where(_source_is_read(view, before))
    return query


def _shown_ids(actor_id: str, view: View) -> CompoundSelect[str]:
    """Return the query for the actor's id, and those of the actors merged into it, if it is seen at all."""
    actor, merge = aliased(Actor), aliased(Merge)
    own = select(actor.id).where(actor.id == actor_id, *as_of(actor, view.seq), *visible(actor, view))
    merged = select(merge.id).where(
        merge.survivor_id.in_(own), *as_of(merge, view.seq), *visible(merge, view)
    )
    return own.union_all(merged)


def _event_is_read(view: View) -> ColumnElement[bool]:
    event = aliased(Event)
    return (
        select(event.seq)
        .where(
            event.id == survivor_of(Position.event_id, view),
            *as_of(event, view.seq),
            *visible(event, view),
            in_visible_case(event.seq, view),
        )
        .exists()
    )


def _source_is_read(view: View, before: int | None = None) -> ColumnElement[bool]:
    """Return the condition that the cited source is seen, and had been published before a moment."""
    source = aliased(Source)
    query = select(source.seq).where(
        source.id == survivor_of(Position.source_id, view),
        *as_of(source, view.seq),
        *visible(source, view),
    )
    return (query if before is None else query.where(source.published_earliest < before)).exists()


def _fetch(connection: Connection, asked: Asked, query: Rows) -> list[_Placed]:
    """Return the rows of the page, and one more if there are as many, in the direction it is read."""
    if asked.cursor is not None:
        here, there = tuple_(*_SORTED_BY[:-1]), tuple_(*asked.cursor.key[:-1])
        query = query.where(here <= there if asked.is_backwards else here >= there)
    query = query.order_by(*(part.desc() if asked.is_backwards else part for part in _SORTED_BY))
    # Those that sort alike are looked at together, and of one allegation there are not more.
    rows = connection.execute(query.limit(asked.question.limit + 1 + LIST_LENGTH)).all()
    placed: list[_Placed] = []
    alike: Counter[Key] = Counter()
    for row in reversed(rows) if asked.is_backwards else rows:
        key: Key = (row.position, row.start_latest, row.allegation_id)
        # Counted among those that are shown: their own numbers would tell how many are hidden.
        placed.append(_Placed((*key, alike[key]), row.seq, row.number, row.allegation_id))
        alike[key] += 1
    if asked.is_backwards:
        placed.reverse()
    if asked.cursor is not None:
        start = asked.cursor.key
        placed = [one for one in placed if (one.key < start if asked.is_backwards else one.key > start)]
    return placed[: asked.question.limit + 1]


def _items(connection: Connection, rows: Sequence[_Placed], view: View) -> list[Document]:
    found, stubs = load_allegations(connection, sorted({row.seq for row in rows}), view)
    items: list[Document] = []
    for row in rows:
        _, document = found[row.seq]
        said = position_answer(document["positions"][row.number], stubs, document["timezone"])
        case = stubs.get(document["case"])
        if said is not None:
            about = {
                "id": row.allegation_id,
                "text": document["text"],
                "case": case_stub(case) if case and case.document else None,
            }
            items.append({"allegation": about, **said})
    return items
