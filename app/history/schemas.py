"""The answers about history, as the documentation shows them."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.records.schemas.common import Read
from app.records.schemas.read import EventOut
from app.records.vocabulary import ChangeKind, Operation, RecordType
from app.timeline.schemas import TimelineOut


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


class SinceOut(Read):
    """What befell a snapshot after it was made."""

    at: datetime | None = Field(description="When, as far as it is known.")
    reason: str = Field(description="Why, as far as it is told.")


class SnapshotOut(Read):
    """A timeline that was put on record."""

    id: str = Field(examples=["snp_7k3mq9xw2h0d"])
    created_at: datetime
    filter: dict[str, Any] | None = Field(
        description="What was asked, with records by their ids. Null in a snapshot of which something was "
        "withdrawn, since the question may tell of it."
    )
    redacted: SinceOut | None = Field(description="A name was taken out of it since: when, and why.")
    withdrawn: SinceOut | None = Field(
        description="Something in it is not public any more, and is left out: since when, and why. When all "
        "of it is public again, the first bytes come back."
    )
    timeline: TimelineOut | None = Field(
        description="The whole answer on one page. Null where the question itself named what is not public "
        "any more."
    )


class SnapshotMadeOut(Read):
    """A snapshot that was just made."""

    id: str = Field(examples=["snp_7k3mq9xw2h0d"])
    sha256: str = Field(description="SHA-256 of the bytes that `GET` answers, in hexadecimal.")
    created_at: datetime
    as_of: datetime
    seq: int = Field(description="The change it is as of, in the public's numbering.")
    events: int


class SnapshotCheckOut(SnapshotMadeOut):
    """What a snapshot is worth now."""

    original_sha256: str = Field(description="SHA-256 of the bytes as they were first kept.")
    permalink: str | None = Field(
        description="The same question to the timeline. Null while something in it is withdrawn."
    )
    matches: bool = Field(
        description="The log, asked again as of that change, gives what `GET` answers; and the bytes are "
        "those first kept, unless a name was taken out."
    )
    redacted: SinceOut | None
    withdrawn: SinceOut | None
