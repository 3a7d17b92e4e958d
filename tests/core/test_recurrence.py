"""Rules of recurrence: what they mean, what is refused, and that none of them costs anything."""

import time
from datetime import datetime

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from app.core.edtf.calendar import to_utc, zone_of
from app.core.recurrence import (
    MAX_OCCURRENCES,
    RecurrenceError,
    check_first,
    occurrences,
    parse_rule,
)

NEW_YORK = "America/New_York"
FOR_EVER = 2**62


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def expand(rule: str, first: str, *, until: str, since: str | None = None, zone: str = NEW_YORK) -> list[str]:
    """Return the occurrences as clocks in the zone show them."""
    found = occurrences(
        parse_rule(rule),
        moment(first),
        zone,
        since=moment(since or first),
        until=moment(until),
    )
    return [datetime.fromtimestamp(one, zone_of(zone)).isoformat(timespec="minutes") for one in found]


def test_five_in_the_afternoon_stays_so_when_summer_time_ends() -> None:
    assert expand("FREQ=DAILY", "2025-11-01T17:00-04:00", until="2025-11-04T00:00-05:00") == [
        "2025-11-01T17:00-04:00",
        "2025-11-02T17:00-05:00",
        "2025-11-03T17:00-05:00",
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=2", ["2025-04-11", "2025-04-12"]),
        ("RRULE:FREQ=DAILY;INTERVAL=10;UNTIL=20250501", ["2025-04-11", "2025-04-21", "2025-05-01"]),
        ("FREQ=DAILY;UNTIL=20250412T210000Z", ["2025-04-11", "2025-04-12"]),
        ("FREQ=DAILY;UNTIL=20250412T205959Z", ["2025-04-11"]),
        ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=3", ["2025-04-11", "2025-04-14", "2025-04-18"]),
        ("FREQ=MONTHLY;BYDAY=2FR;COUNT=2", ["2025-04-11", "2025-05-09"]),
        ("FREQ=MONTHLY;BYMONTHDAY=11,-1;COUNT=3", ["2025-04-11", "2025-04-30", "2025-05-11"]),
        ("FREQ=YEARLY;COUNT=2", ["2025-04-11", "2026-04-11"]),
    ],
)
def test_a_rule_falls_on_its_days_and_on_no_other(rule: str, expected: list[str]) -> None:
    found = expand(rule, "2025-04-11T17:00-04:00", until="2027-01-01T00:00-05:00")

    assert [one[:10] for one in found] == expected


def test_the_ends_asked_for_are_those_of_a_half_open_window() -> None:
    assert expand(
        "FREQ=DAILY",
        "2025-04-11T17:00-04:00",
        since="2025-04-13T17:00-04:00",
        until="2025-04-14T17:00-04:00",
    ) == ["2025-04-13T17:00-04:00"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("", "made of parts"),
        ("FREQ=", "made of parts"),
        ("FREQ=SECONDLY", "more often than daily"),
        ("FREQ=HOURLY", "more often than daily"),
        ("freq=DAILY", "is not taken"),
        ("INTERVAL=2", "more often than daily"),
        ("FREQ=DAILY;FREQ=DAILY", "stands twice"),
        ("FREQ=DAILY;COUNT=1000000000", "from 1 to 10000"),
        ("FREQ=DAILY;COUNT=0", "from 1 to 10000"),
        ("FREQ=DAILY;INTERVAL=0", "from 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=-1", "from 1 to 1000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20250501", "not by both"),
        ("FREQ=DAILY;UNTIL=20250231", "it is a day"),
        ("FREQ=DAILY;UNTIL=tomorrow", "it is a day"),
        ("FREQ=DAILY;BYHOUR=9", "is not taken"),
        ("FREQ=DAILY;BYSETPOS=1", "is not taken"),
        ("FREQ=DAILY;BYDAY=1MO", "only months and years"),
        ("FREQ=WEEKLY;BYDAY=XX", "it is a weekday"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "goes with MONTHLY"),
        ("FREQ=DAILY;BYMONTHDAY=1", "goes with MONTHLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=--1", "from 1 to 31"),
        ("FREQ=YEARLY;BYMONTH=13", "from 1 to 12"),
        ("FREQ=WEEKLY;WKST=X", "it is one of"),
        ("FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 200), "200 characters"),
        ("FREQ=DAILY;COUNT=\u0663", "from 1 to 10000"),
    ],
)
def test_what_is_no_rule_is_refused_with_the_reason(rule: str, reason: str) -> None:
    with pytest.raises(RecurrenceError, match=reason):
        parse_rule(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=MO",
        "FREQ=MONTHLY;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=YEARLY;BYDAY=1FR",
        "FREQ=YEARLY;BYMONTH=5;BYDAY=2FR",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;UNTIL=20250410",
    ],
)
def test_a_rule_must_fall_on_what_is_first_due(rule: str) -> None:
    with pytest.raises(RecurrenceError):
        check_first(parse_rule(rule), moment("2025-04-11T17:00-04:00"), NEW_YORK)


FIRSTS = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
RULES = st.builds(
    lambda freq, *parts: ";".join([f"FREQ={freq}", *filter(None, parts)]),
    st.sampled_from(["DAILY", "MONTHLY", "YEARLY"]),
    st.sampled_from(["", "INTERVAL=2", "INTERVAL=7"]),
    st.sampled_from(["", "BYMONTH=2", "BYMONTH=4,5,6,7"]),
    st.sampled_from(["", "BYMONTHDAY=1,-1,15", "BYMONTHDAY=30"]),
    st.sampled_from(["", "BYDAY=MO,TU,WE,TH,FR"]),
)


@given(rule=RULES, first=FIRSTS)
def test_what_is_taken_for_a_first_occurrence_is_one(rule: str, first: datetime) -> None:
    seconds = to_utc(int((first - datetime(1970, 1, 1)).total_seconds()), zone_of("UTC"))  # noqa: DTZ001
    # Refused as a rule, or looked for until the year 9999 by the oracle.
    assume("BYMONTHDAY" not in rule or ("DAILY" not in rule and "BYMONTH=2" not in rule))
    falls_on = next(iter(rrulestr(rule, dtstart=first)), None)
    try:
        check_first(parse_rule(rule), seconds, "UTC")
    except RecurrenceError:
        assert falls_on != first
    else:
        assert falls_on == first


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;COUNT=10000",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TH",
        "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYDAY=TH",
        "FREQ=WEEKLY;INTERVAL=999;BYMONTH=2",
        "FREQ=MONTHLY;INTERVAL=1000;BYMONTHDAY=29",
        "FREQ=YEARLY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=DAILY;UNTIL=99991231",
    ],
)
def test_no_rule_costs_more_than_a_moment_however_far_one_asks(rule: str) -> None:
    begun = time.process_time()
    first = moment("2024-02-29T17:00-05:00")
    check_first(parse_rule(rule), first, NEW_YORK)
    found = list(occurrences(parse_rule(rule), first, NEW_YORK, since=first, until=FOR_EVER))

    assert 1 <= len(found) <= MAX_OCCURRENCES
    assert time.process_time() - begun < 2
