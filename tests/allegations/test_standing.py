"""How an allegation stands: every state, every change of it, and that nothing hangs on the order."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records.standing import Position, standing
from app.records.vocabulary import AllegationStanding, Stance

# Who says what, and when: a day's number, or `?` for no date.
TABLE: Final[tuple[tuple[str, str], ...]] = (
    ("", "unanswered"),
    ("a asserts 1", "unanswered"),
    ("a asserts 1, b asserts 2", "unanswered"),
    ("a asserts 1, b denies 2", "disputed"),
    ("b denies 1", "disputed"),
    ("b denies 1, c denies 2", "disputed"),
    ("a asserts 1, b concedes 2", "conceded"),
    ("b concedes 1", "conceded"),
    ("b concedes 1, c denies 2", "disputed"),
    ("a asserts 1, b concedes 2, c denies 3", "disputed"),
    ("a asserts 1, a withdraws 2", "withdrawn"),
    ("a withdraws 2", "withdrawn"),
    ("a asserts 1, a withdraws 2, b asserts 3", "unanswered"),
    ("a asserts 1, a withdraws 2, a asserts 3", "unanswered"),
    ("a asserts 1, b denies 2, a withdraws 3", "withdrawn"),
    ("a asserts 1, b denies 2, b withdraws 3", "unanswered"),
    ("b denies 1, b withdraws 2", "unanswered"),
    ("a asserts 1, a withdraws 2, b concedes 3", "conceded"),
    ("b concedes 1, b withdraws 2", "unanswered"),
    ("a asserts 1, a denies 2", "disputed"),
    ("a denies 1, a asserts 2", "unanswered"),
    ("a asserts 1, b denies 2, b concedes 3", "conceded"),
    ("a asserts 1, b denies 2, x finds_true 3", "found_true"),
    ("a asserts 1, b denies 2, x finds_false 3", "found_false"),
    ("x finds_true 1", "found_true"),
    # What the sides say after it does not reopen what a court decided.
    ("x finds_false 1, a asserts 2, b concedes 3", "found_false"),
    ("x finds_true 1, y finds_false 2", "found_false"),
    ("x finds_false 1, y finds_true 2", "found_true"),
    ("x finds_true 1, x finds_false 2", "found_false"),
    ("x finds_true 1, y finds_false 1", "disputed"),
    ("x finds_true 1, y finds_true 1", "found_true"),
    ("a asserts 1, b denies 1, x finds_true 2, x withdraws 3", "disputed"),
    ("x finds_true 1, y finds_false 2, y withdraws 3", "found_true"),
    ("a asserts 1, a withdraws 2, x finds_true 3", "found_true"),
    # Of one moment, and of none.
    ("a asserts 1, a withdraws 1", "withdrawn"),
    ("a asserts 1, a denies 1", "disputed"),
    ("a denies ?, a asserts 1", "unanswered"),
    ("a asserts 1, a denies ?", "unanswered"),
    ("a asserts ?, b denies ?", "disputed"),
    ("x finds_true ?, y finds_false 1", "found_false"),
)


def read(text: str) -> list[Position]:
    """Return the positions of a row of the table."""
    found = []
    for said in filter(None, text.split(", ")):
        actor, stance, day = said.split(" ")
        found.append(Position(actor, Stance(stance), None if day == "?" else (int(day), int(day))))
    return found


@pytest.mark.parametrize(("said", "expected"), TABLE)
def test_an_allegation_stands_as_the_table_says(said: str, expected: str) -> None:
    assert standing(read(said)).value == expected


def test_the_table_has_every_standing_and_every_stance() -> None:
    assert {expected for _, expected in TABLE} == {one.value for one in AllegationStanding}
    assert {one.stance for said, _ in TABLE for one in read(said)} == set(Stance)


MOMENTS = st.one_of(st.none(), st.tuples(st.integers(0, 3), st.integers(0, 3)))
POSITIONS = st.lists(
    st.builds(Position, st.sampled_from("abxy"), st.sampled_from(list(Stance)), MOMENTS), max_size=7
)


@given(st.data(), POSITIONS)
def test_the_order_in_which_positions_were_recorded_does_not_matter(
    data: st.DataObject, positions: list[Position]
) -> None:
    shuffled = data.draw(st.permutations(positions))
    assert standing(shuffled) is standing(positions)


@given(POSITIONS)
def test_what_is_said_twice_counts_once(positions: list[Position]) -> None:
    assert standing(positions + positions) is standing(positions)


@given(POSITIONS, st.sampled_from([Stance.FINDS_TRUE, Stance.FINDS_FALSE]))
def test_the_latest_finding_decides_whatever_else_is_said(positions: list[Position], finding: Stance) -> None:
    latest = Position("z", finding, (9, 9))
    expected = AllegationStanding(finding.value.replace("finds", "found"))
    assert standing([*positions, latest]) is expected


@given(POSITIONS)
def test_who_withdraws_last_says_nothing_any_more(positions: list[Position]) -> None:
    without = [one for one in positions if one.actor != "a"]
    ended = standing([*positions, Position("a", Stance.WITHDRAWS, (9, 9))])
    assert ended in {standing(without), AllegationStanding.WITHDRAWN}
