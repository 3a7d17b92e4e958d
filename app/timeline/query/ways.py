"""By which index the rows of a page are best found: a filter leads to the rows that it admits.

Whether those are few or many is looked at before a page is read, at `FEW` of them at the
most: few are fetched and sorted, among many there are soon enough in the order of the page.
No statistics are needed, which SQLite does not keep by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import CompoundSelect, Select, func, literal, literal_column, select, union_all
from sqlalchemy.orm import aliased

from app.core.edtf import OPEN_EARLIEST, OPEN_LATEST
from app.records.revisions import as_of, visible
from app.records.search import Term, matching
from app.records.tables import (
    Actor,
    Citation,
    Event,
    EventCase,
    EventTag,
    Merge,
    Participation,
    Relation,
    Source,
)
from app.records.tables.events import DAY_S, SPANS
from app.timeline.query.conditions import ANSWERS, Asked, Condition

FEW: Final = 1_000
# So many events of a case are looked through sooner than what may reach into a window is found.
SMALL_CASE: Final = 500
# Words are found in one go, and then each row takes longer than a row of an index does.
FEW_WITH_WORDS: Final = 10_000
# Numbers of the rows of events.
Rows: TypeAlias = Select[Any] | CompoundSelect[Any]


@dataclass(frozen=True, slots=True)
class Lead:
    """The rows that one filter admits, or some more, found by an index."""

    # The field of `Asked`, with a number where it leads to several.
    name: str
    rows: Rows
    # The ties whose index has those rows in order of date, and which of them; `None` where none has.
    table: Any = None
    where: tuple[Condition, ...] = ()

    @property
    def few(self) -> int:
        """Return how many rows are few."""
        return FEW_WITH_WORDS if self.name.startswith("terms") else FEW


@dataclass(frozen=True, slots=True)
class Way:
    """How the rows of a page are found."""

    # By this lead, either all of them or in its order; `None` is in the order of the page.
    lead: str | None = None
    is_few: bool = False
    # Are those that stand outside the window, and may lie in it, found by themselves?
    is_split: bool = False


def leads(asked: Asked) -> tuple[Lead, ...]:
    """Return what the filters lead to, but for the case of a case's timeline."""
    return (*_tied_leads(asked), *_own_leads(asked), *_other_leads(asked))


def look(asked: Asked, *, with_case: bool) -> Select[Any]:
    """Return the SELECT of how many rows each lead has, counted up to one more than are few.

    And, last, whether the case is small, if that is asked for.
    """
    counts = []
    for lead in leads(asked):
        rows = lead.rows.limit(lead.few + 1).subquery()
        counts.append(select(func.count()).select_from(rows).scalar_subquery().label(lead.name))
    if with_case:
        own = select(EventCase.seq).where(
            EventCase.case_id == asked.case_id, *as_of(EventCase, asked.view.seq)
        )
        rows = own.limit(SMALL_CASE + 1).subquery()
        counts.append(select(func.count()).select_from(rows).scalar_subquery().label("case"))
    return select(*counts)


def choose(asked: Asked, counts: Mapping[str, int], *, is_by_date: bool) -> Way:
    """Return the best way, by what was counted.

    `is_by_date` says whether the page is in an order of dates.
    """
    is_split = is_by_date and has_window(asked) and counts.get("case", SMALL_CASE + 1) > SMALL_CASE
    found = leads(asked)
    least = min(found, key=lambda lead: counts[lead.name] / lead.few, default=None)
    if least is not None and counts[least.name] <= least.few:
        if least.table is None or not is_by_date:
            return Way(least.name, is_few=True)
        # In the order of dates, a page is full before they have all been read.
        return Way(least.name)
    ordered = [lead.name for lead in found if lead.table is not None]
    # In a case, its own order is as good as another's.
    if ordered and asked.case_id is None and is_by_date:
        return Way(ordered[0], is_split=is_split)
    return Way(is_split=is_split)


def has_window(asked: Asked) -> bool:
    """Tell whether dates are asked for."""
    return asked.window.start is not None or asked.window.end is not None


def before_window(asked: Asked) -> Rows:
    """Return the rows that stand before the window in the order of dates, and may reach into it.

    The longer an event may have lasted, the further back it is looked for.
    """
    row, start = aliased(Event), cast("Any", asked.window.start)
    length = row.end_latest - row.position
    holds = (row.position < start, *as_of(row, asked.view.seq))
    found = [select(row.seq).where(*holds, row.position >= start - DAY_S)]
    for span in SPANS:
        # Spelt as the index has it, or it would not serve.
        lasted = [length > literal_column(str(span.least))]
        if span.most is not None:
            lasted += [length <= literal_column(str(span.most)), row.position >= start - span.most]
        found.append(select(row.seq).where(*holds, *lasted))
    # One that began the day before may be found twice, which does no harm.
    return union_all(*found)


def after_window(asked: Asked) -> Rows:
    """Return the rows that stand after the window in the order of dates, and may lie in it all the same."""
    row = aliased(Event)
    end: Any = literal_column(str(OPEN_LATEST - 1)) if asked.window.end is None else asked.window.end
    is_open = row.start_earliest == literal_column(str(OPEN_EARLIEST))
    found = select(row.seq).where(is_open, row.position > end, *as_of(row, asked.view.seq))
    if not asked.include_undated:
        return found
    last: Any = literal_column(str(OPEN_LATEST))
    undated = select(row.seq).where(
        row.position == last, row.start_earliest == last, *as_of(row, asked.view.seq)
    )
    return union_all(found, undated)


