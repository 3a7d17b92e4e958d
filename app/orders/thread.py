"""The thread of an event: what it bears on and what bears on it, step by step, across dockets.

One statement walks the relations in both directions.  It never stands on an event
that the reader does not see: what is hidden neither shows nor leads on.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import CTE, Connection, Integer, Select, and_, case, func, literal, select, true, union_all
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.core.http import etag_matches
from app.core.paging import link
from app.orders.answers import Answer, Parameters, find_events, tag_of, tail_of
from app.records.documents import encode
from app.records.reading import read_record
from app.records.revisions import View, as_of, in_visible_case, visible
from app.records.tables import Event, Merge, Relation
from app.records.vocabulary import RecordType
from app.timeline.scene import Pin, set_scene

DEFAULT_DEPTH: Final = 5
MAX_DEPTH: Final = 20
MAX_EVENTS: Final = 500
# Ways to go on from an event: along its own relations, against those that name it, and against
# those that name what was merged into it.
_ALONG, _AGAINST, _AGAINST_MERGED = 0, 1, 2


def read_thread(
    connection: Connection,
    audience: Audience,
    event: str,
    relations: Sequence[str],
    *,
    depth: int,
    pin: Pin,
    parameters: Parameters,
    base: str,
    if_none_match: str | None,
) -> Answer:
    """Return the thread of an event; raises `RecordNotFoundError` and `RetractedError`.

    `relations` are the types that are followed, all when it is empty; `depth` is how many
    steps.  Of more than `MAX_EVENTS` events the first in order of time are given.
    """
    scene = set_scene(connection, audience, pin, case=None)
    start = read_record(connection, RecordType.EVENT, event, scene.view)
    if start.moved_to is not None:
        there = f"{base}/v1/events/{start.moved_to}/thread"
        return Answer(start.etag, None, moved_to=link(there, parameters))
    path = f"{base}/v1/events/{event}/thread"
    etag = tag_of(scene, audience, path, parameters)
    if etag_matches(if_none_match, etag):
        return Answer(etag, None)
    query = thread(event, scene.view, relations, depth=depth, limit=MAX_EVENTS + 1)
    rows = connection.execute(query).all()
    # Of an event that is shown in part no relations are shown; it stands alone.
    steps = {row.id: row.depth for row in rows[:MAX_EVENTS]} or {event: 0}
    events = find_events(connection, steps, scene.view)
    items = [
        {"depth": steps[event_id], "event": events[event_id]} for event_id in steps if event_id in events
    ]
    is_complete = len(rows) <= MAX_EVENTS
    body = encode({"items": items, **tail_of(scene, path, parameters), "is_complete": is_complete})
    return Answer(etag, body)


def thread(event_id: str, view: View, relations: Sequence[str], *, depth: int, limit: int) -> Select[Any]:
    """Return the SELECT of `(id, depth)` of the events within `depth` steps, in order of time."""
    walk = _walk(event_id, view, relations, depth)
    event = aliased(Event)
    nearest = select(walk.c.id, func.min(walk.c.depth).label("depth")).group_by(walk.c.id).subquery()
    return (
        select(event.id, nearest.c.depth)
        .join(nearest, nearest.c.id == event.id)
        .where(*as_of(event, view.seq))
        .order_by(event.position, event.start_latest, event.sequence, event.id)
        .limit(limit)
    )


def _walk(event_id: str, view: View, relations: Sequence[str], depth: int) -> CTE:
    """Return the recursive query: an event, its distance, and each way to go on from it.

    UNION drops what it has found already at that distance, so that circles end; and the
    distance is bounded.
    """
    ways = union_all(
        *(select(literal(way, Integer).label("way")) for way in (_ALONG, _AGAINST, _AGAINST_MERGED))
    ).cte("ways")
    start = aliased(Event)
    walk = (
        select(start.id, literal(0, Integer).label("depth"), ways.c.way)
        .join(ways, true())
        .where(
            start.id == event_id,
            *as_of(start, view.seq),
            *visible(start, view),
            in_visible_case(start.seq, view),
        )
        .cte("walk", recursive=True)
    )
    here, there = aliased(Event), aliased(Event)
    along, against = aliased(Relation), aliased(Relation)
    survivor, merged = aliased(Merge), aliased(Merge)

    def followed(relation: type[Relation]) -> list[Any]:
        return [relation.type.in_(relations)] if relations else []

    def holding(merge: type[Merge]) -> tuple[Any, ...]:
        return (*as_of(merge, view.seq), *visible(merge, view))

    named = case((walk.c.way == _AGAINST, walk.c.id), (walk.c.way == _AGAINST_MERGED, merged.id))
    # Joined, as a subquery in its place would keep the events from being looked up by id.
    reached = func.coalesce(survivor.survivor_id, along.target_id, against.event_id)
    return walk.union(
        select(there.id, walk.c.depth + 1, ways.c.way)
        .select_from(walk)
        .outerjoin(here, and_(walk.c.way == _ALONG, here.id == walk.c.id, *as_of(here, view.seq)))
        .outerjoin(along, and_(along.seq == here.seq, *followed(along)))
        .outerjoin(survivor, and_(survivor.id == along.target_id, *holding(survivor)))
        .outerjoin(
            merged,
            and_(walk.c.way == _AGAINST_MERGED, merged.survivor_id == walk.c.id, *holding(merged)),
        )
        .outerjoin(against, and_(against.target_id == named, *as_of(against, view.seq), *followed(against)))
        .join(there, and_(there.id == reached, *as_of(there, view.seq)))
        .join(ways, true())
        .where(
            walk.c.depth < depth,
            there.id != walk.c.id,
            # Put so that SQLite looks the event up by its id, and then at this; not the other way round.
            select(literal(1)).where(*visible(there, view)).correlate(there).exists(),
            in_visible_case(there.seq, view),
        )
    )
