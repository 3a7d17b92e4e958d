"""What a parsed date is made of."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from app.core.edtf.calendar import DAY, civil

OPEN_EARLIEST: Final = -(2**62)
OPEN_LATEST: Final = 2**62
MAX_LENGTH: Final = 200

Precision: TypeAlias = Literal[
    "millennium", "century", "decade", "year", "season", "month", "day", "hour", "minute", "second"
]
Qualifier: TypeAlias = Literal["approximate", "uncertain", "both"]
PRECISIONS: Final[tuple[Precision, ...]] = (
    "millennium", "century", "decade", "year", "season", "month", "day", "hour", "minute", "second",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bounds:
    """The moments a date allows, in seconds since 1970-01-01T00:00Z.

    Its start lies in `[start_earliest, start_latest]`, its end in
    `[end_earliest, end_latest]`; where there is no limit the bound is
    `OPEN_EARLIEST` or `OPEN_LATEST`.
    """

    start_earliest: int
    start_latest: int
    end_earliest: int
    end_latest: int

    @property
    def position(self) -> int:
        """Return what the date sorts by: its earliest moment, or where that is open its latest start."""
        return self.start_latest if self.start_earliest == OPEN_EARLIEST else self.start_earliest


# An event without a date: last in order, and in no window.
UNDATED: Final = Bounds(OPEN_LATEST, OPEN_LATEST, OPEN_LATEST, OPEN_LATEST)


@dataclass(frozen=True, slots=True)
class Element:
    """One date or instant of the text: the moments it covers, and what it was written as."""

    start: int
    end: int
    precision: Precision
    qualifier: Qualifier | None
    # Year, month or season, day, hour, minute, second, as far as they are written.
    fields: tuple[int, ...]


def instant_text(seconds: int) -> str:
    """Return RFC 3339 text in UTC; a year outside 0001-9999 has its sign and all its digits."""
    number, rest = divmod(seconds, DAY)
    year, month, day = civil(number)
    sign = "-" if year < 0 else "+" if year > 9_999 else ""  # noqa: PLR2004 - RFC 3339 has four digits
    clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
    return f"{sign}{abs(year):04}-{month:02}-{day:02}T{clock}Z"
