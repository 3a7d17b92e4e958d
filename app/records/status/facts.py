"""From documents, whose dates may be uncertain, to the definite facts that a status follows from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from app.core.edtf import OPEN_EARLIEST, OPEN_LATEST, Bounds, parse_occurred
from app.core.edtf.calendar import to_local, zone_of
from app.core.recurrence import RecurrenceError, check_first, parse_rule
from app.records.documents import Document
from app.records.status.obligations import (
    Answer,
    Current,
    Due,
    Judgement,
    Obligation,
    TermChange,
    obligation_status,
    turning_points,
)

# Which of the moments that a date allows it is taken for.
Side: TypeAlias = Literal["earliest", "latest"]
# When the events that a document names happened, by the ids it names them by.
Dates: TypeAlias = Mapping[str, Bounds]


@dataclass(frozen=True, slots=True)
class Computed:
    """How an obligation stands by the earliest moments, and whether the latest say the same."""

    current: Current
    certain: bool


def moment_of(bounds: Bounds, side: Side) -> int:
    """Return the first or the last second at which something of that date may have happened or begun."""
    return (
        bounds.start_earliest if side == "earliest" else max(bounds.start_latest - 1, bounds.start_earliest)
    )


def bounds_of(document: Document) -> Bounds | None:
    """Return the bounds of an event's date; `None` of one that is undated."""
    text = document["occurred"]
    return None if text is None else parse_occurred(text, document["timezone"]).bounds


def happened_by(document: Document, dates: Dates, at: int) -> Document:
    """Return an obligation's document without what had not happened at a moment, or is not to be counted.

    It has the same status then; what lies ahead never counts, however sure it is.
    """
    terms = [
        term
        for term in document["terms"]
        if (moment := _moment_of_term(term, document["timezone"], dates, "earliest")) is not None
        and moment <= at
    ]
    happened = {event for event, bounds in dates.items() if moment_of(bounds, "earliest") <= at}
    return {
        **document,
        "terms": terms,
        **{
            part: [one for one in document[part] if one["event"] in happened]
            for part in ("responses", "findings")
        },
    }


def compute_status(document: Document, dates: Dates, at: int) -> Computed | None:
    """Return how an obligation stands at a moment; `None` while its order is not made, or not known.

    `dates` are those of the events that the reader may count.
    """
    return _compute(obligation_of(document, dates, "earliest"), obligation_of(document, dates, "latest"), at)


def _compute(earliest: Obligation | None, latest: Obligation | None, at: int) -> Computed | None:
    current = None if earliest is None else obligation_status(earliest, at)
    if current is None:
        return None
    other = None if latest is None else obligation_status(latest, at)
    return Computed(current, certain=other is not None and other.status is current.status)


def due_now(computed: Computed) -> str | None:
    """Return the date by which the occurrence is due that the status is of; `None` where nothing is."""
    current = computed.current
    if current.due is None or current.due_at is None:
        return None
    return current.due.occurrence(current.due_at)


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which an obligation reads the same: from `since` on, and before `until`."""

    since: int
    until: int
    # As it had come to be.
    document: Document
    computed: Computed


def spans(document: Document, dates: Dates) -> list[Span]:
    """Return how an obligation reads at every moment since it was made, in order and without a gap."""
    earliest, latest = (obligation_of(document, dates, side) for side in ("earliest", "latest"))
    if earliest is None or latest is None:
        return []
    found: list[Span] = []
    for moment in sorted(turning_points(earliest) | turning_points(latest)):
        computed = _compute(earliest, latest, moment)
        if computed is None:
            continue
        known = happened_by(document, dates, moment)
        if found and _reads(found[-1].document, found[-1].computed) == _reads(known, computed):
            continue
        if found:
            found[-1] = replace(found[-1], until=moment)
        found.append(Span(moment, OPEN_LATEST, known, computed))
    return found


def _reads(known: Document, computed: Computed) -> tuple[object, ...]:
    """Return what tells one reading of an obligation from another."""
    # What happened stays so: its number says which of it had.
    parts = (len(known[part]) for part in ("terms", "responses", "findings"))
    return computed.current.status, computed.certain, due_now(computed), *parts


def obligation_of(document: Document, dates: Dates, side: Side) -> Obligation | None:
    """Return the facts of an obligation; `None` where its order is not among the `dates`."""
    made = dates.get(document["order"])
    if made is None:
        return None

    def at(event: str) -> int:
        return moment_of(dates[event], side)

    return Obligation(
        made_at=moment_of(made, side),
        due=_due(document["due"], document),
        changes=tuple(
            TermChange(moment, term["effect"], _due(term["due"], document))
            for term in document["terms"]
            if (moment := _moment_of_term(term, document["timezone"], dates, side)) is not None
        ),
        answers=tuple(
            Answer(at(one["event"]), one["claims_compliance"] is True)
            for one in document["responses"]
            if one["event"] in dates
        ),
        judgements=tuple(
            Judgement(at(one["event"]), one["finding"])
            for one in document["findings"]
            if one["event"] in dates
        ),
    )


def _moment_of_term(term: Document, timezone: str, dates: Dates, side: Side) -> int | None:
    """Return when a term took effect: as it says, else when its event happened; `None` if not known."""
    event = term["event"]
    if event is not None and event not in dates:
        return None
    if term["occurred"] is not None:
        return moment_of(parse_occurred(term["occurred"], timezone).bounds, side)
    return None if event is None else moment_of(dates[event], side)


def _due(text: str | None, document: Document) -> Due | None:
    if text is None:
        return None
    timezone = document["timezone"]
    bounds = parse_occurred(text, timezone).bounds
    first = bounds.start_earliest if bounds.start_earliest > OPEN_EARLIEST else bounds.end_latest
    zone = zone_of(timezone)
    length = to_local(bounds.end_latest, zone) - to_local(first, zone)
    if document["recurrence"] is None:
        return Due(first, length, timezone, text=text)
    rule = parse_rule(document["recurrence"])
    try:
        check_first(rule, first, timezone)
    except RecurrenceError:
        # Another due moment was set on which the rule does not fall: it is that one only.
        return Due(first, length, timezone, text=text)
    return Due(first, length, timezone, rule, text)
