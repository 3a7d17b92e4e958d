"""The parts an expression is made of, as read; what they mean in seconds is the matter of `bounds`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal["moment", "span"]
Precision = Literal[
    "millennium", "century", "decade", "year", "season", "month", "day", "hour", "minute", "second"
]
Qualifier = Literal["approximate", "uncertain", "both"]

_FROM_COARSEST: Final[dict[Precision, int]] = {
    precision: rank for rank, precision in enumerate(get_args(Precision))
}


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day; `offset` is in seconds east of UTC, `None` for the local time of the date's zone."""

    hour: int
    minute: int
    second: int
    offset: int | None


@dataclass(frozen=True, slots=True)
class Date:
    """One date as written: all years from `year` to `last_year` where digits are unspecified.

    `some` says that the text speaks of one month or one day without saying
    which; `precision` is then that of what is known around it.
    """

    text: str
    precision: Precision
    qualifier: Qualifier | None
    year: int
    last_year: int
    month: int | None = None
    season: int | None = None
    day: int | None = None
    clock: Clock | None = None
    some: Literal["month", "day"] | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """Something that lasted from one date to another."""

    start: Date | Literal["open", "unknown"]
    end: Date | Literal["open", "unknown"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One member of a one-of set: a date (twice the same), or any moment between two; `None` is open."""

    low: Date | None
    high: Date | None


@dataclass(frozen=True, slots=True)
class OneOf:
    """One moment among several choices, not known which."""

    choices: tuple[Choice, ...]


Expression = Date | Interval | OneOf


def dates_in(expression: Expression) -> tuple[Date, ...]:
    """Return the dates that an expression names, in the order written."""
    match expression:
        case Date():
            return (expression,)
        case Interval(start, end):
            return tuple(each for each in (start, end) if isinstance(each, Date))
        case OneOf(choices):
            named = (each for choice in choices for each in (choice.low, choice.high))
            return tuple(each for each in named if each is not None)


def coarsest(dates: Iterable[Date]) -> Precision | None:
    """Return the coarsest precision among the dates, `None` if there are none."""
    return min((each.precision for each in dates), key=_FROM_COARSEST.__getitem__, default=None)


def joint_qualifier(dates: Iterable[Date]) -> Qualifier | None:
    """Return what the qualifiers say together: one approximate and one uncertain date make "both"."""
    said = {each.qualifier for each in dates} - {None}
    if len(said) > 1:
        return "both"
    return said.pop() if said else None
