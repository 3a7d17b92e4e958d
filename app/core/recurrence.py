"""Rules by which something is due again and again (RFC 5545, section 3.3.10).

Of the rules it takes what courts order: every so many days, weeks, months or
years, on these weekdays, days and months, so many times or until a day.  The
hour is that of the first occurrence, as clocks show it where it is due, so
that 5 p.m. stays 5 p.m. when summer time ends.

What a rule costs is bounded whatever it says: nothing recurs more often than
daily, days of the month are looked for month by month, the first occurrence
must fulfil the rule (so that none is looked for in vain), and only the first
`MAX_OCCURRENCES` count.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from dateutil import rrule

from app.core.edtf.calendar import days_in, to_local, to_utc, zone_of

MAX_LENGTH: Final = 200
MAX_OCCURRENCES: Final = 10_000
MAX_INTERVAL: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - what clocks show, in whichever zone
_FREQUENCIES: Final = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
    "YEARLY": rrule.YEARLY,
}
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS: Final = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "WKST")
_WEEKDAY = re.compile(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")


class RecurrenceError(ValueError):
    """The text is no rule that can be followed; the message says in one sentence why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule; a part that is not given is empty, or `None`."""

    frequency: str
    interval: int = 1
    count: int | None = None
    # As written: a day, or a moment that is local unless it ends in `Z`.
    until: str | None = None
    # `(ordinal or 0, weekday)`, Monday being 0.
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    week_start: int = 0


def parse_rule(text: str) -> Rule:
    """Return the rule that `text` says, such as `FREQ=DAILY` or `FREQ=WEEKLY;BYDAY=MO,FR;COUNT=10`.

    Raises `RecurrenceError`, also for parts of RFC 5545 that are not taken.
    """
    if len(text) > MAX_LENGTH:
        raise RecurrenceError(f"A rule has {MAX_LENGTH} characters at the most.")
    given: dict[str, str] = {}
    for part in text.removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise RecurrenceError(f"{part!r}: a rule is made of parts such as FREQ=DAILY, joined by `;`.")
        if name not in _PARTS:
            raise RecurrenceError(f"{name!r} is not taken; a rule may have {', '.join(_PARTS)}.")
        if name in given:
            raise RecurrenceError(f"{name} stands twice.")
        given[name] = value
    frequency = given.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise RecurrenceError(
            f"FREQ is one of {', '.join(_FREQUENCIES)}: nothing is due more often than daily."
        )
    if "COUNT" in given and "UNTIL" in given:
        raise RecurrenceError("A rule ends by COUNT or by UNTIL, not by both.")
    rule = Rule(
        frequency,
        interval=_number("INTERVAL", given.get("INTERVAL", "1"), 1, MAX_INTERVAL),
        count=_number("COUNT", given["COUNT"], 1, MAX_OCCURRENCES) if "COUNT" in given else None,
        until=given.get("UNTIL"),
        weekdays=tuple(_weekday(one, frequency) for one in _split(given, "BYDAY")),
        month_days=tuple(_month_day(one) for one in _split(given, "BYMONTHDAY")),
        months=tuple(_number("BYMONTH", one, 1, 12) for one in _split(given, "BYMONTH")),
        week_start=_week_start(given.get("WKST", "MO")),
    )
    if rule.month_days and frequency in {"DAILY", "WEEKLY"}:
        # Of days, too, RFC 5545 would allow it, and looking for them day by day would cost a second.
        raise RecurrenceError(f"BYMONTHDAY goes with MONTHLY and YEARLY, not with {frequency}.")
    if rule.until is not None:
        _last(rule.until, "UTC")
    return rule


def check_first(rule: Rule, first: int, timezone: str) -> None:
    """Raise `RecurrenceError` unless `first`, in seconds since 1970, is an occurrence of the rule.

    By RFC 5545 the first occurrence is one; where it is not, what follows is undefined.
    """
    start = _clock(first, timezone)
    weekday, length = start.weekday(), days_in(start.year, start.month)
    is_one = (
        (not rule.months or start.month in rule.months)
        and (not rule.month_days or {start.day, start.day - length - 1} & {*rule.month_days})
        and (not rule.weekdays or any(_is_weekday(start, one, rule) for one in rule.weekdays))
    )
    if not is_one:
        day = f"{start:%Y-%m-%d}, a {_WEEKDAYS[weekday]}"
        raise RecurrenceError(f"The rule does not fall on the day that is first due: {day}.")
    if rule.until is not None and (start - _EPOCH).total_seconds() > _last(rule.until, timezone):
        raise RecurrenceError("UNTIL lies before the day that is first due.")


def occurrences(rule: Rule, first: int, timezone: str, *, since: int, until: int) -> Iterator[int]:
    """Yield the moments in `[since, until)` that the rule falls on, in order, from `first` on.

    All are seconds since 1970 in UTC; `timezone` (an IANA name) is where the hours are
    read.  `first` must be an occurrence, which `check_first` says.  Counted from
    `first`, only `MAX_OCCURRENCES` are looked at.
    """
    last = None if rule.until is None else _last(rule.until, timezone)
    zone = zone_of(timezone)
    weekdays = [rrule.weekday(day, n) if n else rrule.weekday(day) for n, day in rule.weekdays]
    every = rrule.rrule(
        _FREQUENCIES[rule.frequency],
        dtstart=_clock(first, timezone),
        interval=rule.interval,
        wkst=rule.week_start,
        bymonth=rule.months or None,
        bymonthday=rule.month_days or None,
        byweekday=weekdays or None,
    )
    for at in islice(every, rule.count or MAX_OCCURRENCES):
        local = (at - _EPOCH) // timedelta(seconds=1)
        moment = to_utc(local, zone)
        if moment >= until or (last is not None and local > last):
            return
        if moment >= since:
            yield moment


def _clock(moment: int, timezone: str) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=to_local(moment, zone_of(timezone)))
    except OverflowError:
        raise RecurrenceError("What recurs is due in the years 1 to 9999.") from None


def _last(until: str, timezone: str) -> int:
    """Return the last second of a rule's UNTIL, as clocks in the time zone show it."""
    match = _UNTIL.fullmatch(until)
    try:
        if match is None:
            raise ValueError(until)  # noqa: TRY301 - refused like a day that there is not
        at = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007 - a clock
    except ValueError:
        message = f"UNTIL={until}: it is a day such as 20250430, or a moment such as 20250430T210000Z."
        raise RecurrenceError(message) from None
    seconds = (at - _EPOCH) // timedelta(seconds=1)
    return to_local(seconds, zone_of(timezone)) if match[3] else seconds


