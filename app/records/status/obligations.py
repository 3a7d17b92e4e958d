"""The status of an obligation, from what was due, what was answered, and what a court found.

    made, nothing else                           pending
    its due moment passed without an answer      overdue
    answered, and nothing claimed                answered
    answered, and compliance claimed             asserted_complied
    answered after it was due, whatever claimed  late
    stayed, and not resumed since                stayed
    vacated, or superseded by another duty       moot
    a court found: complied, partly,             found_complied, found_partly,
                   noncompliant, excused         found_noncompliant, excused

    ┌─────────┐ answer ┌──────────┐ claim ┌───────────────────┐
    │ pending ├───────▶│ answered ├──────▶│ asserted_complied │
    └────┬────┘        └──────────┘       └───────────────────┘
         │ due         ┌──────┐             from any of these:
         ▼       answer│      │             stayed ⇄ resumed
    ┌─────────┐ ──────▶│ late │             vacated, superseded ──▶ moot
    │ overdue │        └──────┘             a finding ──▶ found_…, excused
    └─────────┘

The latest of a stay, an end and a finding decides; of one moment the finding
before the end before the stay.  None of them mixes with what is asserted: a
claim never makes a duty complied with, and a finding stands until the court
sets another due moment.  What falls due during a stay is not overdue for that.

A duty that recurs is as many occurrences, one for each due moment, and has the
status of the current one: the first that is due and neither answered nor
judged, else the next to fall due, at the end the last.  A finding judges what
was due by then, and is the status until the next one is due.  An answer is to
the next occurrence, unless the one before is neither answered nor judged and its
due moment is nearer: then it is a late answer to that one.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, TypeAlias

from app.core.edtf import OPEN_LATEST, instant_text
from app.core.edtf.calendar import DAY, to_local, to_utc, zone_of
from app.core.recurrence import Rule, occurrences
from app.records.vocabulary import Term

Effect: TypeAlias = Literal["due_changed", "modified", "stayed", "resumed", "superseded", "vacated"]
Verdict: TypeAlias = Literal["complied", "partly", "noncompliant", "excused"]


class ObligationStatus(Term):
    """How an obligation stands at a moment."""

    PENDING = "pending", "Not due yet, and not answered."
    OVERDUE = "overdue", "Due, and not answered."
    ANSWERED = "answered", "Answered in time; compliance is not claimed."
    LATE = "late", "Answered after it was due, whatever was claimed."
    ASSERTED_COMPLIED = (
        "asserted_complied",
        "Answered in time; somebody claims compliance, no court found it.",
    )
    FOUND_COMPLIED = "found_complied", "A court found that it was complied with."
    FOUND_PARTLY = "found_partly", "A court found that it was complied with in part."
    FOUND_NONCOMPLIANT = "found_noncompliant", "A court found that it was not complied with."
    EXCUSED = "excused", "A court excused whoever is bound."
    STAYED = "stayed", "Suspended."
    MOOT = "moot", "Vacated, or superseded by another duty."


_VERDICTS: Final[dict[Verdict, ObligationStatus]] = {
    "complied": ObligationStatus.FOUND_COMPLIED,
    "partly": ObligationStatus.FOUND_PARTLY,
    "noncompliant": ObligationStatus.FOUND_NONCOMPLIANT,
    "excused": ObligationStatus.EXCUSED,
}
_NOTHING_DUE: Final = (ObligationStatus.STAYED, ObligationStatus.MOOT)
# Of findings of one moment the last of these counts, and so of effects.
_BY_GRAVITY: Final[tuple[Verdict, ...]] = ("excused", "complied", "partly", "noncompliant")
_ENDS: Final = ("superseded", "vacated")
_EFFECTS: Final[tuple[Effect, ...]] = (
    "due_changed",
    "modified",
    "resumed",
    "stayed",
    "superseded",
    "vacated",
)


@dataclass(frozen=True)
class Due:
    """When a duty falls due: first, and by what rule again.

    `first` is the beginning of what was written, in seconds since 1970, and `length` how
    long that is on the clocks of the time zone, a day or a minute: it is due at its end.
    """

    first: int
    length: int
    timezone: str
    rule: Rule | None = None
    # As it was written, for who reads it.
    text: str = ""

    def occurrence(self, due_at: int) -> str:
        """Return what an occurrence would be written as: a day, or a moment in UTC."""
        if self.rule is None:
            return self.text
        zone = zone_of(self.timezone)
        start = to_local(due_at, zone) - self.length
        if self.length == DAY:
            return instant_text(start).partition("T")[0]
        # To the minute, as it was written.
        return instant_text(to_utc(start, zone)).replace(":00Z", "Z")

    def after(self, moment: int) -> int | None:
        """Return the first due moment after another moment; `None` where there is none."""
        known = self._known_after(moment)
        at = bisect_right(known, moment)
        return known[at] if at < len(known) else None

    def until(self, moment: int) -> int | None:
        """Return the last due moment up to another moment; `None` where there is none."""
        known = self._known_after(moment)
        at = bisect_right(known, moment)
        return known[at - 1] if at else None

    def _known_after(self, moment: int) -> list[int]:
        """Return the due moments up to the first one after `moment`, and perhaps more."""
        known, rest = self._worked_out
        while not known or known[-1] <= moment:
            start = next(rest, None)
            if start is None:
                break
            zone = zone_of(self.timezone)
            known.append(to_utc(to_local(start, zone) + self.length, zone))
        return known

    @cached_property
    def _worked_out(self) -> tuple[list[int], Iterator[int]]:
        """Return the due moments that are known, which grow as they are asked for, and the others' starts."""
        if self.rule is None:
            return [], iter((self.first,))
        return [], occurrences(self.rule, self.first, self.timezone, since=self.first, until=OPEN_LATEST)


