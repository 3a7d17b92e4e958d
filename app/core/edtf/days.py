"""Days and seconds since 1970 for any year, in the proleptic Gregorian calendar.

`datetime.date` ends at the years 1 and 9999.  The calendar repeats every 400
years, so a year outside is moved inside by whole repetitions and back again.
"""

from calendar import monthrange
from datetime import date
from typing import Final

DAY: Final = 86_400

# Python's day 1 is 1 January of the year 1; this is its number for 1 January 1970.
ORDINAL_1970: Final = date(1970, 1, 1).toordinal()

_CYCLE_YEARS: Final = 400
_CYCLE_DAYS: Final = 146_097
_LAST_PLAIN_YEAR: Final = 9999


def _within_cycle(year: int) -> tuple[int, int]:
    cycles, rest = divmod(year - 1, _CYCLE_YEARS)
    return cycles, rest + 1


def days_in_month(year: int, month: int) -> int:
    """Return how many days the month has; February depends on the year."""
    return monthrange(_within_cycle(year)[1], month)[1]


def day_number(year: int, month: int, day: int) -> int:
    """Return the number of a day, 0 for 1 January 1970."""
    cycles, plain_year = _within_cycle(year)
    return date(plain_year, month, day).toordinal() - ORDINAL_1970 + cycles * _CYCLE_DAYS


def civil(number: int) -> tuple[int, int, int]:
    """Return year, month and day of a day number: the reverse of `day_number`."""
    cycles, rest = divmod(number + ORDINAL_1970 - 1, _CYCLE_DAYS)
    day = date.fromordinal(rest + 1)
    return day.year + cycles * _CYCLE_YEARS, day.month, day.day


def instant_text(seconds: int) -> str:
    """Return RFC 3339 text in UTC; years outside 0000-9999 carry a sign and all their digits."""
    number, second = divmod(seconds, DAY)
    year, month, day = civil(number)
    if year > _LAST_PLAIN_YEAR:
        year_text = f"+{year}"
    else:
        year_text = f"-{-year:04}" if year < 0 else f"{year:04}"
    hour, second = divmod(second, 3600)
    minute, second = divmod(second, 60)
    return f"{year_text}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