def _is_weekday(start: datetime, wanted: tuple[int, int], rule: Rule) -> bool:
    ordinal, weekday = wanted
    if start.weekday() != weekday:
        return False
    if not ordinal:
        return True
    if rule.frequency == "MONTHLY" or rule.months:
        day, length = start.day, days_in(start.year, start.month)
    else:
        day, length = start.timetuple().tm_yday, datetime(start.year, 12, 31).timetuple().tm_yday  # noqa: DTZ001
    return ordinal in {(day - 1) // 7 + 1, -((length - day) // 7 + 1)}


def _split(given: dict[str, str], name: str) -> list[str]:
    return given[name].split(",") if name in given else []


def _number(name: str, text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise RecurrenceError(f"{name}={text}: it is a number from {low} to {high}.")
    return int(text)


def _month_day(text: str) -> int:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
    return int(sign + str(_number("BYMONTHDAY", digits, 1, 31)))


def _weekday(text: str, frequency: str) -> tuple[int, int]:
    match = _WEEKDAY.fullmatch(text)
    if match is None:
        raise RecurrenceError(
            f"BYDAY={text}: it is a weekday such as MO, or one of them such as 1MO or -1FR."
        )
    if match[1] and frequency not in {"MONTHLY", "YEARLY"}:
        raise RecurrenceError(f"BYDAY={text}: only months and years have a first or a last {match[2]}.")
    return int(match[1] or 0), _WEEKDAYS.index(match[2])


def _week_start(text: str) -> int:
    if text not in _WEEKDAYS:
        raise RecurrenceError(f"WKST={text}: it is one of {', '.join(_WEEKDAYS)}.")
    return _WEEKDAYS.index(text)
