"""The answers about history, as the documentation shows them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.records.schemas.common import Read
from app.records.schemas.read import EventOut
from app.records.vocabulary import ChangeKind, Operation, RecordType


class ActOut(Read):
    """Why something changed: null where that is not told."""

    kind: ChangeKind | None
    reason: str | None
    seq: int | None = Field(description="The number of the act, in the reader's numbering.")


class AddedOut(ActOut):
    """An event that came into the filtered timeline."""

    event: EventOut = Field(description="As it is read at `to`.")


class ChangedOut(ActOut):
    """An event that reads otherwise, if only because a record it names does."""

    event: str = Field(examples=["evt_7k3mq9xw2h0d"])
    patch: list[dict[str, Any]] = Field(
        description="JSON Patch (RFC 6902): turns the event as read at `from` into the event as read at `to`."
    )


class RemovedOut(ActOut):
    """An event that left the filtered timeline."""

    event: EventOut = Field(description="As it was read at `from`.")


class MergedOut(ActOut):
    """An event that was found to be another one."""

    event: str
    into: str = Field(description="The event that survives.")


class DiffOut(Read):
    """What changed in a filtered timeline between two moments."""

    from_: datetime = Field(alias="from", description="The newest change by then, as its reader sees it.")
    to: datetime
    added: list[AddedOut]
    changed: list[ChangedOut]
    removed: list[RemovedOut]
    merged: list[MergedOut]
    next: str | None = Field(description="What else changed, where it is more than a page compares.")
    permalink: str


class CorrectedEvent(Read):
    """The event that was changed; its title is null once it is retracted or merged."""

    id: str
    title: str | None


class CorrectionOut(Read):
    """One act that put something right."""

    seq: int = Field(description="In the reader's numbering.")
    at: datetime
    operation: Operation
    kind: ChangeKind
    reason: str | None
    event: CorrectedEvent | None = Field(description="Null for a record of another type.")
    record: str
    type: RecordType
    revision: int
    cases: list[str] = Field(description="Ids of the cases whose answers it altered.")


class CorrectionsOut(Read):
    """One page of the corrections log."""

    items: list[CorrectionOut]
    next: str | None
    previous: str | None
    total: int | None = Field(description="Null unless asked for with `total=exact`.")
    as_of: datetime
    permalink: str
