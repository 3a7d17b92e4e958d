"""From a filter to a SELECT.  Pure: what needs the database was settled before.

To-many filters are EXISTS, never a join: an event is found once, however many
of its ties match.
"""

from app.timeline.query.conditions import Asked, Condition, actor_shown, conditions, source_shown
from app.timeline.query.pages import Key, Position, Segment, base, counts, page, segments

__all__ = [
    "Asked",
    "Condition",
    "Key",
    "Position",
    "Segment",
    "actor_shown",
    "base",
    "conditions",
    "counts",
    "page",
    "segments",
    "source_shown",
]
