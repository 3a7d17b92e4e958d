"""The table of an obligation's status: every state, every way into it, and the laws of all of them."""

import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.edtf import parse_occurred
from app.core.recurrence import parse_rule
from app.records.status.obligations import (
    Answer,
    Due,
    Effect,
    Judgement,
    Obligation,
    ObligationStatus,
    TermChange,
    Verdict,
    obligation_status,
    turning_points,
)

DAY: Final = 86_400
AT_TEN: Final = Due(9, 1, "UTC")
AT_TWENTY: Final = Due(19, 1, "UTC")
# Due at the end of each day, from day 0 on.
DAILY: Final = Due(0, DAY, "UTC", parse_rule("FREQ=DAILY"))
THREE_DAYS: Final = Due(0, DAY, "UTC", parse_rule("FREQ=DAILY;COUNT=3"))

Told = TermChange | Answer | Judgement


def duty(due: Due | None, *told: Told) -> Obligation:
    return Obligation(
        0,
        due,
        changes=tuple(one for one in told if isinstance(one, TermChange)),
        answers=tuple(one for one in told if isinstance(one, Answer)),
        judgements=tuple(one for one in told if isinstance(one, Judgement)),
    )


def status(at: int, due: Due | None, *told: Told) -> str | None:
    current = obligation_status(duty(due, *told), at)
    return None if current is None else current.status


def change(at: int, effect: Effect, due: Due | None = None) -> TermChange:
    return TermChange(at, effect, due)


def found(at: int, verdict: Verdict = "noncompliant") -> Judgement:
    return Judgement(at, verdict)


ANSWERED = Answer(5, claims_compliance=False)
CLAIMED = Answer(5, claims_compliance=True)


ONCE: Final[list[tuple[int, Due | None, list[Told], str | None]]] = [
    # Not made yet; made; due; answered; claimed; late.
    (-1, None, [], None),
    (0, None, [], "pending"),
    (9**9, None, [], "pending"),
    (9, AT_TEN, [], "pending"),
    (10, AT_TEN, [], "overdue"),
    (9**9, AT_TEN, [], "overdue"),
    (4, AT_TEN, [CLAIMED], "pending"),
    (5, AT_TEN, [ANSWERED], "answered"),
    (5, None, [ANSWERED], "answered"),
    (5, AT_TEN, [CLAIMED], "asserted_complied"),
    (5, None, [CLAIMED], "asserted_complied"),
    (30, AT_TEN, [ANSWERED], "answered"),
    (30, AT_TEN, [ANSWERED, Answer(20, claims_compliance=True)], "asserted_complied"),
    (15, AT_TEN, [Answer(15, claims_compliance=False)], "late"),
    # Late wins over asserted.
    (15, AT_TEN, [Answer(15, claims_compliance=True)], "late"),
    (10, AT_TEN, [Answer(10, claims_compliance=True)], "late"),
    (9, AT_TEN, [Answer(9, claims_compliance=True)], "asserted_complied"),
    # What a court finds is not mixed with what is asserted.
    (15, AT_TEN, [CLAIMED, found(12)], "found_noncompliant"),
    (11, AT_TEN, [CLAIMED, found(12)], "asserted_complied"),
    (15, AT_TEN, [found(12, "complied")], "found_complied"),
    (15, AT_TEN, [found(12, "partly")], "found_partly"),
    (15, AT_TEN, [found(12, "excused")], "excused"),
    (5, AT_TEN, [found(3, "excused")], "excused"),
    (15, AT_TEN, [found(12), Answer(14, claims_compliance=True)], "found_noncompliant"),
    (15, AT_TEN, [Answer(12, claims_compliance=True), found(13, "complied")], "found_complied"),
    (20, AT_TEN, [found(12), found(18, "complied")], "found_complied"),
    (20, AT_TEN, [found(18), found(12, "complied")], "found_noncompliant"),
    (20, AT_TEN, [found(12), found(12, "complied")], "found_noncompliant"),
    # Another due moment.
    (15, AT_TEN, [change(5, "due_changed", AT_TWENTY)], "pending"),
    (20, AT_TEN, [change(5, "due_changed", AT_TWENTY)], "overdue"),
    (15, AT_TEN, [change(12, "due_changed", AT_TWENTY)], "pending"),
    (11, AT_TEN, [change(12, "due_changed", AT_TWENTY)], "overdue"),
    (15, AT_TEN, [change(5, "modified", AT_TWENTY)], "pending"),
    (15, AT_TEN, [change(5, "modified")], "overdue"),
    (15, None, [change(5, "due_changed", AT_TEN)], "overdue"),
    (15, AT_TEN, [change(5, "due_changed", AT_TWENTY), Answer(14, claims_compliance=False)], "answered"),
    (25, AT_TEN, [change(5, "due_changed", AT_TWENTY), change(7, "due_changed", AT_TEN)], "overdue"),
    # It is judged anew, but for what is found in the same breath.
    (15, AT_TEN, [found(12), change(13, "due_changed", AT_TWENTY)], "pending"),
    (21, AT_TEN, [found(12), change(13, "due_changed", AT_TWENTY)], "overdue"),
    (15, AT_TEN, [found(12), change(12, "due_changed", AT_TWENTY)], "found_noncompliant"),
    # Stayed, and resumed: nothing fell due meanwhile.
    (5, AT_TEN, [change(3, "stayed")], "stayed"),
    (15, AT_TEN, [change(3, "stayed")], "stayed"),
    (15, AT_TEN, [CLAIMED, change(6, "stayed")], "stayed"),
    (8, AT_TEN, [change(3, "stayed"), change(7, "resumed")], "pending"),
    (12, AT_TEN, [change(3, "stayed"), change(7, "resumed")], "overdue"),
    (15, AT_TEN, [change(3, "stayed"), change(12, "resumed")], "pending"),
    (
        15,
        AT_TEN,
        [change(3, "stayed"), change(12, "resumed"), Answer(14, claims_compliance=False)],
        "answered",
    ),
    (15, AT_TEN, [change(11, "stayed"), change(12, "resumed")], "overdue"),
    (15, AT_TEN, [change(3, "resumed")], "overdue"),
    (5, AT_TEN, [change(3, "resumed"), change(3, "stayed")], "stayed"),
    (15, AT_TEN, [found(12), change(13, "stayed")], "stayed"),
    (15, AT_TEN, [found(12), change(13, "stayed"), change(14, "resumed")], "found_noncompliant"),
    (15, AT_TEN, [change(11, "stayed"), found(12)], "found_noncompliant"),
    (15, AT_TEN, [change(12, "stayed"), found(12)], "found_noncompliant"),
    # Over.
    (5, AT_TEN, [change(3, "vacated")], "moot"),
    (5, AT_TEN, [change(3, "superseded")], "moot"),
    (15, AT_TEN, [change(12, "superseded")], "moot"),
    (15, AT_TEN, [change(3, "stayed"), change(4, "vacated")], "moot"),
    (15, AT_TEN, [change(3, "stayed"), change(3, "vacated")], "moot"),
    (15, AT_TEN, [found(12), change(13, "vacated")], "moot"),
    (15, AT_TEN, [change(11, "superseded"), found(12)], "found_noncompliant"),
    (15, AT_TEN, [change(12, "superseded"), found(12)], "found_noncompliant"),
    (15, AT_TEN, [change(3, "vacated"), Answer(5, claims_compliance=True)], "moot"),
]


