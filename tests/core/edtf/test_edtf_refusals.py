"""What is said of a text that is no date, and what a question's two sides come to."""

import time

import pytest

from app.core.edtf import MAX_LENGTH, EdtfError, WindowError, parse_occurred, parse_window

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1900-02-29", "'1900-02-29': February 1900 has 28 days."),
        ("2025-04-00", "'2025-04-00': April 2025 has 30 days."),
        ("2005/2004", "'2005/2004': the span ends before it begins."),
        ("[2005..2004]", "'[2005..2004]': the range ends before it begins."),
        ("2025-13", "'2025-13': months run from 01 to 12, seasons from 21 to 24."),
        ("2025-00-01", "'2025-00-01': months run from 01 to 12, seasons from 21 to 24."),
        ("2025-21-01", "'2025-21-01': a season has no days."),
        ("2025-XX-01", "'2025-XX-01': a day needs its month."),
        ("", "An empty text is no date."),
        ("/", "A span needs a date on one side of its `/`."),
        ("2001/2002/2003", "'2001/2002/2003': a span has one `/`."),
        ("[2001", "'[2001': a set begins with `[` and ends with `]`."),
        ("[..]", "'[..]': `..` needs a date on one side."),
        ("-0000", "'-0000': there is no year -0000; 0000 is 1 BC."),
        (
            "Y100000000001",
            "'Y100000000001': years run from -100000000000 to 100000000000.",
        ),
        ("Y-17000-01", "'Y-17000-01': a year with the letter Y stands alone."),
        ("156X-12", "'156X-12': such a year has four places and stands alone, for example 199X."),
        ("2025-04-14T24:00Z", "'2025-04-14T24:00Z': hours run to 23, minutes and seconds to 59."),
        ("2025-04-14T11:45:60Z", "'2025-04-14T11:45:60Z': hours run to 23, minutes and seconds to 59."),
        ("2025-04-14T11:45+24:00", "'2025-04-14T11:45+24:00': an offset runs to 23:59."),
        ("2025-4-1", "'2025-4-1': months and days have two digits."),
        ("2025-04-1", "'2025-04-1': months and days have two digits."),
        ("[2004,..2005]", "'[2004,..2005]': only the two ends of a set may be open."),
        ("[2004..,2005]", "'[2004..,2005]': only the two ends of a set may be open."),
        ("[2004,]", "'': a date is missing."),
        ("   ", "'   ': a date has no blanks."),
        ("[ 2004]", "' 2004': a date has no blanks."),
        ("2025-04-14 11:45", "'2025-04-14 11:45': a T stands between the day and the time."),
        (
            "2025-04-14T11:45 02:00",
            "'2025-04-14T11:45 02:00': a blank stands before the offset; in an address a plus is %2B.",
        ),
        ("Y17E7", "'Y17E7': years with an exponent are not taken; write all the digits."),
        ("1950S2", "'1950S2': significant digits are not taken; write X for those that are not known."),
        ("{1960}", "'{1960}': sets of several dates are not taken; record an event for each."),
        ("[[2025]]", "'[2025]': brackets stand around the whole date, once."),
        ("(2025)-06", "'(2025)-06': parentheses are not taken."),
        ("2025-04-14T11:45~", "'2025-04-14T11:45~': an instant takes no ?, ~ or %."),
        ("2004?-06", "'2004?-06': one of ?, ~ and % stands at the end of a date; % means both others."),
        ("2025-04-14T11:45:30.5Z", "'2025-04-14T11:45:30.5Z': an instant has whole seconds."),
        (
            "2001..2002",
            "'2001..2002': two dots stand for an open end of a span, or between dates in a set [a..b].",
        ),
        ("+2025", "'+2025': a year has no plus sign."),
        ("Y1234567890123", "'Y1234567890123': years run from -100000000000 to 100000000000."),
        ("Y2000", "'Y2000': Y is for years of more than four digits."),
        ("Y017000", "'Y017000': a year with the letter Y does not begin with 0."),
        ("20250414", "'20250414': a year has four digits (a longer one begins with Y), then hyphens."),
        ("25", "'25': a year has four digits, as in 0476."),
        ("199x", "'199x': the letters of a date are capitals."),
        ("XXXX", "'XXXX': a year that is not known at all gives no date."),
        (
            "2X25",
            "'2X25': X stands for the last digits, as in 199X, 19XX, 2004-XX, 2004-02-XX or 2004-XX-XX.",
        ),
        (
            "2025-04-14T1:45",
            "'2025-04-14T1:45': a time is written T11:45 or T11:45:30, then Z or an offset such as -04:00.",
        ),
        ("today", "'today': this is not an EDTF date such as 2025-04-14, 2025-04 or 199X."),
        ("2025\N{NULL}", "'2025\\x00': a date has plain digits, letters and signs only."),
    ],
)
def test_a_wrong_date_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(EdtfError) as refused:
        parse_occurred(text, NEW_YORK)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    "text",
    [
        " ",
        " 2025",
        "2025 ",
        "2025\n",
        "\N{ARABIC-INDIC DIGIT TWO}025",
        "201",
        "20",
        "12025",
        "+2025",
        "04/14/2025",
        "Y17E7",
        "Y1985",
        "1950S2",
        "XXXX",
        "1X99",
        "2004?-06-11",
        "?2004",
        "2025-25",
        "{1960,1961}",
        "[]",
        "[[2025]]",
        "[2025,]",
        "2025..2026",
        "2025-04-14 11:45",
        "2025-04-14T11:45~",
        "2025-04-14T11:45:30.5Z",
        "2025-04-14t11:45z",
        "2025-04-14T",
        "today",
    ],
)
def test_what_is_no_date_here_is_refused(text: str) -> None:
    with pytest.raises(EdtfError):
        parse_occurred(text, NEW_YORK)


