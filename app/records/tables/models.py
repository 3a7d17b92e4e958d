"""Which read models each type of record has."""

from typing import Final

from app.records.tables.allegations import Allegation, EventAllegation, Position
from app.records.tables.events import Citation, Event, EventCase, EventTag, Participation, Relation
from app.records.tables.log import Revised
from app.records.tables.named import Actor, Case, CaseTag, Docket, Party, Source
from app.records.tables.obligations import Obligation, ObligationTie

# The read models of each type of record: the row of the record first, then its ties.
READ_MODELS: Final[dict[str, tuple[type[Revised], ...]]] = {
    "case": (Case, CaseTag, Docket, Party),
    "actor": (Actor,),
    "source": (Source,),
    "event": (Event, EventCase, Participation, Citation, Relation, EventTag, EventAllegation),
    "allegation": (Allegation, Position),
    "obligation": (Obligation, ObligationTie),
}
