"""Why a text is no date, in one sentence.  Only the way it looks is judged here, not whether the day exists."""

import re
from typing import Final

MONTH_NAMES: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_UNKNOWN: Final = (
    "this is no EDTF date; write for example 2025, 2025-04, 2025-04-14 or 2025-04-14T11:45-04:00."
)

# The first that fits is said, so what is surely meant comes before what might be.
_REASONS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"\A\Z", "a date is missing."),
        (r"T[0-9:]+ [0-9]{2}:[0-9]{2}\Z", "a blank stands before the offset; in an address a plus is %2B."),
        (r"[^\x20-\x7e]", "a date has only plain digits, letters and signs."),
        (r"\A[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:", "write T between the day and the time."),
        (r" ", "a date has no blanks."),
        (r"\A[Yy]-?[0-9]+[Ee]", "years with an exponent are not taken; write all the digits."),
        (
            r"[0-9][Ss][0-9]",
            "significant digits (S) are not taken; write X for the digits that are not known.",
        ),
        (r"[{}]", "sets of several dates {...} are not taken; record an event for each."),
        (r"[\[\]]", "brackets stand around the whole expression, once."),
        (r"[()]", "parentheses are not taken."),
        (r"[?~%].", "? ~ or % stands once, at the end of a date (% means both)."),
        (r"T.*[.,][0-9]", "a moment has whole seconds."),
        (r"\.\.", "two dots stand for an open end of an interval, or in a one-of set [a..b]."),
        (r"\A\+", "a year has no plus sign."),
        (r"\AY-?0*[0-9]{0,4}[?~%]?\Z", "Y is for years of more than four digits."),
        (r"\AY-?0", "a year with Y does not begin with 0."),
        (r"\AY-?[0-9]+-", "a year with Y has neither month nor day."),
        (r"\A-?[0-9]{5,}", "a year has four digits (a longer one begins with Y), then hyphens."),
        (r"\A-?[0-9]{1,3}(?:[-?~%]|\Z)", "a year has four digits, for example 0476."),
        (r"\A[-0-9XYTZxytz:+?~%]*[xytz]", "X, Y, T and Z are written as capitals."),
        (
            r"\A-?[0-9]{4}-[0-9](?:[^0-9]|\Z)|\A-?[0-9]{4}-[0-9X]{2}-[0-9](?:[^0-9]|\Z)",
            "months and days have two digits.",
        ),
        (r"T", "a time is written T11:45 or T11:45:30, with Z or an offset such as -04:00 after it."),
    )
)


def why_not_a_date(text: str) -> str:
    """Return the reason that a text does not look like a date."""
    return next((reason for pattern, reason in _REASONS if pattern.search(text)), _UNKNOWN)
