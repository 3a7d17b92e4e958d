"""The revisions of records, as clients get them."""

from datetime import datetime

from app.records.schemas.common import Read
from app.records.schemas.contested import AllegationOut, ObligationOut
from app.records.schemas.read import EventOut
from app.records.vocabulary import ChangeKind, Operation


class ActOut(Read):
    """One act on a record."""

    revision: int
    seq: int
    at: datetime
    operation: Operation
    kind: ChangeKind | None
    reason: str | None


class RevisionOut(ActOut):
    """One act on an event, and the event as it was read then."""

    event: EventOut | None


class RevisionList(Read):
    """The revisions of an event, first to last."""

    items: list[RevisionOut]


class AllegationRevision(ActOut):
    """One act on an allegation, and the allegation as it was read then."""

    allegation: AllegationOut | None


class AllegationRevisions(Read):
    """The revisions of an allegation, first to last."""

    items: list[AllegationRevision]


class ObligationRevision(ActOut):
    """One act on an obligation, and the obligation as it was read then."""

    obligation: ObligationOut | None


class ObligationRevisions(Read):
    """The revisions of an obligation, first to last."""

    items: list[ObligationRevision]
