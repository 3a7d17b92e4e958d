"""From EDTF text to bounds.

Library of Congress EDTF (2019) levels 0 and 1, of level 2 the one-of sets
`[..]`, and RFC 3339 instants to the minute or second.  Two things differ:
`[2025-03-15..2025-04-10]` is one moment, not known which; `2025-03-15/2025-04-10`
lasted.  Seasons are those of the northern hemisphere, by whole months; winter
begins in December of its year.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from app.core.edtf import words
from app.core.edtf.calendar import DAY, civil, day_number, days_in, to_local, to_utc, zone_of
from app.core.edtf.explain import why_not_a_date
from app.core.edtf.terms import (
    MAX_LENGTH,
    OPEN_EARLIEST,
    OPEN_LATEST,
    PRECISIONS,
    Bounds,
    Element,
    Precision,
    Qualifier,
    instant_text,
)

Kind: TypeAlias = Literal["moment", "span"]
MAX_YEAR: Final = 10**11
_QUALIFIERS: Final[dict[str, Qualifier]] = {"~": "approximate", "?": "uncertain", "%": "both"}
_DATE = re.compile(
    r"(?:(?P<year>-?[0-9]{4})|(?P<long>Y-?[1-9][0-9]{4,11})|(?P<part>-?[0-9]{1,3}X{1,3}))"
    r"(?:-(?P<month>[0-9]{2}|XX)(?:-(?P<day>[0-9]{2}|XX))?)?(?P<mark>[?~%])?"
)
_INSTANT = re.compile(
    r"(?P<year>-?[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"T(?P<hour>[0-9]{2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_UNKNOWN_PRECISIONS: Final[dict[int, Precision]] = {1: "decade", 2: "century", 3: "millennium"}


class EdtfError(ValueError):
    """The text is no date; the message says in one sentence what is wrong with it."""


class WindowError(EdtfError):
    """One end of a window is no date; `name` is `since` or `until`."""

    def __init__(self, name: Literal["since", "until"], message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Occurred:
    """A parsed date: its text, what the text allows, and words for it."""

    edtf: str
    timezone: str
    kind: Kind
    precision: Precision | None
    qualifier: Qualifier | None
    bounds: Bounds
    display: str

    @property
    def earliest(self) -> str | None:
        """Return the first moment allowed, in UTC; `None` when open."""
        start = self.bounds.start_earliest
        return None if start == OPEN_EARLIEST else instant_text(start)

    @property
    def latest(self) -> str | None:
        """Return the moment after the last one allowed, in UTC; `None` when open."""
        end = self.bounds.end_latest
        return None if end == OPEN_LATEST else instant_text(end)


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, end)` in seconds since 1970; `None` is no bound."""

    start: int | None
    end: int | None


def parse_occurred(text: str, timezone: str) -> Occurred:
    """Return the date that `text` says, its days being days of `timezone` (an IANA name).

    Raises `EdtfError`.  An instant without an offset is read in `timezone`.
    """
    # Checked before the cache, which would else keep what is too long.
    if len(text) > MAX_LENGTH:
        raise EdtfError(f"A date has {MAX_LENGTH} characters at the most.")
    return _parse(text, timezone, is_offset_needed=False)


def parse_window(since: str | None, until: str | None, timezone: str) -> Window:
    """Return the window from the start of `since` to the end of `until`.

    Raises `WindowError`; an instant needs its offset here.
    """
    start = end = None
    if since is not None:
        start = _bounds("since", since, timezone).start_earliest
    if until is not None:
        end = _bounds("until", until, timezone).end_latest
    start = None if start == OPEN_EARLIEST else start
    end = None if end == OPEN_LATEST else end
    if start is not None and end is not None and start >= end:
        raise WindowError("until", "The window ends before it begins.")
    return Window(start, end)


def _bounds(name: Literal["since", "until"], text: str, timezone: str) -> Bounds:
    if len(text) > MAX_LENGTH:
        raise WindowError(name, f"A date has {MAX_LENGTH} characters at the most.")
    try:
        return _parse(text, timezone, is_offset_needed=True).bounds
    except EdtfError as error:
        raise WindowError(name, str(error)) from None


