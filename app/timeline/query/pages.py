"""From a filter to the SELECTs of a page."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    Select,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.core.edtf import OPEN_LATEST
from app.records.revisions import (
    as_of,
)
from app.records.store import ready_answer
from app.records.tables import (
    Event,
    EventCase,
    Revision,
)
from app.records.vocabulary import Visibility
from app.timeline.compiled import names_of, parameter
from app.timeline.filters import Order
from app.timeline.query.conditions import Asked, Condition, conditions

Key: TypeAlias = tuple[int | str, ...]

# The key of the item a page starts past, and how many rows are wanted: bound when a page is read.
KEY: Final = "key"
SIZE: Final = "size"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts: past the item of this key, forwards or backwards."""

    key: Key
    is_backwards: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of an order, as it is read for a page."""

    segment: int
    is_backwards: bool = False
    # Does the page start inside it, past the item of a key?
    is_entered: bool = False


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


def parts(order: Order, position: Position | None) -> tuple[Part, ...]:
    """Return what is to be read in turn until the page is full."""
    count = 2 if order == "-occurred" else 1
    if position is None:
        return tuple(Part(segment) for segment in range(count))
    start = 1 if count > 1 and position.key[0] == OPEN_LATEST else 0
    there = range(start, -1, -1) if position.is_backwards else range(start, count)
    return tuple(Part(segment, position.is_backwards, segment == start) for segment in there)


def page(asked: Asked, order: Order, part: Part) -> Select[Any]:
    """Return the SELECT of the rows of a part, up to as many as are bound to `SIZE`.

    A row is `(seq, ready, key…)`.  A part that is read backwards comes in reverse;
    one that is entered starts past the key whose parts are bound to `KEY`.
    """
    segment = segments(asked, order)[part.segment]
    descending = segment.is_descending != part.is_backwards
    query = base(asked, *segment.where)
    if part.is_entered:
        key, last = tuple_(*segment.key), tuple_(*_own_key(asked, order, len(segment.key)))
        query = query.where(key < last if descending else key > last)
    columns = [one.desc() if descending else one.asc() for one in segment.key]
    return (
        query.with_only_columns(Event.seq, ready_answer(), *_reader_key(asked, order, segment.key))
        .order_by(*columns)
        .limit(parameter(SIZE))
    )


def _counts_changes(asked: Asked, order: Order) -> bool:
    """Tell whether the key holds a change, which the public counts in its own numbering."""
    return asked.view.is_public and order.lstrip("-") in {"recorded", "changed"}


def _own_key(asked: Asked, order: Order, length: int) -> tuple[Any, ...]:
    """Return the bound key in the numbering of the log."""
    key = [parameter(name) for name in names_of(KEY, range(length))]
    if not _counts_changes(asked, order):
        return tuple(key)
    seq = select(Revision.seq).where(Revision.public_seq == key[0]).scalar_subquery()
    return (seq, *key[1:])


def _reader_key(asked: Asked, order: Order, key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the columns of a key in the reader's numbering: the log's would tell of hidden changes."""
    labelled = [part.label(f"k{n}") for n, part in enumerate(key)]
    if _counts_changes(asked, order):
        shown = aliased(Revision)
        labelled[0] = select(shown.public_seq).where(shown.seq == key[0]).scalar_subquery().label("k0")
    return tuple(labelled)


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
    return select(matches.scalar_subquery(), excluded(asked).scalar_subquery())


def excluded(asked: Asked) -> Select[int]:
    """Return the SELECT of how many stubs the filters cannot judge: without a look at the matches."""
    # Written out besides, as a partial index does not serve a value that comes later.
    is_stub: Condition = literal_column("events.visibility = 'existence_only'")
    stubs = base(asked, is_stub, levels=(Visibility.EXISTENCE_ONLY.value,))
    return stubs.with_only_columns(func.count())