@pytest.mark.parametrize("text", ["[" * 10_240, "[" + "2025," * 39, "1" * 10_240, "/" * 200, "X" * 200])
def test_a_hostile_text_is_refused_at_once(text: str) -> None:
    started = time.perf_counter()
    for _ in range(100):
        with pytest.raises(EdtfError):
            parse_occurred(text, NEW_YORK)

    assert time.perf_counter() - started < 1


def test_a_text_may_have_two_hundred_characters() -> None:
    fits = f"[{'2025,' * 38}2025-04]"
    assert len(fits) == MAX_LENGTH - 1
    assert parse_occurred(fits.replace("-04", "-04?"), "UTC").precision == "year"

    with pytest.raises(EdtfError, match="A date has 200 characters at the most"):
        parse_occurred(f"[{'2025,' * 40}2025]", "UTC")


@pytest.mark.parametrize(
    "timezone", ["Mars/Phobos", "", "../../etc/passwd", "localtime", "right/UTC", "a\0", "x" * 500]
)
def test_an_unknown_zone_is_refused(timezone: str) -> None:
    with pytest.raises(EdtfError, match="is not an IANA time zone"):
        parse_occurred("2025", timezone)


def test_a_window_is_inclusive_at_the_precision_of_its_sides() -> None:
    window = parse_window("1970", "1970-02", "UTC")
    assert (window.start, window.end) == (0, 5_097_600)

    window = parse_window("1970-01-01T00:01Z", "1970-01-01T00:02:30+00:00", "UTC")
    assert (window.start, window.end) == (60, 151)

    window = parse_window("[1970,1971]", "1969/1970", "UTC")
    assert (window.start, window.end) == (0, 31_536_000)


def test_a_window_without_a_side_or_with_an_open_one_has_no_bound_there() -> None:
    for window in (parse_window(None, None, "UTC"), parse_window("../1970", "1970/..", "UTC")):
        assert (window.start, window.end) == (None, None)


@pytest.mark.parametrize(
    ("since", "until", "name", "message"),
    [
        ("1900-02-29", None, "since", "'1900-02-29': February 1900 has 28 days."),
        (None, "2025-13", "until", "'2025-13': months run from 01 to 12, seasons from 21 to 24."),
        ("2026", "2025", "until", "The window ends before it begins."),
        ("[" * 10_240, None, "since", "A date has 200 characters at the most."),
        (
            None,
            "2025-04-14T11:45",
            "until",
            "'2025-04-14T11:45': an instant needs its offset from UTC here, as in +00:00 or Z.",
        ),
    ],
)
def test_a_wrong_window_says_which_side_is_wrong(
    since: str | None, until: str | None, name: str, message: str
) -> None:
    with pytest.raises(WindowError) as refused:
        parse_window(since, until, NEW_YORK)

    assert (refused.value.name, str(refused.value)) == (name, message)