@lru_cache(maxsize=8192)
def _parse(text: str, timezone: str, *, is_offset_needed: bool) -> Occurred:
    try:
        zone = zone_of(timezone)
    except ValueError as error:
        raise EdtfError(str(error)) from None
    reader = _Reader(zone, is_offset_needed=is_offset_needed)
    if not text:
        raise EdtfError("An empty text is no date.")
    if text.startswith("["):
        # Equal sets are kept as equal texts, with or without a blank after their commas.
        return _one_of(text.replace(", ", ","), timezone, reader)
    if "/" in text:
        return _span(text, timezone, reader)
    element = reader.read(text)
    bounds = Bounds(element.start, element.end, element.start, element.end)
    return Occurred(
        text, timezone, "moment", element.precision, element.qualifier, bounds, words.element_words(element)
    )


def _span(text: str, timezone: str, reader: "_Reader") -> Occurred:
    first, last, *more = text.split("/")
    if more:
        raise EdtfError(f"{text!r}: a span has one `/`.")
    if not first and not last:
        raise EdtfError("A span needs a date on one side of its `/`.")
    start = reader.read(first) if first not in {"", ".."} else first
    end = reader.read(last) if last not in {"", ".."} else last
    start_earliest, start_latest = (
        (start.start, start.end) if isinstance(start, Element) else (OPEN_EARLIEST, OPEN_LATEST)
    )
    end_earliest, end_latest = (
        (end.start, end.end) if isinstance(end, Element) else (OPEN_EARLIEST, OPEN_LATEST)
    )
    if start_earliest >= end_latest:
        raise EdtfError(f"{text!r}: the span ends before it begins.")
    bounds = Bounds(
        start_earliest, min(start_latest, end_latest), max(end_earliest, start_earliest), end_latest
    )
    ends = [one for one in (start, end) if isinstance(one, Element)]
    return Occurred(
        text, timezone, "span", _coarsest(ends), _qualifier(ends), bounds, words.span_words(start, end)
    )


def _one_of(text: str, timezone: str, reader: "_Reader") -> Occurred:
    if not text.endswith("]") or len(text) < len("[x]"):
        raise EdtfError(f"{text!r}: a set begins with `[` and ends with `]`.")
    members: list[tuple[Element | None, Element | None]] = []
    for member in text[1:-1].split(","):
        first, dots, last = member.partition("..")
        if not dots:
            one = reader.read(first)
            members.append((one, one))
            continue
        if not first and not last:
            raise EdtfError(f"{text!r}: `..` needs a date on one side.")
        low = reader.read(first) if first else None
        high = reader.read(last) if last else None
        if low is not None and high is not None and low.start >= high.end:
            raise EdtfError(f"{text!r}: the range ends before it begins.")
        members.append((low, high))
    if any(low is None for low, _ in members[1:]) or any(high is None for _, high in members[:-1]):
        raise EdtfError(f"{text!r}: only the two ends of a set may be open.")
    earliest = min(OPEN_EARLIEST if low is None else low.start for low, _ in members)
    latest = max(OPEN_LATEST if high is None else high.end for _, high in members)
    ends = [one for pair in members for one in pair if one is not None]
    bounds = Bounds(earliest, latest, earliest, latest)
    return Occurred(
        text, timezone, "moment", _coarsest(ends), _qualifier(ends), bounds, words.one_of_words(members)
    )


def _coarsest(elements: list[Element]) -> Precision | None:
    return min((one.precision for one in elements), key=PRECISIONS.index, default=None)


def _qualifier(elements: list[Element]) -> Qualifier | None:
    found = {one.qualifier for one in elements if one.qualifier}
    if not found:
        return None
    return found.pop() if len(found) == 1 else "both"


