"""What single texts mean: their bounds, their place in the order, their words."""

import pytest

from app.core.edtf import OPEN_EARLIEST, OPEN_LATEST, UNDATED, Bounds, instant_text, parse_occurred

NEW_YORK = "America/New_York"
HOUR = 3600


@pytest.mark.parametrize(
    ("text", "kind", "precision", "qualifier", "earliest", "latest", "display"),
    [
        ("2025-04", "moment", "month", None, "2025-04-01T04:00:00Z", "2025-05-01T04:00:00Z", "April 2025"),
        (
            "2025-04-14",
            "moment",
            "day",
            None,
            "2025-04-14T04:00:00Z",
            "2025-04-15T04:00:00Z",
            "14 April 2025",
        ),
        ("2025", "moment", "year", None, "2025-01-01T05:00:00Z", "2026-01-01T05:00:00Z", "2025"),
        (
            "2025~",
            "moment",
            "year",
            "approximate",
            "2025-01-01T05:00:00Z",
            "2026-01-01T05:00:00Z",
            "about 2025",
        ),
        (
            "2025?",
            "moment",
            "year",
            "uncertain",
            "2025-01-01T05:00:00Z",
            "2026-01-01T05:00:00Z",
            "2025 (uncertain)",
        ),
        (
            "2025-04%",
            "moment",
            "month",
            "both",
            "2025-04-01T04:00:00Z",
            "2025-05-01T04:00:00Z",
            "about April 2025 (uncertain)",
        ),
        ("2021-21", "moment", "season", None, "2021-03-01T05:00:00Z", "2021-06-01T04:00:00Z", "spring 2021"),
        ("2021-24", "moment", "season", None, "2021-12-01T05:00:00Z", "2022-03-01T05:00:00Z", "winter 2021"),
        (
            "[2025-03-15..2025-04-14]",
            "moment",
            "day",
            None,
            "2025-03-15T04:00:00Z",
            "2025-04-15T04:00:00Z",
            "between 15 March 2025 and 14 April 2025",
        ),
        (
            "2025-03-15/2025-04-10",
            "span",
            "day",
            None,
            "2025-03-15T04:00:00Z",
            "2025-04-11T04:00:00Z",
            "15 March 2025 to 10 April 2025",
        ),
        ("[..2025-03-14]", "moment", "day", None, None, "2025-03-15T04:00:00Z", "by 14 March 2025"),
        ("[2025-03-14..]", "moment", "day", None, "2025-03-14T04:00:00Z", None, "14 March 2025 or later"),
        ("../2025-04-14", "span", "day", None, None, "2025-04-15T04:00:00Z", "until 14 April 2025"),
        ("2025/..", "span", "year", None, "2025-01-01T05:00:00Z", None, "from 2025"),
        ("2025/", "span", "year", None, "2025-01-01T05:00:00Z", None, "from 2025, end unknown"),
        ("/2025", "span", "year", None, None, "2026-01-01T05:00:00Z", "until 2025, start unknown"),
        ("../..", "span", None, None, None, None, "at all times"),
        ("../", "span", None, None, None, None, "end unknown"),
        ("/..", "span", None, None, None, None, "start unknown"),
        (
            "2025~/2026-05?",
            "span",
            "year",
            "both",
            "2025-01-01T05:00:00Z",
            "2026-06-01T04:00:00Z",
            "about 2025 to May 2026 (uncertain)",
        ),
        (
            "2025-04-14T11:45",
            "moment",
            "minute",
            None,
            "2025-04-14T15:45:00Z",
            "2025-04-14T15:46:00Z",
            "14 April 2025, 11:45",
        ),
        (
            "2025-04-14T11:45:30-04:00",
            "moment",
            "second",
            None,
            "2025-04-14T15:45:30Z",
            "2025-04-14T15:45:31Z",
            "14 April 2025, 11:45:30",
        ),
        (
            "2025-04-14T11",
            "moment",
            "hour",
            None,
            "2025-04-14T15:00:00Z",
            "2025-04-14T16:00:00Z",
            "14 April 2025, in the hour from 11:00",
        ),
    ],
)
def test_a_date_in_new_york_has_bounds_and_words(
    text: str,
    kind: str,
    precision: str | None,
    qualifier: str | None,
    earliest: str | None,
    latest: str | None,
    display: str,
) -> None:
    occurred = parse_occurred(text, NEW_YORK)

    assert (occurred.edtf, occurred.timezone, occurred.kind) == (text, NEW_YORK, kind)
    assert (occurred.precision, occurred.qualifier) == (precision, qualifier)
    assert (occurred.earliest, occurred.latest) == (earliest, latest)
    assert occurred.display == display


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest", "display"),
    [
        ("179X", "decade", "1790-01-01T00:00:00Z", "1800-01-01T00:00:00Z", "1790s"),
        ("17XX", "century", "1700-01-01T00:00:00Z", "1800-01-01T00:00:00Z", "18th century"),
        ("20XX", "century", "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "21st century"),
        ("1XXX", "millennium", "1000-01-01T00:00:00Z", "2000-01-01T00:00:00Z", "2nd millennium"),
        ("000X", "decade", "0000-01-01T00:00:00Z", "0010-01-01T00:00:00Z", "between 1 BC and AD 9"),
        ("-019X", "decade", "-0199-01-01T00:00:00Z", "-0189-01-01T00:00:00Z", "between 200 BC and 191 BC"),
        ("-01XX", "century", "-0199-01-01T00:00:00Z", "-0099-01-01T00:00:00Z", "between 200 BC and 101 BC"),
        ("-00XX", "century", "-0099-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "between 100 BC and 1 BC"),
        ("009X", "decade", "0090-01-01T00:00:00Z", "0100-01-01T00:00:00Z", "AD 90s"),
        ("0079-08-24", "day", "0079-08-24T00:00:00Z", "0079-08-25T00:00:00Z", "24 August AD 79"),
        ("0000", "year", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1 BC"),
        ("-0043", "year", "-0043-01-01T00:00:00Z", "-0042-01-01T00:00:00Z", "44 BC"),
        ("-0043-03-15", "day", "-0043-03-15T00:00:00Z", "-0043-03-16T00:00:00Z", "15 March 44 BC"),
        ("Y-17000", "year", "-17000-01-01T00:00:00Z", "-16999-01-01T00:00:00Z", "17001 BC"),
        ("9999", "year", "9999-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "9999"),
        ("Y12345", "year", "+12345-01-01T00:00:00Z", "+12346-01-01T00:00:00Z", "12345"),
        (
            "Y100000000000",
            "year",
            "+100000000000-01-01T00:00:00Z",
            "+100000000001-01-01T00:00:00Z",
            "100000000000",
        ),
        ("2004-XX", "year", "2004-01-01T00:00:00Z", "2005-01-01T00:00:00Z", "2004"),
        ("2004-XX-XX", "year", "2004-01-01T00:00:00Z", "2005-01-01T00:00:00Z", "2004"),
        ("2004-02-XX", "month", "2004-02-01T00:00:00Z", "2004-03-01T00:00:00Z", "February 2004"),
        ("2000-02-29", "day", "2000-02-29T00:00:00Z", "2000-03-01T00:00:00Z", "29 February 2000"),
        (
            "[1667,1668,1670..1672]",
            "year",
            "1667-01-01T00:00:00Z",
            "1673-01-01T00:00:00Z",
            "1667 or 1668 or between 1670 and 1672",
        ),
        (
            "[1667-03,1760]",
            "year",
            "1667-03-01T00:00:00Z",
            "1761-01-01T00:00:00Z",
            "March 1667 or 1760",
        ),
    ],
)
def test_a_date_of_any_year_has_bounds_and_words(
    text: str, precision: str, earliest: str, latest: str, display: str
) -> None:
    occurred = parse_occurred(text, "UTC")

    assert (occurred.precision, occurred.display) == (precision, display)
    assert (occurred.earliest, occurred.latest) == (earliest, latest)


def test_a_span_lets_each_end_narrow_the_other() -> None:
    assert parse_occurred("1970-01-02/1970", "UTC").bounds == Bounds(86_400, 172_800, 86_400, 31_536_000)
    assert parse_occurred("1970/1970-01-02", "UTC").bounds == Bounds(0, 172_800, 86_400, 172_800)
    assert parse_occurred("../1970", "UTC").bounds == Bounds(OPEN_EARLIEST, 31_536_000, 0, 31_536_000)
    assert parse_occurred("1970/..", "UTC").bounds == Bounds(0, 31_536_000, 0, OPEN_LATEST)
    assert parse_occurred("1970/", "UTC").bounds == parse_occurred("1970/..", "UTC").bounds


def test_a_range_of_choices_is_one_moment_and_an_interval_lasted() -> None:
    assert parse_occurred("[1970..1971]", "UTC").bounds == Bounds(0, 63_072_000, 0, 63_072_000)
    assert parse_occurred("1970/1971", "UTC").bounds == Bounds(0, 31_536_000, 31_536_000, 63_072_000)


def test_a_date_open_before_a_day_stands_just_before_the_next_day() -> None:
    texts = ["2025-03-15", "[..2025-03-14]", "../..", "2025-03-14", "2025-03-14T23:59"]

    def order(text: str) -> tuple[int, int]:
        bounds = parse_occurred(text, NEW_YORK).bounds
        return bounds.position, bounds.start_latest

    assert sorted(texts, key=order) == [
        "2025-03-14",
        "2025-03-14T23:59",
        "[..2025-03-14]",
        "2025-03-15",
        "../..",
    ]


def test_a_date_open_at_both_ends_stands_with_the_undated() -> None:
    assert parse_occurred("../..", "UTC").bounds.position == UNDATED.position == OPEN_LATEST


def test_times_within_a_day_sort_across_zones() -> None:
    ordered = parse_occurred("2025-04-14T18:45-04:00", NEW_YORK)
    landed = parse_occurred("2025-04-14T17:50", "America/Tegucigalpa")

    assert landed.earliest == "2025-04-14T23:50:00Z"
    assert ordered.bounds.position < landed.bounds.position


@pytest.mark.parametrize(
    ("text", "timezone", "display"),
    [
        ("2025-04-14T15:45Z", NEW_YORK, "14 April 2025, 11:45"),
        ("2025-04-15T01:30:20Z", NEW_YORK, "14 April 2025, 21:30:20"),
        ("2025-04-14T19:50-04:00", "America/Tegucigalpa", "14 April 2025, 17:50"),
        ("2025-04-14T11Z", "Asia/Kolkata", "14 April 2025, in the hour from 16:30"),
        ("0000-01-01T00:00Z", NEW_YORK, "31 December 2 BC, 19:03"),
        ("2025-03-09T02:30", NEW_YORK, "9 March 2025, 03:30"),
    ],
)
def test_an_instant_is_told_by_the_clocks_of_its_zone(text: str, timezone: str, display: str) -> None:
    assert parse_occurred(text, timezone).display == display


def test_a_set_is_the_same_text_with_and_without_blanks_after_its_commas() -> None:
    assert parse_occurred("[1667, 1668, 1670..1672]", "UTC").edtf == "[1667,1668,1670..1672]"


def test_days_are_as_long_as_the_clocks_make_them() -> None:
    def hours(text: str, timezone: str) -> float:
        bounds = parse_occurred(text, timezone).bounds
        return (bounds.end_latest - bounds.start_earliest) / HOUR

    assert hours("2025-03-09", NEW_YORK) == 23
    assert hours("2025-11-02", NEW_YORK) == 25
    assert hours("2025-04-06", "Australia/Lord_Howe") == 24.5
    # Clocks go from 24:00 to 01:00 there, so that the day has no midnight.
    assert parse_occurred("2018-11-04", "America/Sao_Paulo").earliest == "2018-11-04T03:00:00Z"


def test_a_day_that_a_zone_skipped_is_empty_and_its_neighbours_meet() -> None:
    before, skipped, after = (
        parse_occurred(text, "Pacific/Apia") for text in ("2011-12-29", "2011-12-30", "2011-12-31")
    )

    assert before.latest == skipped.earliest == skipped.latest == after.earliest == "2011-12-30T10:00:00Z"


def test_a_local_time_shown_twice_is_the_first_and_a_skipped_one_keeps_the_old_offset() -> None:
    assert parse_occurred("2025-11-02T01:30", NEW_YORK).earliest == "2025-11-02T05:30:00Z"
    assert parse_occurred("2025-03-09T02:30", NEW_YORK).earliest == "2025-03-09T07:30:00Z"


@pytest.mark.parametrize("timezone", ["Australia/Lord_Howe", "Pacific/Apia", NEW_YORK, "America/Sao_Paulo"])
@pytest.mark.parametrize(("year", "next_year"), [("0001", "0002"), ("0000", "0001"), ("9998", "9999")])
def test_years_meet_where_the_library_of_zones_ends(timezone: str, year: str, next_year: str) -> None:
    assert parse_occurred(year, timezone).latest == parse_occurred(next_year, timezone).earliest


def test_moments_are_written_in_utc_with_as_many_digits_as_the_year_needs() -> None:
    assert instant_text(0) == "1970-01-01T00:00:00Z"
    assert instant_text(-1) == "1969-12-31T23:59:59Z"
    assert instant_text(253_402_300_800) == "+10000-01-01T00:00:00Z"
    assert instant_text(-62_167_219_201) == "-0001-12-31T23:59:59Z"
