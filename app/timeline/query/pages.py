"""From a filter to the SELECTs of a page."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    Select,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.core.edtf import OPEN_LATEST
from app.records.revisions import (
    as_of,
)
from app.records.tables import (
    Event,
    EventCase,
    Revision,
)
from app.records.vocabulary import Visibility
from app.timeline.filters import Order
from app.timeline.query.conditions import Asked, Condition, conditions

Key: TypeAlias = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts: past the item of this key, forwards or backwards."""

    key: Key
    is_backwards: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of the answer that lies in one direction of an index."""

    key: tuple[Any, ...]
    is_descending: bool
    where: tuple[Condition, ...] = ()


def segments(asked: Asked, order: Order) -> tuple[Segment, ...]:
    """Return the segments of an order, first to last."""
    tie: Any = EventCase if asked.case_id is not None else Event
    event_id = tie.event_id if asked.case_id is not None else tie.id
    occurred = (tie.position, tie.start_latest, tie.sequence, event_id)
    recorded = tie.public_recorded_seq if asked.view.is_public else tie.recorded_seq
    match order:
        case "occurred":
            return (Segment(occurred, is_descending=False),)
        case "-occurred":
            # What has no date to turn round stays at the end.
            return (
                Segment(occurred, is_descending=True, where=(tie.position < OPEN_LATEST,)),
                Segment(occurred, is_descending=False, where=(tie.position == OPEN_LATEST,)),
            )
        case "recorded" | "-recorded":
            return (Segment((recorded, event_id), is_descending=order.startswith("-")),)
        case "changed" | "-changed":
            return (Segment((Event.seq,), is_descending=order.startswith("-")),)


def page(asked: Asked, order: Order, *, size: int, position: Position | None) -> tuple[Select[Any], ...]:
    """Return the SELECTs of up to `size` rows each, to be run in turn until the page is full.

    A row is `(seq, ready, key…)`.  A page that goes backwards comes in reverse.
    """
    runs = segments(asked, order)
    is_backwards = position is not None and position.is_backwards
    found = []
    for at, segment in enumerate(reversed(runs) if is_backwards else runs):
        descending = segment.is_descending != is_backwards
        query = base(asked, *segment.where)
        if position is not None:
            start = _segment_of(position.key, order)
            here = len(runs) - 1 - at if is_backwards else at
            if (here < start) if not is_backwards else (here > start):
                continue
            if here == start:
                key, last = tuple_(*segment.key), tuple_(*_own_key(asked, order, position.key))
                query = query.where(key < last if descending else key > last)
        columns = [part.desc() if descending else part.asc() for part in segment.key]
        found.append(
            query.with_only_columns(Event.seq, Event.ready, *_reader_key(asked, order, segment.key))
            .order_by(*columns)
            .limit(size)
        )
    return tuple(found)


def _counts_changes(asked: Asked, order: Order) -> bool:
    """Tell whether the key holds a change, which the public counts in its own numbering."""
    return asked.view.is_public and order.lstrip("-") in {"recorded", "changed"}


def _own_key(asked: Asked, order: Order, key: Key) -> tuple[Any, ...]:
    """Return a cursor's key in the numbering of the log."""
    if not _counts_changes(asked, order):
        return tuple(literal(part) for part in key)
    seq = select(Revision.seq).where(Revision.public_seq == key[0]).scalar_subquery()
    return (seq, *(literal(part) for part in key[1:]))


def _reader_key(asked: Asked, order: Order, key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the columns of a key in the reader's numbering: the log's would tell of hidden changes."""
    labelled = [part.label(f"k{n}") for n, part in enumerate(key)]
    if _counts_changes(asked, order):
        shown = aliased(Revision)
        labelled[0] = select(shown.public_seq).where(shown.seq == key[0]).scalar_subquery().label("k0")
    return tuple(labelled)


def _segment_of(key: Key, order: Order) -> int:
    return 1 if order == "-occurred" and key[0] == OPEN_LATEST else 0


def base(asked: Asked, *also: Condition, levels: tuple[str, ...] | None = None) -> Select[Any]:
    """Return the SELECT of the event rows that match, with the tie to the case where there is one."""
    query = select(Event.seq).where(*conditions(asked, levels=levels), *also)
    if asked.case_id is not None:
        query = query.join(EventCase, EventCase.seq == Event.seq).where(
            EventCase.case_id == asked.case_id, *as_of(EventCase, asked.view.seq)
        )
    return query


def counts(asked: Asked) -> Select[int, int]:
    """Return the SELECT of two counts: the matches, and the stubs the filters cannot judge."""
    matches = base(asked).with_only_columns(func.count())
    stubs = base(asked, levels=(Visibility.EXISTENCE_ONLY.value,)).with_only_columns(func.count())
    return select(matches.scalar_subquery(), stubs.scalar_subquery())
