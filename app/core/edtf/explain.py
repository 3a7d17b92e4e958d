"""Why a text is no date, in a few words: how it looks is judged here, not whether the day exists."""

import re
from typing import Final

_UNKNOWN: Final = "this is not an EDTF date such as 2025-04-14, 2025-04 or 199X"

# The first that fits is said, so what is surely meant comes before what might be.
_REASONS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        (r"\A\Z", "a date is missing"),
        (r"T[0-9:]+ [0-9]{2}:[0-9]{2}\Z", "a blank stands before the offset; in an address a plus is %2B"),
        (r"[^\x20-\x7e]", "a date has plain digits, letters and signs only"),
        (r"\A[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:", "a T stands between the day and the time"),
        (r" ", "a date has no blanks"),
        (r"\A[Yy]-?[0-9]+[Ee]", "years with an exponent are not taken; write all the digits"),
        (r"[0-9][Ss][0-9]", "significant digits are not taken; write X for those that are not known"),
        (r"[{}]", "sets of several dates are not taken; record an event for each"),
        (r"[\[\]]", "brackets stand around the whole date, once"),
        (r"[()]", "parentheses are not taken"),
        (r"T[^T]*[?~%]", "an instant takes no ?, ~ or %"),
        (r"[?~%].", "one of ?, ~ and % stands at the end of a date; % means both others"),
        (r"T[^T]*[.,][0-9]", "an instant has whole seconds"),
        (r"\.\.", "two dots stand for an open end of a span, or between dates in a set [a..b]"),
        (r"\A\+", "a year has no plus sign"),
        (r"\AY-?[0-9]{13,}", "years run from -100000000000 to 100000000000"),
        (r"\AY-?[0-9]{0,4}[?~%]?\Z", "Y is for years of more than four digits"),
        (r"\AY-?0", "a year with the letter Y does not begin with 0"),
        (r"\A-?[0-9]{5,}", "a year has four digits (a longer one begins with Y), then hyphens"),
        (r"\A-?[0-9]{1,3}(?:[-?~%]|\Z)", "a year has four digits, as in 0476"),
        (r"\A(?=.*[xytz])[-0-9XYTZxytz:+]+\Z", "the letters of a date are capitals"),
        (r"\A-?XXXX", "a year that is not known at all gives no date"),
        (r"X", "X stands for the last digits, as in 199X, 19XX, 2004-XX, 2004-02-XX or 2004-XX-XX"),
        (r"\A-?[0-9]{4}(?:-[0-9]{2})?-[0-9](?:[^0-9]|\Z)", "months and days have two digits"),
        (r"T", "a time is written T11:45 or T11:45:30, then Z or an offset such as -04:00"),
    )
)


def why_not_a_date(text: str) -> str:
    """Return the reason that a text does not look like a date."""
    return next((reason for pattern, reason in _REASONS if pattern.search(text)), _UNKNOWN)
