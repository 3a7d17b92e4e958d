"""Two readings of one filtered timeline, compared.

Only events whose own rows, or whose ties, a change of the interval touched are
read: a comparison costs what changed, not what the case holds.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, literal, select, union

from app.history.causes import (
    Cause,
    Interval,
    answering,
    load_causes,
    named_in_answer,
    newest_changes,
    turning_points,
)
from app.history.patches import patch_between
from app.records.documents import Document, decode, load_stubs
from app.records.revisions import View
from app.records.store import ready_answer
from app.records.tables import (
    CaseChange,
    Citation,
    Event,
    EventCase,
    Merge,
    Participation,
    Relation,
    Revision,
)
from app.records.vocabulary import Visibility
from app.timeline.query import Asked, base
from app.timeline.read import event_answers


@dataclass(frozen=True, slots=True)
class Ends:
    """One filter at both ends of an interval; `before` is `None` where the case had no timeline."""

    before: Asked | None
    after: Asked
    within: Interval


@dataclass(frozen=True, slots=True)
class Sides:
    """Some events as they are read at each end, by id; `next_id` is the last of them where more follow."""

    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    next_id: str | None


def read_sides(connection: Connection, ends: Ends, *, limit: int, after_id: str) -> Sides:
    """Return what may have changed in up to `limit` events, by id, past the id `after_id`."""
    rows = [
        [] if asked is None else _touched(connection, asked, ends.within, size=limit + 1, after_id=after_id)
        for asked in (ends.before, ends.after)
    ]
    ids = sorted({row.id for side in rows for row in side})
    page = set(ids[:limit])
    before, after = (
        _answers(connection, asked, [row for row in side if row.id in page])
        for asked, side in zip((ends.before, ends.after), rows, strict=True)
    )
    return Sides(before, after, ids[limit - 1] if len(ids) > limit else None)


def _touched(
    connection: Connection, asked: Asked, within: Interval, *, size: int, after_id: str
) -> list[Any]:
    query = base(asked, Event.id.in_(_candidates(asked.case_id, within, asked.view)), Event.id > after_id)
    return list(
        connection.execute(
            query.with_only_columns(Event.seq, ready_answer(), Event.id).order_by(Event.id).limit(size)
        )
    )


def _answers(connection: Connection, asked: Asked | None, rows: list[Any]) -> dict[str, bytes]:
    if asked is None:
        return {}
    return {row.id: answer for row, answer in zip(rows, event_answers(connection, rows, asked), strict=True)}


def _candidates(case_id: str | None, within: Interval, view: View) -> Select[Any]:
    """Return the ids of the events that a change of the interval may have altered: some too many.

    Not for what the reader does not see: where a page ends would tell of it.
    """
    seen = (CaseChange.is_public == literal(1),) if view.is_public else ()
    merged = (Merge.visibility == Visibility.PUBLIC.value,) if view.is_public else ()
    changed = (
        select(Revision.record_id.label("id"))
        .join(CaseChange, CaseChange.seq == Revision.seq)
        .where(
            CaseChange.case_id == case_id, CaseChange.seq > within.after, CaseChange.seq <= within.last, *seen
        )
        .cte("changed")
    )
    own = select(changed.c.id)
    # What names a merged record names its survivor, and what answers the one answers the other.
    members = select(Merge.id).where(Merge.survivor_id.in_(own), *merged)
    survivors = select(Merge.survivor_id).where(Merge.id.in_(own), *merged)
    ids = select(union(own, members, survivors).cte("touched").c.id)
    # Whether those are still unanswered may have changed.
    answered = select(Relation.target_id).where(Relation.event_id.in_(ids))
    return select(
        union(
            ids,
            select(Participation.event_id).where(Participation.actor_id.in_(ids)),
            select(Citation.event_id).where(Citation.source_id.in_(ids)),
            select(Relation.event_id).where(Relation.target_id.in_(ids)),
            select(EventCase.event_id).where(EventCase.case_id.in_(ids)),
            answered,
            select(Merge.survivor_id).where(Merge.id.in_(answered), *merged),
        )
        .subquery()
        .c[0]
    )


def compare(connection: Connection, ends: Ends, sides: Sides) -> Document:
    """Return what was added, changed, removed and merged, each with why, in the order of those acts."""
    before, after = sides.before, sides.after
    added = after.keys() - before.keys()
    gone = before.keys() - after.keys()
    merged = _survivors(connection, ends, gone)
    patches = {
        event_id: patch
        for event_id in before.keys() & after.keys()
        if before[event_id] != after[event_id]
        and (patch := patch_between(decode(before[event_id]), decode(after[event_id])))
    }
    causes = _causes(connection, ends, sides, added=added, gone=gone, changed=patches.keys())

    def in_order(ids: Collection[str]) -> list[str]:
        return sorted(ids, key=lambda event_id: (causes[event_id].seq or 0, event_id))

    return {
        "added": [
            {"event": decode(after[event_id]), **causes[event_id].as_json()} for event_id in in_order(added)
        ],
        "changed": [
            {"event": event_id, "patch": patches[event_id], **causes[event_id].as_json()}
            for event_id in in_order(patches)
        ],
        "removed": [
            {"event": decode(before[event_id]), **causes[event_id].as_json()}
            for event_id in in_order(gone - merged.keys())
        ],
        "merged": [
            {"event": event_id, "into": merged[event_id], **causes[event_id].as_json()}
            for event_id in in_order(merged)
        ],
    }


def _survivors(connection: Connection, ends: Ends, gone: Collection[str]) -> dict[str, str]:
    """Return the events that those which are gone were merged into, where the reader sees them."""
    if not gone:
        return {}
    stubs = load_stubs(connection, gone, ends.after.view)
    return {event_id: stub.id for event_id, stub in stubs.items() if stub.id != event_id}


def _causes(
    connection: Connection,
    ends: Ends,
    sides: Sides,
    *,
    added: Collection[str],
    gone: Collection[str],
    changed: Collection[str],
) -> Mapping[str, Cause]:
    """Return why each event is where it is: its own change if that did it, else one of what it names."""
    view = ends.after.view
    seqs = {
        **turning_points(connection, ends.after, added, ends.within, is_in=True),
        **turning_points(connection, ends.after, gone, ends.within, is_in=False),
    }
    open_ = [event_id for event_id in (*added, *gone, *changed) if event_id not in seqs]
    names = {event_id: {event_id, *_named(sides, event_id)} for event_id in open_}
    if ends.after.unanswered is not None:
        for event_id, ids in answering(connection, open_).items():
            names[event_id] |= ids
    newest = newest_changes(connection, set().union(*names.values()), view, ends.within)
    for event_id, ids in names.items():
        found = [newest[record_id] for record_id in ids if record_id in newest]
        if found:
            seqs[event_id] = max(found)
    acts = load_causes(connection, set(seqs.values()), view)
    return {event_id: acts.get(seqs.get(event_id, 0), Cause()) for event_id in (*added, *gone, *changed)}


def _named(sides: Sides, event_id: str) -> set[str]:
    return set().union(
        *(named_in_answer(decode(side[event_id])) for side in (sides.before, sides.after) if event_id in side)
    )
