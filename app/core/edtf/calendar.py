"""Days and local midnights of any year, in the proleptic Gregorian calendar.

Years are astronomical, as in ISO 8601: 0000 is 1 BC, -0043 is 44 BC.
"""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = 86_400
# `datetime` holds the years 1 to 9999; a margin keeps offsets from leaving them.
FIRST_YEAR: Final = 2
LAST_YEAR: Final = 9_998
_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def days_in(year: int, month: int) -> int:
    """Return the number of days of a month."""
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and is_leap else _LENGTHS[month - 1]  # noqa: PLR2004 - February


def day_number(year: int, month: int, day: int) -> int:
    """Return the days since 1970-01-01; the day may lie past the end of the month."""
    # Years that begin in March put the leap day last, so that month lengths follow one formula.
    shifted = year - (month <= 2)  # noqa: PLR2004 - January and February
    before = shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400
    months = (153 * ((month + 9) % 12) + 2) // 5
    return before + months + day - 1 - 719_468


def civil(number: int) -> tuple[int, int, int]:
    """Return year, month and day of a day number; the inverse of `day_number`."""
    shifted = number + 719_468
    era, rest = divmod(shifted, 146_097)
    year = (rest - rest // 1_460 + rest // 36_524 - rest // 146_096) // 365
    of_year = rest - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    return era * 400 + year + (month >= 10), month + 3 if month < 10 else month - 9, day  # noqa: PLR2004


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone; `ValueError` when there is none of that name."""
    try:
        # They lie beside the zones: what the machine is set to, and clocks that count leap seconds.
        if name == "localtime" or name.startswith(("right/", "posix/")):
            raise ValueError(name)  # noqa: TRY301 - refused like any other wrong name
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone.") from error


def to_utc(seconds: int, zone: ZoneInfo) -> int:
    """Return the UTC seconds of local seconds since 1970-01-01T00:00 local time.

    A local time that occurs twice is the first of the two; one that is skipped is
    read with the offset before the change.  Outside the years 2 to 9998 the
    zone's offset at the near end of that range is used.
    """
    return seconds - _offset(_near(seconds, zone))


def to_local(seconds: int, zone: ZoneInfo) -> int:
    """Return what a zone's clocks show at UTC seconds, as seconds since 1970-01-01T00:00 local time."""
    return seconds + _offset(_near(seconds, UTC).astimezone(zone))


def _near(seconds: int, zone: tzinfo) -> datetime:
    """Return a moment given in a zone's own seconds, or the nearest one that `datetime` holds."""
    number, rest = divmod(seconds, DAY)
    year, month, day = civil(number)
    if year < FIRST_YEAR:
        return datetime(FIRST_YEAR, 1, 1, tzinfo=zone)
    if year > LAST_YEAR:
        return datetime(LAST_YEAR, 12, 31, tzinfo=zone)
    return datetime(year, month, day, rest // 3_600, rest % 3_600 // 60, rest % 60, tzinfo=zone)


def _offset(moment: datetime) -> int:
    offset = moment.utcoffset()
    return offset.days * DAY + offset.seconds if offset is not None else 0