@pytest.mark.parametrize(("at", "due", "told", "expected"), ONCE)
def test_the_table_of_a_duty(at: int, due: Due | None, told: list[Told], expected: str | None) -> None:
    assert status(at, due, *told) == expected


ON_TIME = [Answer(day * DAY + 10, claims_compliance=False) for day in range(3)]
# Ten seconds after the end of day 0, and in time on day 1.
BEHIND = Answer(DAY + 10, claims_compliance=True)


@pytest.mark.parametrize(
    ("at", "due", "told", "expected", "days"),
    [
        (10, DAILY, [], "pending", 1),
        (DAY, DAILY, [], "overdue", 1),
        (900 * DAY, DAILY, [], "overdue", 1),
        (10, DAILY, ON_TIME, "answered", 1),
        (DAY, DAILY, ON_TIME, "pending", 2),
        (DAY + 10, DAILY, ON_TIME, "answered", 2),
        (3 * DAY, DAILY, ON_TIME, "pending", 4),
        (4 * DAY, DAILY, ON_TIME, "overdue", 4),
        # A missed one stays open, whatever is answered afterwards.
        (3 * DAY - 5, DAILY, [ON_TIME[0], Answer(3 * DAY - 10, claims_compliance=False)], "overdue", 2),
        # An answer soon after is a late one to what was due before; the next is still to come.
        (DAY + 5, DAILY, [BEHIND], "overdue", 1),
        (DAY + 10, DAILY, [BEHIND], "pending", 2),
        (2 * DAY, DAILY, [BEHIND], "overdue", 2),
        # Where that was answered it is one to the next.
        (DAY + 10, DAILY, [ON_TIME[0], BEHIND], "asserted_complied", 2),
        # A finding judges what was due, and is told until the next one is due.
        (2 * DAY + 5, DAILY, [found(2 * DAY + 5)], "found_noncompliant", 2),
        (3 * DAY - 1, DAILY, [found(2 * DAY + 5)], "found_noncompliant", 2),
        (3 * DAY, DAILY, [found(2 * DAY + 5)], "overdue", 3),
        (3 * DAY + 9, DAILY, [found(2 * DAY + 5), ON_TIME[2]], "pending", 4),
        # Nothing is owed for the days of a stay.
        (3 * DAY + 5, DAILY, [change(5, "stayed"), change(2 * DAY + 5, "resumed")], "overdue", 3),
        (2 * DAY + 9, DAILY, [change(5, "stayed"), change(2 * DAY + 5, "resumed")], "pending", 3),
        (2 * DAY, DAILY, [change(5, "stayed")], "stayed", None),
        # After the last one the last one counts.
        (9 * DAY, THREE_DAYS, ON_TIME, "answered", 3),
        (9 * DAY, THREE_DAYS, [*ON_TIME[:2], Answer(5 * DAY, claims_compliance=True)], "late", 3),
        (9 * DAY, THREE_DAYS, [*ON_TIME, found(5 * DAY, "complied")], "found_complied", 3),
        (9 * DAY, DAILY, [change(8 * DAY, "superseded")], "moot", None),
    ],
)
def test_the_table_of_a_duty_that_recurs(
    at: int, due: Due, told: list[Told], expected: str, days: int | None
) -> None:
    current = obligation_status(duty(due, *told), at)

    assert current is not None
    assert (current.status, current.due_at) == (expected, days and days * DAY)


