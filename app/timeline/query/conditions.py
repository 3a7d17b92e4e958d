"""What an event must fulfil."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    UnaryExpression,
    and_,
    false,
    literal,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql import operators

from app.core.edtf import OPEN_LATEST, Window
from app.records.revisions import (
    SHOWN_IN_PART,
    View,
    as_of,
    in_visible_case,
    merged_into,
    nameable,
    survivor_of,
    visible,
)
from app.records.search import Term, matching
from app.records.tables import (
    Actor,
    Citation,
    Event,
    EventCase,
    EventTag,
    Merge,
    Participation,
    Record,
    Relation,
    Revision,
    Source,
)
from app.records.vocabulary import RelationType, Visibility
from app.timeline.filters import DateMatch

Condition: TypeAlias = ColumnElement[bool]


ANSWERS: Final = (RelationType.RULES_ON.value, RelationType.RESPONDS_TO.value)


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter with everything settled: references as ids, dates as bounds, words as terms."""

    view: View
    dialect: str
    case_id: str | None = None
    cases: tuple[str, ...] | None = None
    exclude_cases: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    # One entry for each actor parameter: its id, and the ids of those merged into it.
    actors: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    dockets: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float] | None = None
    sources: tuple[str, ...] | None = None
    publishers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    standings: tuple[str, ...] = ()
    exclude_standings: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    unanswered: bool | None = None
    terms: tuple[Term, ...] | None = None
    window: Window = field(default_factory=lambda: Window(None, None))
    date_match: DateMatch = "possible"
    include_undated: bool = False
    # Seconds since 1970: the first moment that is too late.
    reported_before: int | None = None
    # The id of each record a parameter names, by parameter and as it was written.
    named: Mapping[tuple[str, str], str] = field(default_factory=dict)
    # Are the filters such that an event of which only the existence is shown can be judged?
    is_judged_by_stub: bool = True


def unindexed(column: Any, dialect: str) -> Any:  # noqa: ANN401 - a column of any type
    """Return a column by whose index SQLite is not to read, as it keeps no statistics; PostgreSQL does."""
    if dialect != "sqlite":
        return column
    return UnaryExpression(column, operator=operators.custom_op("+"), type_=column.type)


def conditions(
    asked: Asked, *, levels: tuple[str, ...] | None = None, is_led: bool = False
) -> list[Condition]:
    """Return what the event row must fulfil; the tie to `asked.case_id` is not among it.

    `levels` are the visibilities a reader without a key may be shown; by
    default all that the filters can judge.  One that `is_led` finds its rows by
    something else than these conditions.
    """
    if levels is None:
        levels = SHOWN_IN_PART if asked.is_judged_by_stub else (Visibility.PUBLIC.value,)
    found = [*as_of(Event, asked.view.seq), *visible(Event, asked.view, levels=levels)]
    if asked.case_id is None:
        found.append(in_visible_case(Event.seq, asked.view))
    found += _case_conditions(asked, is_led=is_led)
    # A stub is not judged by what it does not show: that would tell it.
    if levels != (Visibility.EXISTENCE_ONLY.value,):
        found += _own_conditions(asked, is_led=is_led)
        found += _tie_conditions(asked)
        found += [_term_condition(term, asked) for term in asked.terms or ()]
        if asked.terms == ():
            found.append(false())
    return found


def _column(column: Any, asked: Asked, *, is_led: bool) -> Any:  # noqa: ANN401 - a column of any type
    return unindexed(column, asked.dialect) if is_led else column


def _case_conditions(asked: Asked, *, is_led: bool) -> list[Condition]:
    found = []
    kind = _column(Event.type, asked, is_led=is_led)
    if asked.cases is not None:
        found.append(_tied(EventCase, EventCase.case_id.in_(asked.cases)))
    if asked.exclude_cases:
        found.append(not_(_tied(EventCase, EventCase.case_id.in_(asked.exclude_cases))))
    if asked.types:
        found.append(kind.in_(asked.types))
    if asked.exclude_types:
        found.append(kind.not_in(asked.exclude_types))
    return [*found, *_window_conditions(asked)]


def _own_conditions(asked: Asked, *, is_led: bool) -> list[Condition]:
    found: list[Condition] = []
    docket, country, standing, longitude = (
        _column(column, asked, is_led=is_led)
        for column in (Event.docket_number, Event.country, Event.standing, Event.longitude)
    )
    if asked.dockets:
        found.append(docket.in_(asked.dockets))
    if asked.countries:
        found.append(country.in_(asked.countries))
    if asked.standings:
        found.append(standing.in_(asked.standings))
    if asked.exclude_standings:
        found.append(standing.not_in(asked.exclude_standings))
    if asked.bbox is not None:
        west, south, east, north = asked.bbox
        inside = longitude.between(west, east) if west <= east else or_(longitude >= west, longitude <= east)
        found += [inside, Event.latitude.between(south, north)]
    return found