def _tied_leads(asked: Asked) -> Iterator[Lead]:
    ties: tuple[tuple[str, Any, Any], ...] = (
        ("sources", Citation, Citation.source_id),
        ("actors", Participation, Participation.actor_id),
        ("tags", EventTag, EventTag.tag),
        ("cases", EventCase, EventCase.case_id),
    )
    for name, table, column in ties:
        values = getattr(asked, name)
        if not values:
            continue
        rows = select(table.seq).where(column.in_(values), *as_of(table, asked.view.seq))
        if len(values) > 1:
            # Of several values there is an order each, and none of all of them.
            yield Lead(name, rows)
            continue
        # Another name, or what the filters ask of an event's ties would be asked of this one.
        walked = aliased(table)
        own = getattr(walked, column.key)
        where = (own == values[0], *as_of(walked, asked.view.seq), *_first_of(table, walked, own))
        yield Lead(name, rows, walked, where)
    if asked.relations:
        related = Relation.type.in_(asked.relations)
        yield Lead("relations", select(Relation.seq).where(related, *as_of(Relation, asked.view.seq)))
    if asked.roles and asked.actors is None:
        in_role = Participation.role.in_(asked.roles)
        yield Lead("roles", select(Participation.seq).where(in_role, *as_of(Participation, asked.view.seq)))


def _first_of(table: Any, walked: Any, own: Any) -> tuple[Condition, ...]:  # noqa: ANN401 - a class of ties
    """Return the condition that of several equal ties of one event the first is meant."""
    if not hasattr(table, "number"):
        return ()
    earlier = aliased(table)
    same = getattr(earlier, own.key) == own
    found = select(literal(1)).where(earlier.seq == walked.seq, earlier.number < walked.number, same)
    return (~found.exists(),)


def _own_leads(asked: Asked) -> Iterator[Lead]:
    row = aliased(Event)
    for name, column in (("dockets", row.docket_number), ("countries", row.country)):
        values = getattr(asked, name)
        if values:
            yield Lead(name, select(row.seq).where(column.in_(values), *as_of(row, asked.view.seq)))
    if asked.bbox is not None:
        yield Lead("bbox", _in_box(asked.bbox, asked))


def _in_box(box: tuple[float, float, float, float], asked: Asked) -> Rows:
    west, south, east, north = box
    sides = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    row = aliased(Event)
    held = (row.latitude.between(south, north), *as_of(row, asked.view.seq))
    found = [select(row.seq).where(row.longitude.between(*side), *held) for side in sides]
    return found[0] if len(found) == 1 else union_all(*found)


def _other_leads(asked: Asked) -> Iterator[Lead]:
    for number, term in enumerate(asked.terms or ()):
        if not term.is_negated:
            yield Lead(f"terms_{number}", _with_term(term, asked))
    if asked.publishers:
        yield Lead("publishers", _cited(asked, Source.publisher.in_(asked.publishers)))
    if asked.reported_before is not None:
        yield Lead("reported_before", _cited(asked, Source.published_earliest < asked.reported_before))
    if asked.unanswered is False:
        yield Lead("unanswered", _answered(asked))


def _with_term(term: Term, asked: Asked) -> Rows:
    view = asked.view
    numbers = matching(term, dialect=asked.dialect)
    named = aliased(Actor)
    actors = select(named.id).where(named.seq.in_(numbers), *as_of(named, view.seq), *visible(named, view))
    merged = select(Merge.id).where(Merge.survivor_id.in_(actors), *as_of(Merge, view.seq))
    tie = aliased(Participation)
    by_name = select(tie.seq).where(tie.actor_id.in_(actors.union_all(merged)), *as_of(tie, view.seq))
    return union_all(numbers, by_name)


def _cited(asked: Asked, which: Condition) -> Rows:
    """Return the rows with a citation of such a source, or of one that was merged into such a source."""
    seq = asked.view.seq
    of_source = (which, *as_of(Source, seq), *as_of(Citation, seq))
    own = select(Citation.seq).join(Source, Source.id == Citation.source_id).where(*of_source)
    merged = (
        select(Citation.seq)
        .join(Merge, Merge.id == Citation.source_id)
        .join(Source, Source.id == Merge.survivor_id)
        .where(*of_source, *as_of(Merge, seq))
    )
    return union_all(own, merged)


def _answered(asked: Asked) -> Rows:
    """Return the rows that something rules on or responds to, or did to what was merged into them."""
    seq = asked.view.seq
    row, tie = aliased(Event), aliased(Relation)
    of_answer = (tie.type.in_(ANSWERS), *as_of(tie, seq), *as_of(row, seq))
    own = select(row.seq).join(tie, tie.target_id == row.id).where(*of_answer)
    merged = (
        select(row.seq)
        .join(Merge, Merge.survivor_id == row.id)
        .join(tie, tie.target_id == Merge.id)
        .where(*of_answer, *as_of(Merge, seq))
    )
    return union_all(own, merged)