def test_every_state_is_in_the_tables() -> None:
    assert {row[3] for row in ONCE} - {None} == set(ObligationStatus)


MOMENTS = st.integers(0, 6).map(lambda part: part * DAY // 2)
DUES = st.sampled_from([None, Due(0, DAY, "UTC"), Due(DAY, DAY, "UTC"), DAILY, THREE_DAYS])
EFFECTS = st.sampled_from(["due_changed", "modified", "stayed", "resumed", "vacated"])
TOLD = st.lists(
    st.builds(TermChange, MOMENTS, EFFECTS, DUES)
    | st.builds(Answer, MOMENTS, st.booleans())
    | st.builds(Judgement, MOMENTS, st.sampled_from(["complied", "partly", "noncompliant", "excused"])),
    max_size=6,
)
ATS = st.integers(0, 16).map(lambda part: part * DAY // 4)


@given(due=DUES, told=TOLD, at=ATS, data=st.data())
def test_the_order_of_recording_means_nothing(
    due: Due | None, told: list[Told], at: int, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(told))

    assert obligation_status(duty(due, *shuffled), at) == obligation_status(duty(due, *told), at)


@given(due=DUES, told=TOLD, at=ATS)
def test_what_happens_later_alters_nothing_before(due: Due | None, told: list[Told], at: int) -> None:
    known = [one for one in told if one.at <= at]

    assert obligation_status(duty(due, *told), at) == obligation_status(duty(due, *known), at)


@given(due=DUES, told=TOLD, at=ATS)
def test_no_claim_makes_a_duty_found_to_be_complied_with(due: Due | None, told: list[Told], at: int) -> None:
    verdicts = {f"found_{one.verdict}" for one in told if isinstance(one, Judgement)}
    current = obligation_status(duty(due, *told), at)

    assert current is not None
    if current.status.startswith("found_"):
        assert current.status in verdicts


@given(due=DUES, told=TOLD, at=ATS)
def test_overdue_is_what_is_due_and_never_what_is_stayed_or_over(
    due: Due | None, told: list[Told], at: int
) -> None:
    current = obligation_status(duty(due, *told), at)

    assert current is not None
    if current.status is ObligationStatus.OVERDUE:
        assert current.due_at is not None
        assert current.due_at <= at
    if current.status is ObligationStatus.PENDING:
        assert (
            current.due_at is None
            or current.due_at > at
            or any(isinstance(one, TermChange) and one.effect == "stayed" for one in told)
        )


@given(due=DUES, told=TOLD)
def test_nothing_changes_but_at_the_turning_points(due: Due | None, told: list[Told]) -> None:
    points = sorted(turning_points(duty(due, *told)))

    assert points[0] == 0
    for at in range(0, 9 * DAY, DAY // 4):
        last = max(point for point in points if point <= at)
        assert obligation_status(duty(due, *told), at) == obligation_status(duty(due, *told), last)


def test_a_duty_for_ever_has_few_turning_points_and_is_worked_out_at_once() -> None:
    answers = [Answer(n * 40 * DAY, claims_compliance=False) for n in range(200)]
    begun = time.process_time()
    whole = duty(DAILY, *answers)
    found = [status(at, DAILY, *answers) for at in sorted(turning_points(whole))]

    assert list(dict.fromkeys(found)) == ["answered", "pending", "overdue"]
    assert time.process_time() - begun < 6


def test_the_end_of_a_day_is_midnight_there_even_when_the_day_is_short() -> None:
    # On 9 March 2025 clocks in New York go from 2 to 3: the day has 23 hours.
    day = parse_occurred("2025-03-08", "America/New_York").bounds.start_earliest
    due = Due(day, DAY, "America/New_York", parse_rule("FREQ=DAILY"))

    assert due.after(day + DAY) == day + DAY + 23 * 3_600