def _window_conditions(asked: Asked) -> list[Condition]:
    start, end = asked.window.start, asked.window.end
    if start is None and end is None:
        return []
    is_dated = Event.start_earliest < OPEN_LATEST
    match = and_(is_dated, *_edges(asked.date_match, start, end))
    return [or_(match, not_(is_dated)) if asked.include_undated else match]


def _edges(date_match: DateMatch, start: int | None, end: int | None) -> list[Condition]:
    """Return what the window's two ends ask of the four bounds; `None` is no end."""
    match date_match:
        case "possible":
            lower, upper = Event.end_latest.__gt__, Event.start_earliest.__lt__
        case "certain":
            lower, upper = Event.end_earliest.__ge__, Event.start_latest.__le__
        case "within":
            lower, upper = Event.start_earliest.__ge__, Event.end_latest.__le__
    return [edge(bound) for edge, bound in ((lower, start), (upper, end)) if bound is not None]


def _tied(table: Any, *also: Condition) -> Condition:  # noqa: ANN401 - any class of ties
    """Return the condition that the event row has such a tie."""
    return select(literal(1)).select_from(table).where(table.seq == Event.seq, *also).exists()


def _tie_conditions(asked: Asked) -> list[Condition]:
    view = asked.view
    found: list[Condition] = []
    if asked.actors is not None:
        in_role = (Participation.role.in_(asked.roles),) if asked.roles else ()
        found.append(_tied(Participation, Participation.actor_id.in_(asked.actors), *in_role))
    elif asked.roles:
        found.append(
            _tied(Participation, Participation.role.in_(asked.roles), actor_shown(view, Participation))
        )
    if asked.sources is not None:
        found.append(_tied(Citation, Citation.source_id.in_(asked.sources)))
    if asked.publishers:
        found.append(_tied(Citation, source_shown(view, Source.publisher.in_(asked.publishers))))
    if asked.reported_before is not None:
        found.append(_tied(Citation, source_shown(view, Source.published_earliest < asked.reported_before)))
    if asked.tags:
        found.append(_tied(EventTag, EventTag.tag.in_(asked.tags)))
    if asked.relations:
        # What was merged into the event itself is no other event any more.
        is_another = survivor_of(Relation.target_id, view) != Event.id
        found.append(_tied(Relation, Relation.type.in_(asked.relations), is_another, _target_shown(view)))
    if asked.unanswered is not None:
        answered = _is_answered(view)
        found.append(not_(answered) if asked.unanswered else answered)
    return found


def actor_shown(view: View, tie: Any) -> Condition:  # noqa: ANN401 - a class with an actor_id
    """Return the condition that the reader sees the actor of a tie."""
    return (
        select(literal(1))
        .select_from(Actor)
        .where(Actor.id == survivor_of(tie.actor_id, view), *as_of(Actor, view.seq), *visible(Actor, view))
        .exists()
    )


def source_shown(view: View, *also: Condition) -> Condition:
    """Return the condition that the reader sees the source of a citation, and more of the source."""
    return (
        select(literal(1))
        .select_from(Source)
        .where(
            Source.id == survivor_of(Citation.source_id, view),
            *as_of(Source, view.seq),
            *visible(Source, view),
            *also,
        )
        .exists()
    )


def _target_shown(view: View) -> Condition:
    revision, record = aliased(Revision), aliased(Record)
    return (
        select(literal(1))
        .select_from(revision)
        .join(record, record.id == revision.record_id)
        .where(
            revision.record_id == survivor_of(Relation.target_id, view),
            *as_of(revision, view.seq),
            *nameable(revision, record, view),
        )
        .exists()
    )


def _is_answered(view: View) -> Condition:
    answer, tie = aliased(Event), aliased(Relation)
    found = (
        select(literal(1))
        .select_from(tie)
        .join(answer, answer.seq == tie.seq)
        .where(
            tie.event_id != Event.id,
            tie.type.in_(ANSWERS),
            *as_of(tie, view.seq),
            *visible(answer, view),
            in_visible_case(answer.seq, view),
        )
    )
    # Two questions, as the index over targets serves each of them, and not both in one.
    merged = tie.target_id.in_(merged_into(Event.id, view))
    return or_(found.where(tie.target_id == Event.id).exists(), found.where(merged).exists())


def _term_condition(term: Term, asked: Asked) -> Condition:
    """Return the condition that the event's own words, or the name of an actor in it, contain the term."""
    numbers = matching(term, dialect=asked.dialect)
    view = asked.view
    actors = select(Actor.id).where(Actor.seq.in_(numbers), *as_of(Actor, view.seq), *visible(Actor, view))
    merged = select(Merge.id).where(
        Merge.survivor_id.in_(actors), *as_of(Merge, view.seq), *visible(Merge, view)
    )
    named = select(Participation.seq).where(
        Participation.actor_id.in_(actors.union_all(merged)), *as_of(Participation, view.seq)
    )
    # Not by their numbers, which may be most of all; where they are few, they lead besides.
    own = unindexed(Event.seq, asked.dialect)
    has = or_(own.in_(numbers), own.in_(named))
    return not_(has) if term.is_negated else has
