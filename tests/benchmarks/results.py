"""What a row found, and whether it is what was wanted."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.benchmarks.measuring import Measured


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted of a figure, and what it is."""

    # For example `times Datasette`, without the sign.
    text: str
    wanted: float
    found: float
    # Else it is to be at the most.
    is_floor: bool = True

    @property
    def is_met(self) -> bool:
        """Tell whether the figure is as wanted."""
        return self.found >= self.wanted if self.is_floor else self.found <= self.wanted

    def __str__(self) -> str:
        sign = "≥" if self.is_floor else "≤"
        verdict = "met" if self.is_met else "MISSED"
        return f"{sign} {self.wanted:g} {self.text}: {self.found:.4g}, {verdict}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one row found, on one size of database."""

    row: str
    title: str
    # How large the database is, in words.
    size: str
    measured: tuple[Measured, ...] = ()
    goals: tuple[Goal, ...] = ()
    # What else is to be told.
    notes: tuple[str, ...] = ()
    # False where something kept it from being measured; the notes say what.
    is_whole: bool = True


def floors(
    measured: Mapping[str, Measured], wanted: Mapping[str, float], of: str = "ours"
) -> tuple[Goal, ...]:
    """Return the goals that `of` answers so many times as often as others, where those were measured."""
    return tuple(
        Goal(f"times {name}", times, measured[of].rate / measured[name].rate)
        for name, times in wanted.items()
        if name in measured
    )


def ceiling(measured: Mapping[str, Measured], slow: str, fast: str, wanted: float) -> Goal:
    """Return the goal that one takes at most so many times as long as the other."""
    return Goal(
        f"times as long as “{fast}”", wanted, measured[fast].rate / measured[slow].rate, is_floor=False
    )