class _Reader:
    """Reads single dates and instants, in one time zone."""

    def __init__(self, zone: ZoneInfo, *, is_offset_needed: bool) -> None:
        self._zone = zone
        self._is_offset_needed = is_offset_needed

    def read(self, text: str) -> Element:
        if match := _DATE.fullmatch(text):
            return self._date(text, match)
        if match := _INSTANT.fullmatch(text):
            return self._instant(text, match)
        raise EdtfError(f"{text!r}: {why_not_a_date(text)}.")

    def _element(
        self,
        first: int,
        last: int,
        precision: Precision,
        fields: tuple[int, ...],
        mark: str | None,
    ) -> Element:
        """Return the element from the first day to the day after the last one."""
        return Element(
            to_utc(first * DAY, self._zone),
            to_utc(last * DAY, self._zone),
            precision,
            _QUALIFIERS[mark] if mark else None,
            fields,
        )

    def _date(self, text: str, match: re.Match[str]) -> Element:
        month, day, mark = match["month"], match["day"], match["mark"]
        if match["part"] is not None:
            return self._unspecified_year(text, match)
        year = _year(text, match["year"] or match["long"][1:])
        if match["long"] is not None and month is not None:
            raise EdtfError(f"{text!r}: a year with the letter Y stands alone.")
        if month == "XX" and day not in {None, "XX"}:
            raise EdtfError(f"{text!r}: a day needs its month.")
        if month in {None, "XX"}:
            return self._element(day_number(year, 1, 1), day_number(year + 1, 1, 1), "year", (year,), mark)
        number = int(month)
        if number in words.SEASONS:
            if day is not None:
                raise EdtfError(f"{text!r}: a season has no days.")
            start = (number - 20) * 3
            ends = (year, start + 3) if start + 3 <= 12 else (year + 1, start - 9)  # noqa: PLR2004
            return self._element(
                day_number(year, start, 1), day_number(*ends, 1), "season", (year, number), mark
            )
        _check_month(text, number)
        first = day_number(year, number, 1)
        if day in {None, "XX"}:
            return self._element(first, first + days_in(year, number), "month", (year, number), mark)
        _check_day(text, year, number, int(day))
        at = first + int(day) - 1
        return self._element(at, at + 1, "day", (year, number, int(day)), mark)

    def _unspecified_year(self, text: str, match: re.Match[str]) -> Element:
        part, mark = match["part"], match["mark"]
        digits = part.lstrip("-").rstrip("X")
        unknown = part.count("X")
        if len(digits) + unknown != 4 or match["month"] is not None:  # noqa: PLR2004 - digits of a year
            raise EdtfError(f"{text!r}: such a year has four places and stands alone, for example 199X.")
        size = 10**unknown
        low = int(digits) * size
        if part.startswith("-"):
            # -01XX holds -0199 to -0100.
            low, last = -(low + size - 1), -low
        else:
            last = low + size - 1
        return self._element(
            day_number(low, 1, 1),
            day_number(last + 1, 1, 1),
            _UNKNOWN_PRECISIONS[unknown],
            (low,),
            mark,
        )

    def _instant(self, text: str, match: re.Match[str]) -> Element:
        year, month, day = _year(text, match["year"]), int(match["month"]), int(match["day"])
        _check_month(text, month)
        _check_day(text, year, month, day)
        parts = [int(match[name]) for name in ("hour", "minute", "second") if match[name] is not None]
        hour, minute, second = (*parts, 0, 0)[:3]
        if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock
            raise EdtfError(f"{text!r}: hours run to 23, minutes and seconds to 59.")
        local = day_number(year, month, day) * DAY + hour * 3_600 + minute * 60 + second
        offset = match["offset"]
        if offset is None:
            if self._is_offset_needed:
                raise EdtfError(f"{text!r}: an instant needs its offset from UTC here, as in +00:00 or Z.")
            start = to_utc(local, self._zone)
        else:
            start = local - _offset_seconds(text, offset)
        length, precision = _CLOCK[len(parts)]
        # In words it is the time that clocks showed where it happened, wherever it was written.
        number, rest = divmod(to_local(start, self._zone), DAY)
        shown = (rest // 3_600, rest % 3_600 // 60, rest % 60)[: 3 if precision == "second" else 2]
        return Element(start, start + length, precision, None, (*civil(number), *shown))


_CLOCK: Final[dict[int, tuple[int, Precision]]] = {1: (3_600, "hour"), 2: (60, "minute"), 3: (1, "second")}


def _year(text: str, digits: str) -> int:
    year = int(digits)
    if digits == "-0000":
        raise EdtfError(f"{text!r}: there is no year -0000; 0000 is 1 BC.")
    if abs(year) > MAX_YEAR:
        raise EdtfError(f"{text!r}: years run from -{MAX_YEAR} to {MAX_YEAR}.")
    return year


def _check_month(text: str, month: int) -> None:
    if not 1 <= month <= 12:  # noqa: PLR2004 - months
        raise EdtfError(f"{text!r}: months run from 01 to 12, seasons from 21 to 24.")


def _check_day(text: str, year: int, month: int, day: int) -> None:
    length = days_in(year, month)
    if not 1 <= day <= length:
        raise EdtfError(f"{text!r}: {words.MONTHS[month - 1]} {words.year_words(year)} has {length} days.")


def _offset_seconds(text: str, offset: str) -> int:
    if offset == "Z":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - RFC 3339, section 5.6
        raise EdtfError(f"{text!r}: an offset runs to 23:59.")
    seconds = hours * 3_600 + minutes * 60
    return -seconds if offset.startswith("-") else seconds
