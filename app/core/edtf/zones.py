"""Local days and times in seconds since 1970.

A day begins at the first moment its zone's clocks show it: where clocks jump
over midnight, at the jump; where midnight comes twice, at the first.  A day
that the clocks skipped altogether is refused (30 December 2011 in Apia), and
so is a local time they skipped.  A local time that came twice may be either,
so its bounds hold both: an offset in the text tells them apart.

Zones reach from the year 1 to 9999; before and after, the offset of the first
and of the last moment of that range stays (so old dates are in local mean time).
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from app.core.edtf.days import DAY, ORDINAL_1970
from app.core.edtf.errors import EdtfError

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,2}")
_LONGEST_NAME: Final = 64
# Files that lie beside the zones and are none: the machine's own choice, and clocks that count leap seconds.
_NO_ZONES: Final = ("localtime", "posixrules", "Factory", "posix/", "right/")
_SECOND: Final = timedelta(seconds=1)
_LAST_ORDINAL: Final = datetime.max.toordinal()


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone of that name; an unknown one raises `EdtfError`."""
    if len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) and not name.startswith(_NO_ZONES):
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, LookupError):
            # Which one it is depends on whether a folder or another file has that name.
            pass
    raise EdtfError(
        f"Unknown time zone {name[:_LONGEST_NAME]!a}: use an IANA name, for example 'America/New_York'."
    )


def _offset(zone: ZoneInfo, number: int, second: int, *, fold: int) -> int:
    """Return seconds east of UTC at a local time; `fold` 0 asks for the clocks before a change, 1 after."""
    ordinal = number + ORDINAL_1970
    if ordinal < 1:
        local = datetime.min
    elif ordinal > _LAST_ORDINAL:
        local = datetime.max
    else:
        local = datetime.fromordinal(ordinal) + second * _SECOND
    return (zone.utcoffset(local.replace(fold=fold)) or timedelta()) // _SECOND


def offset_at(zone: ZoneInfo, seconds: int) -> int:
    """Return seconds east of UTC at a moment."""
    # A day short of the ends, so that the local time is in range as well.
    ordinal = min(max(seconds // DAY + ORDINAL_1970, 2), _LAST_ORDINAL - 1)
    moment = datetime.fromordinal(ordinal).replace(tzinfo=UTC) + seconds % DAY * _SECOND
    return (moment.astimezone(zone).utcoffset() or timedelta()) // _SECOND


def midnight(zone: ZoneInfo, number: int) -> int:
    """Return the moment at which a day begins."""
    before = _offset(zone, number, 0, fold=0)
    after = _offset(zone, number, 0, fold=1)
    if before >= after:
        return number * DAY - before
    # The clocks jump over midnight (then, and only then, they are ahead afterwards): find the jump.
    earlier, jump = number * DAY - after, number * DAY - before
    while jump - earlier > 1:
        middle = (earlier + jump) // 2
        if offset_at(zone, middle) == before:
            earlier = middle
        else:
            jump = middle
    return jump


def local_reach(zone: ZoneInfo, number: int, second: int, length: int) -> tuple[int, int] | None:
    """Return the first moment of a stretch of local time, and the first after it; `None` if it was skipped."""
    before = _offset(zone, number, second, fold=0)
    if before < _offset(zone, number, second, fold=1):
        return None
    last = second + length - 1
    behind = min(_offset(zone, number, last, fold=0), _offset(zone, number, last, fold=1))
    start = number * DAY + second
    return start - before, start + length - behind
