"""How an allegation stands, worked out from the positions on it; nothing here is stored.

    a court found it true, and no later finding says otherwise     found_true
    a court found it false, and no later finding says otherwise    found_false
    courts found both at the same moment                           disputed
    else: somebody denies it, and somebody asserts or concedes it  disputed
    somebody denies it, and nobody is known to have asserted it    disputed
    somebody concedes it, and nobody denies it                     conceded
    somebody asserts it, and nobody denies or concedes it          unanswered
    whoever asserted it has withdrawn that                         withdrawn
    nobody says anything of it                                     unanswered

An actor has one word on an allegation: the latest; `withdraws` takes back the one
before, a denial and a court's finding as well as an assertion.  A finding ends the
dispute, whatever the sides say afterwards; of several the latest counts, so that a
court of appeal's follows the one it reviewed.

Later is what sorts later, as events do: by the earliest moment that the date allows,
then by its latest start.  What has no date is later than nothing.  Of one actor's
words of one moment the last of these counts: asserts, denies, concedes, finds_true,
finds_false, withdraws.  So the order in which positions were recorded never matters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from app.records.vocabulary import AllegationStanding, Stance

# What a date sorts by; that of an undated position is before all others.
Moment: TypeAlias = tuple[int, int]
_UNDATED: Final[Moment] = (-(2**63), -(2**63))
_AT_ONE_MOMENT: Final = (
    Stance.ASSERTS,
    Stance.DENIES,
    Stance.CONCEDES,
    Stance.FINDS_TRUE,
    Stance.FINDS_FALSE,
    Stance.WITHDRAWS,
)


@dataclass(frozen=True, slots=True)
class Position:
    """One actor's word: `moment` is what its date sorts by, `None` where it has none."""

    actor: str
    stance: Stance
    moment: Moment | None

    @property
    def order(self) -> tuple[Moment, int]:
        """Return what tells an actor's later word from its earlier ones."""
        return self.moment or _UNDATED, _AT_ONE_MOMENT.index(self.stance)


def standing(positions: Iterable[Position]) -> AllegationStanding:
    """Return how an allegation stands by the positions given, in whatever order."""
    said: dict[str, list[Position]] = {}
    for position in sorted(positions, key=lambda one: one.order):
        said.setdefault(position.actor, []).append(position)
    last = [words[-1] for words in said.values()]
    found = _latest_findings(last)
    stances = {position.stance for position in last}
    has_withdrawn = any(_took_back_assertion(words) for words in said.values())
    if found:
        return _of_findings(found)
    if Stance.DENIES in stances:
        is_held = bool(stances & {Stance.ASSERTS, Stance.CONCEDES})
        return AllegationStanding.DISPUTED if is_held or not has_withdrawn else AllegationStanding.WITHDRAWN
    if Stance.CONCEDES in stances:
        return AllegationStanding.CONCEDED
    if has_withdrawn and Stance.ASSERTS not in stances:
        return AllegationStanding.WITHDRAWN
    return AllegationStanding.UNANSWERED


def _latest_findings(last: Iterable[Position]) -> set[Stance]:
    findings = [one for one in last if one.stance in {Stance.FINDS_TRUE, Stance.FINDS_FALSE}]
    newest = max((one.moment or _UNDATED for one in findings), default=None)
    return {one.stance for one in findings if (one.moment or _UNDATED) == newest}


def _of_findings(found: set[Stance]) -> AllegationStanding:
    if found == {Stance.FINDS_TRUE}:
        return AllegationStanding.FOUND_TRUE
    if found == {Stance.FINDS_FALSE}:
        return AllegationStanding.FOUND_FALSE
    return AllegationStanding.DISPUTED


def _took_back_assertion(words: Sequence[Position]) -> bool:
    """Tell whether an actor's words end with the withdrawal of an assertion, known or not."""
    if words[-1].stance is not Stance.WITHDRAWS:
        return False
    before = [one.stance for one in words if one.stance is not Stance.WITHDRAWS]
    return not before or before[-1] is Stance.ASSERTS
