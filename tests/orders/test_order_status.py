"""The table of an order's status, and what holds for any events that bear on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records.status.orders import BEARING, UNDOING, Bearing, Order, OrderStatus, order_status


def status(at: int, *bearings: Bearing, made_at: int = 0, ends_at: int | None = None) -> str | None:
    return order_status(Order(made_at, ends_at, bearings), at)


@pytest.mark.parametrize(
    ("bearings", "expected"),
    [
        ([], "in_force"),
        ([Bearing("affirms", 5)], "affirmed"),
        ([Bearing("modifies", 5)], "modified"),
        ([Bearing("stays", 5)], "stayed"),
        ([Bearing("vacates", 5)], "vacated"),
        ([Bearing("reverses", 5)], "vacated"),
        # The latest counts, whichever it is.
        ([Bearing("stays", 5), Bearing("affirms", 6)], "affirmed"),
        ([Bearing("affirms", 5), Bearing("stays", 6)], "stayed"),
        ([Bearing("stays", 5), Bearing("modifies", 6)], "modified"),
        ([Bearing("modifies", 5), Bearing("stays", 6)], "stayed"),
        ([Bearing("modifies", 5), Bearing("affirms", 6)], "affirmed"),
        ([Bearing("affirms", 5), Bearing("modifies", 6)], "modified"),
        # Of one moment the graver counts.
        ([Bearing("affirms", 5), Bearing("modifies", 5)], "modified"),
        ([Bearing("modifies", 5), Bearing("stays", 5)], "stayed"),
        ([Bearing("stays", 5), Bearing("vacates", 5)], "vacated"),
        # Nothing brings back what was annulled …
        ([Bearing("vacates", 5), Bearing("affirms", 6)], "vacated"),
        ([Bearing("reverses", 5), Bearing("stays", 6)], "vacated"),
        # … but that this was annulled itself; and a stay that was is over.
        ([Bearing("reverses", 5, until=8)], "in_force"),
        ([Bearing("stays", 5, until=8)], "in_force"),
        ([Bearing("affirms", 4), Bearing("stays", 5, until=8)], "affirmed"),
        ([Bearing("stays", 5, until=20)], "stayed"),
        # What has not happened yet does not count.
        ([Bearing("stays", 11)], "in_force"),
    ],
)
def test_the_table_of_what_bears_on_an_order(bearings: list[Bearing], expected: str) -> None:
    assert status(10, *bearings) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [(-1, None), (0, "in_force"), (4, "in_force"), (5, "stayed"), (7, "stayed"), (8, "expired")],
)
def test_each_moment_has_its_own_status(at: int, expected: str | None) -> None:
    assert status(at, Bearing("stays", 5), ends_at=8) == expected


def test_what_was_vacated_before_its_end_does_not_expire() -> None:
    assert status(10, Bearing("vacates", 5), ends_at=8) == "vacated"
    assert status(10, Bearing("vacates", 9), ends_at=8) == "expired"


BEARINGS = st.lists(
    st.builds(Bearing, st.sampled_from(BEARING), st.integers(0, 9), st.none() | st.integers(0, 9)), max_size=6
)


@given(bearings=BEARINGS, at=st.integers(-1, 10), data=st.data())
def test_the_order_of_recording_means_nothing(bearings: list[Bearing], at: int, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(bearings))

    assert status(at, *shuffled) == status(at, *bearings)


@given(bearings=BEARINGS, at=st.integers(0, 10))
def test_what_happens_later_alters_nothing_before(bearings: list[Bearing], at: int) -> None:
    assert status(at, *bearings) == status(at, *(one for one in bearings if one.since <= at))


@given(bearings=BEARINGS, at=st.integers(0, 10))
def test_vacated_is_what_something_in_effect_annuls_and_nothing_else(
    bearings: list[Bearing], at: int
) -> None:
    annulled = any(
        one.relation in UNDOING and one.since <= at and (one.until is None or at < one.until)
        for one in bearings
    )

    assert (status(at, *bearings) is OrderStatus.VACATED) == annulled
