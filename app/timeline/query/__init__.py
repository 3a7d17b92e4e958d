"""From a filter to a SELECT.  Pure: what needs the database was settled before.

To-many filters are EXISTS, never a join: an event is found once, however many
of its ties match.
"""

from app.timeline.query.conditions import Asked, Condition, actor_shown, conditions, source_shown, unindexed
from app.timeline.query.pages import (
    KEY,
    SIZE,
    Key,
    Part,
    Position,
    base,
    counts,
    excluded,
    is_by_date,
    page,
    parts,
)
from app.timeline.query.ways import Way, choose, has_window, leads, look

__all__ = [
    "KEY",
    "SIZE",
    "Asked",
    "Condition",
    "Key",
    "Part",
    "Position",
    "Way",
    "actor_shown",
    "base",
    "choose",
    "conditions",
    "counts",
    "excluded",
    "has_window",
    "is_by_date",
    "leads",
    "look",
    "page",
    "parts",
    "source_shown",
    "unindexed",
]
