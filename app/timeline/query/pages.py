"""From a filter to the SELECTs of a page."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, TypeAlias, cast

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
from app.timeline.query.conditions import Asked, Condition, conditions, unindexed
from app.timeline.query.ways import Lead, Rows, Way, after_window, before_window, leads

Key: TypeAlias = tuple[int | str, ...]

# The key of the item a page starts past, and how many rows are wanted: bound when a page is read.
KEY: Final = "key"
SIZE: Final = "size"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts: past the item of this key, forwards or backwards."""

    key: Key
    is_backwards: bool = False


class Stretch(StrEnum):
    """A run of an order that is read at one go."""

    WHOLE = "whole"
    # Of a window: what stands before it and may reach into it, what stands in it, what stands after
    # it and may have begun at any time.
    BEFORE = "before"
    MAIN = "main"
    AFTER = "after"
    # What has no date to turn round: it stays at the end.
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of an order, as it is read for a page."""

    stretch: Stretch
    is_backwards: bool = False
    # Does the page start inside it, past the item of a key?
    is_entered: bool = False


def is_by_date(order: Order) -> bool:
    """Tell whether an order is one of dates."""
    return order in {"occurred", "-occurred"}


def parts(asked: Asked, order: Order, position: Position | None, way: Way) -> tuple[Part, ...]:
    """Return what is to be read in turn until the page is full."""
    every = _stretches(asked, order, way)
    if position is None:
        return tuple(Part(stretch) for stretch in every)
    start = every.index(_stretch_of(asked, every, position.key))
    there = reversed(every[: start + 1]) if position.is_backwards else every[start:]
    return tuple(Part(one, position.is_backwards, one is every[start]) for one in there)


def _stretches(asked: Asked, order: Order, way: Way) -> tuple[Stretch, ...]:
    found = [Stretch.WHOLE]
    if way.is_split:
        # What lies within a window began in it.
        may_reach = asked.window.start is not None and asked.date_match != "within"
        found = [*([Stretch.BEFORE] if may_reach else []), Stretch.MAIN, Stretch.AFTER]
    if order == "-occurred":
        found = [*reversed(found), Stretch.LAST]
    return tuple(found)


def _stretch_of(asked: Asked, every: tuple[Stretch, ...], key: Key) -> Stretch:
    """Return the stretch that the item of a key is in."""
    start, end, place = asked.window.start, asked.window.end, cast("int", key[0])
    if Stretch.LAST in every and place == OPEN_LATEST:
        return Stretch.LAST
    if Stretch.WHOLE in every:
        return Stretch.WHOLE
    if Stretch.BEFORE in every and start is not None and place < start:
        return Stretch.BEFORE
    return Stretch.AFTER if place > (OPEN_LATEST - 1 if end is None else end) else Stretch.MAIN


def page(asked: Asked, order: Order, part: Part, way: Way) -> Select[Any]:
    """Return the SELECT of the rows of a part, up to as many as are bound to `SIZE`.

    A row is `(seq, ready, key…)`.  A part that is read backwards comes in reverse;
    one that is entered starts past the key whose parts are bound to `KEY`.
    """
    few = _few(asked, part, way)
    if few is None:
        query, tie = _walked(asked, way)
    else:
        among = few.cte("few").prefix_with("MATERIALIZED")
        query, tie = base(_across(asked), Event.seq.in_(select(among.c[0])), is_led=True), Event
    key = _key_of(asked, order, tie)
    # Of few rows all are read, and none of them by the index of the order.
    own = key if few is None else tuple(unindexed(one, asked.dialect) for one in key)
    query = query.where(*_place(asked, order, part, own[0]))
    descending = (order.startswith("-") and part.stretch is not Stretch.LAST) != part.is_backwards
    if part.is_entered:
        this, last = tuple_(*own), tuple_(*_own_key(asked, order, len(own)))
        query = query.where(this < last if descending else this > last)
    columns = [one.desc() if descending else one.asc() for one in own]
    return (
        query.with_only_columns(Event.seq, ready_answer(), *_reader_key(asked, order, key))
        .order_by(*columns)
        .limit(parameter(SIZE))
    )


def _key_of(asked: Asked, order: Order, tie: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a class
    """Return the sort key of an order, by the columns of events or of their ties."""
    event_id = tie.id if tie is Event else tie.event_id
    match order:
        case "occurred" | "-occurred":
            return (tie.position, tie.start_latest, tie.sequence, event_id)
        case "recorded" | "-recorded":
            return (tie.public_recorded_seq if asked.view.is_public else tie.recorded_seq, event_id)
        case "changed" | "-changed":
            return (Event.seq,)


def _place(asked: Asked, order: Order, part: Part, place: Any) -> tuple[Condition, ...]:  # noqa: ANN401 - a column
    """Return where in the order of dates the rows of a part stand."""
    if not is_by_date(order):
        return ()
    start, end = asked.window.start, asked.window.end
    # What has no date is turned round by no order.
    is_dated = (place < OPEN_LATEST,) if order == "-occurred" else ()
    match part.stretch:
        case Stretch.LAST:
            return (place == OPEN_LATEST,)
        case Stretch.WHOLE:
            return is_dated
        case Stretch.BEFORE:
            return (place < start,)
        case Stretch.AFTER:
            after = place == OPEN_LATEST if end is None else place > end
            return (after, *is_dated)
        case Stretch.MAIN:
            lower = () if start is None else (place >= start,)
            upper = place < OPEN_LATEST if end is None else place <= end
            return (*lower, upper, *is_dated)


def _few(asked: Asked, part: Part, way: Way) -> Rows | None:
    """Return the rows to fetch and sort; `None` where they are read in order."""
    if way.is_split and part.stretch is Stretch.BEFORE:
        return before_window(asked)
    if way.is_split and part.stretch in {Stretch.AFTER, Stretch.LAST}:
        return after_window(asked)
    return _lead_of(asked, way).rows if way.is_few else None


def _walked(asked: Asked, way: Way) -> tuple[Select[Any], Any]:
    """Return the SELECT of the event rows that match, and what they are read in the order of."""
    if way.lead is None:
        return base(asked), Event if asked.case_id is None else EventCase
    lead = _lead_of(asked, way)
    return base(_across(asked), *lead.where, is_led=True).join(
        lead.table, lead.table.seq == Event.seq
    ), lead.table


def _lead_of(asked: Asked, way: Way) -> Lead:
    return next(one for one in leads(asked) if one.name == way.lead)


def _across(asked: Asked) -> Asked:
    """Return the same filter with the case as one filter among others, for where something else leads."""
    return asked if asked.case_id is None else replace(asked, case_id=None, cases=(asked.case_id,))


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


def base(
    asked: Asked, *also: Condition, levels: tuple[str, ...] | None = None, is_led: bool = False
) -> Select[Any]:
    """Return the SELECT of the event rows that match, with the tie to the case where there is one."""
    query = select(Event.seq).where(*conditions(asked, levels=levels, is_led=is_led), *also)
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
    stubs = base(_across(asked), is_stub, levels=(Visibility.EXISTENCE_ONLY.value,), is_led=True)
    return stubs.with_only_columns(func.count())
