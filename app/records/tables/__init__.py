"""The tables.  `revisions` is the log and the truth; all others are read models of it.

A row of a read model holds for one revision of one record: from `seq` until
`last_seq` (null: it still holds).  Both ends are changed together, in
`records.store`, and nowhere else.
"""

from app.records.tables.allegations import Allegation, EventAllegation, Position
from app.records.tables.events import (
    ORDER,
    Citation,
    Event,
    EventCase,
    EventTag,
    Participation,
    Placed,
    Relation,
    Tie,
)
from app.records.tables.log import (
    CURRENT,
    STRICT,
    CaseChange,
    Installation,
    Merge,
    Record,
    Revised,
    RevisedRecord,
    Revision,
    where,
)
from app.records.tables.models import READ_MODELS
from app.records.tables.named import Actor, Case, CaseTag, Docket, Party, Source
from app.records.tables.obligations import Obligation, ObligationTie
from app.records.tables.periods import ObligationPeriod
from app.records.tables.stale import StaleAnswer

__all__ = [
    "CURRENT",
    "ORDER",
    "READ_MODELS",
    "STRICT",
    "Actor",
    "Allegation",
    "Case",
    "CaseChange",
    "CaseTag",
    "Citation",
    "Docket",
    "Event",
    "EventAllegation",
    "EventCase",
    "EventTag",
    "Installation",
    "Merge",
    "Obligation",
    "ObligationPeriod",
    "ObligationTie",
    "Participation",
    "Party",
    "Placed",
    "Position",
    "Record",
    "Relation",
    "Revised",
    "RevisedRecord",
    "Revision",
    "Source",
    "StaleAnswer",
    "Tie",
    "where",
]
