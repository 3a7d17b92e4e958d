"""From a filter to a SELECT.  Pure: what needs the database was settled before.

To-many filters are EXISTS, never a join: an event is found once, however many
of its ties match.
"""

from app.timeline.query.conditions import Asked, Condition, actor_shown, conditions, source_shown
from app.timeline.query.pages import (
    KEY,
    SIZE,
    Key,
    Part,
    Position,
    Segment,
    base,
    counts,
    excluded,
    page,
    parts,
    segments,
)

__all__ = [
    "KEY",
    "SIZE",
    "Asked",
    "Condition",
    "Key",
    "Part",
    "Position",
    "Segment",
    "actor_shown",
    "base",
    "conditions",
    "counts",
    "excluded",
    "page",
    "parts",
    "segments",
    "source_shown",
]
