"""Why an answer changed: the act behind it, as far as its reader is told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from app.records.documents import Document
from app.records.revisions import SEEN_ALONE, View, in_sight
from app.records.tables import Event, Record, Relation, Revision
from app.records.vocabulary import Visibility
from app.timeline.query import Asked, base

# How many states of events one page of a diff goes back through to find what moved them.
LOOKED_BACK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Interval:
    """Changes after the first and up to the last, in the numbering of the log."""

    after: int
    last: int


@dataclass(frozen=True, slots=True)
class Cause:
    """One act; `seq` is in the reader's numbering, and the rest null where it is not told."""

    seq: int | None = None
    kind: str | None = None
    reason: str | None = None

    def as_json(self) -> Document:
        """Return the members it has in an answer."""
        return {"kind": self.kind, "reason": self.reason, "seq": self.seq}


def told(revision: type[Revision], record: type[Record], view: View) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which the reader is told of an act and its reason.

    What is hidden now, or was when the act was done, is not spoken of.
    """
    if not view.is_public:
        return ()
    before = aliased(Revision)
    whole = Visibility.PUBLIC.value
    # A tombstone is part of nothing itself; what it withdrew was.
    withdrawn = (
        select(before.seq)
        .where(
            before.record_id == revision.record_id,
            before.number == revision.number - 1,
            in_sight(before.seq, view),
        )
        .exists()
    )
    return (
        revision.public_seq.is_not(None),
        revision.visibility == whole,
        record.visibility == whole,
        or_(
            revision.record_type.in_(SEEN_ALONE),
            and_(revision.document.is_not(None), in_sight(revision.seq, view)),
            and_(revision.document.is_(None), withdrawn),
        ),
    )


def _in_interval(view: View, within: Interval) -> list[ColumnElement[bool]]:
    found = [Revision.seq > within.after, Revision.seq <= within.last]
    if view.is_public:
        found.append(Revision.public_seq.is_not(None))
    return found


def newest_changes(
    connection: Connection, ids: Collection[str], view: View, within: Interval
) -> dict[str, int]:
    """Return the newest change of each of the records that changed, by its id."""
    if not ids:
        return {}
    rows = connection.execute(
        select(Revision.record_id, func.max(Revision.seq))
        .where(Revision.record_id.in_(ids), *_in_interval(view, within))
        .group_by(Revision.record_id)
    )
    return {row[0]: row[1] for row in rows}


def turning_points(
    connection: Connection, asked: Asked, ids: Collection[str], within: Interval, *, is_in: bool
) -> dict[str, int]:
    """Return the own change of each event by which it came to match the filter, or ceased to.

    `is_in` says which it does in the end.  An event is missing where none of its own did it.
    """
    if not ids:
        return {}
    rows = connection.execute(
        select(
            Revision.record_id,
            Revision.seq,
            Revision.number,
            Revision.document.is_(None).label("is_tombstone"),
        )
        .where(Revision.record_id.in_(ids), *_in_interval(asked.view, within))
        .order_by(Revision.seq.desc())
    ).all()
    own: dict[str, list[Any]] = {}
    for row in rows:
        own.setdefault(row.record_id, []).append(row)
    points: dict[str, int] = {}
    # A bound on the questions asked: past it, a later change of the event is told than the one that did it.
    most = max(1, LOOKED_BACK // len(own)) if own else 0
    for event_id, changes in own.items():
        if [change.number for change in changes] == [1]:
            points[event_id] = changes[0].seq
            continue
        for change in changes[:most]:
            matches = not change.is_tombstone and _matches(connection, asked, event_id, change.seq)
            if matches is not is_in:
                break
            points[event_id] = change.seq
    return points


def _matches(connection: Connection, asked: Asked, event_id: str, seq: int) -> bool:
    """Tell whether an event matched the filter as of a change."""
    then = replace(asked, view=View(asked.view.audience, seq))
    return connection.execute(base(then, Event.id == event_id).limit(1)).first() is not None


def named_in_answer(event: Document) -> set[str]:
    """Return the ids of the records that an event, as it is read, names."""
    return {
        *(one["id"] for one in event["cases"]),
        *(one["id"] for one in event["actors"]),
        *(one["source"]["id"] for one in event["citations"]),
        *(one["event"]["id"] for one in event["relations"]),
        *([event["allegation"]["id"]] if event["allegation"] else ()),
    }


def answering(connection: Connection, ids: Collection[str]) -> dict[str, set[str]]:
    """Return the events that ever had a relation to each of the events."""
    found: dict[str, set[str]] = {}
    if ids:
        rows = connection.execute(
            select(Relation.target_id, Relation.event_id).where(Relation.target_id.in_(ids)).distinct()
        )
        for target_id, event_id in rows:
            found.setdefault(target_id, set()).add(event_id)
    return found


def load_causes(connection: Connection, seqs: Collection[int], view: View) -> Mapping[int, Cause]:
    """Return the acts of those numbers in the log, as the reader is told of them."""
    if not seqs:
        return {}
    is_told = case((and_(True, *told(Revision, Record, view)), 1), else_=0)  # noqa: FBT003 - nothing to fulfil
    rows = connection.execute(
        select(Revision.seq, Revision.public_seq, Revision.kind, Revision.reason, is_told.label("is_told"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.seq.in_(seqs))
    )
    return {
        row.seq: Cause(
            seq=row.public_seq if view.is_public else row.seq,
            kind=row.kind if row.is_told else None,
            reason=row.reason if row.is_told else None,
        )
        for row in rows
    }