@dataclass(frozen=True, slots=True)
class TermChange:
    """A change of the duty; `due` is the new one, if it sets one."""

    at: int
    effect: Effect
    due: Due | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was done about the duty, and whether compliance was claimed with it."""

    at: int
    claims_compliance: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a court found."""

    at: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty and all that befell it; the order of the tuples means nothing."""

    made_at: int
    due: Due | None
    changes: tuple[TermChange, ...] = ()
    answers: tuple[Answer, ...] = ()
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class Current:
    """The status, and of a duty that falls due the due moment of the occurrence it is that of.

    `due` is the one in force, whose occurrence that is; of what is stayed or moot nothing is due.
    """

    status: ObligationStatus
    due_at: int | None
    due: Due | None


# After an answer in advance: that one, the next, and the one from which on nothing changes by itself.
_DUES_THAT_MATTER: Final = 3
# When it was answered, and whether compliance was claimed with it.
_Answers: TypeAlias = list[tuple[int, bool]]
# From when until when a duty was stayed; `None`: it still is.
_Stays: TypeAlias = list[tuple[int, int | None]]


def obligation_status(duty: Obligation, at: int) -> Current | None:
    """Return how a duty stands at a moment, in seconds since 1970; `None` while it is not made.

    What happens at a moment counts at that moment; what is due by 5 p.m. is overdue
    from the end of that minute on, what is due on a day from the end of the day.
    """
    if at < duty.made_at:
        return None
    changes = sorted((one for one in duty.changes if one.at <= at), key=_change_order)
    reset = next((one for one in reversed(changes) if one.due is not None), None)
    due = duty.due if reset is None else reset.due
    answers = sorted((one.at, one.claims_compliance) for one in duty.answers if one.at <= at)
    stays = list(_stays(changes))
    judgements = [one for one in duty.judgements if one.at <= at and (reset is None or one.at >= reset.at)]
    judged = max(judgements, key=lambda one: (one.at, _BY_GRAVITY.index(one.verdict)), default=None)
    if due is None or due.rule is None:
        current = None if due is None else due.after(due.first - 1)
    else:
        answered = _answered(due, answers, [one.at for one in judgements])
        current = _current(due, at, answered.keys(), stays, judged_at=None if judged is None else judged.at)
        answers = [] if current is None else answered.get(current, [])
        if judged is not None and (due.after(judged.at) or OPEN_LATEST) <= at:
            judged = None
    # Each with its moment, and what counts of one moment.
    deciding: list[tuple[int, int, ObligationStatus]] = []
    if judged is not None:
        deciding.append((judged.at, 2, _VERDICTS[judged.verdict]))
    deciding += [(one.at, 1, ObligationStatus.MOOT) for one in changes if one.effect in _ENDS]
    deciding += [(start, 0, ObligationStatus.STAYED) for start, end in stays if end is None]
    status = max(deciding)[2] if deciding else _by_answers(current, at, answers, stays)
    if status in _NOTHING_DUE:
        return Current(status, None, None)
    return Current(status, current, due)


def turning_points(duty: Obligation) -> set[int]:
    """Return moments among which are all those at which the status or the current occurrence changes.

    They are few, whatever recurs: an occurrence that nobody answers stays the current one.
    """
    told = [one.at for one in duty.changes]
    told += [*(one.at for one in duty.answers), *(one.at for one in duty.judgements)]
    moments = {duty.made_at, *told}
    for due in (duty.due, *(one.due for one in duty.changes)):
        if due is None:
            continue
        for moment in {due.first - 1, duty.made_at, *told}:
            following: int | None = moment
            for _ in range(_DUES_THAT_MATTER):
                following = None if following is None else due.after(following)
                if following is not None:
                    moments.add(following)
    return {one for one in moments if duty.made_at <= one < OPEN_LATEST}


def _change_order(change: TermChange) -> tuple[int, int, int, str, str]:
    due = change.due
    new = (0, "", "") if due is None else (due.first, due.timezone, str(due.rule))
    return change.at, _EFFECTS.index(change.effect), *new


def _by_answers(due_at: int | None, at: int, answers: _Answers, stays: _Stays) -> ObligationStatus:
    """Return the status of one occurrence that nothing but its answers decides."""
    limit = OPEN_LATEST if due_at is None or _is_within(due_at, stays) else due_at
    if not answers:
        return ObligationStatus.OVERDUE if limit <= at else ObligationStatus.PENDING
    if answers[0][0] >= limit:
        return ObligationStatus.LATE
    claims = any(claim for _at, claim in answers)
    return ObligationStatus.ASSERTED_COMPLIED if claims else ObligationStatus.ANSWERED


def _current(
    due: Due, at: int, answered: Collection[int], stays: _Stays, *, judged_at: int | None
) -> int | None:
    """Return the due moment of the current occurrence of a duty that recurs."""
    # What was due when a court judged is not open any more.
    moment = due.after(due.first - 1 if judged_at is None else judged_at)
    while moment is not None and moment <= at:
        if moment not in answered and not _is_within(moment, stays):
            return moment
        moment = due.after(moment)
    following, last = due.after(at), due.until(at)
    is_judged = judged_at is not None and (last is None or last <= judged_at)
    return last if following is None or is_judged else following


def _answered(due: Due, answers: _Answers, judged_at: list[int]) -> dict[int, _Answers]:
    """Return the answers to each occurrence, by its due moment."""
    found: dict[int, _Answers] = {}
    for moment, claim in answers:
        before, following = due.until(moment), due.after(moment)
        meant = following
        if before is not None:
            is_open = before not in found and not any(before <= one <= moment for one in judged_at)
            is_nearer = following is None or (is_open and moment - before < following - moment)
            meant = before if is_nearer else following
        if meant is not None:
            found.setdefault(meant, []).append((moment, claim))
    return found


def _stays(changes: Iterable[TermChange]) -> Iterator[tuple[int, int | None]]:
    """Yield when the duty was stayed and when resumed; `None`: it was not."""
    since = None
    for one in changes:
        if one.effect == "stayed" and since is None:
            since = one.at
        elif one.effect == "resumed" and since is not None:
            yield since, one.at
            since = None
    if since is not None:
        yield since, None


def _is_within(moment: int, stays: _Stays) -> bool:
    return any(start < moment and (end is None or moment <= end) for start, end in stays)
