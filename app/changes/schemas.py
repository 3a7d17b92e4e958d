"""The answers of the feed, as the documentation shows them."""

from datetime import datetime
from typing import Final, Literal

from pydantic import Field, JsonValue

from app.records.documents import encode
from app.records.schemas.common import Read
from app.records.vocabulary import ChangeKind, Operation


class ChangeOut(Read):
    """One act on one record.

    Of a record that the reader may no longer see, `seq`, `at` and `hash` are left: the rest is null, and
    `cases` is empty.  Whoever keeps copies then asks for them again.
    """

    seq: int = Field(description="The change's number: each is one more than the one before.", examples=[17])
    at: datetime
    operation: Operation | None
    record: str | None = Field(
        description="Id of the record.  It begins with the record's type: `cas_`, `act_`, `src_`, `evt_`.",
        examples=["evt_7k3mq9xw2h0d"],
    )
    revision: int | None = Field(description="The record's revision that the act made.", examples=[2])
    cases: list[str] = Field(description="Ids of the cases whose answers the act alters.")
    kind: ChangeKind | None
    digest: str | None = Field(
        description="SHA-256 of the document, of what its reader saw of it when the act was recorded; a "
        "redaction keeps it."
    )
    hash: str = Field(description="Chains the change to the one before it.")


class ChangesOut(Read):
    """A page of the feed, oldest change first."""

    items: list[ChangeOut]
    next_after: int = Field(description="The `after` to go on from: everything up to it was looked through.")
    high_watermark: int = Field(description="The newest change there is for this reader; 0 for none.")
    epoch: str = Field(
        description="New after the database was restored from a copy: numbers may then be used again, and a "
        "follower that sees another epoch starts over from 0."
    )


class HeadOut(Read):
    """The newest change."""

    seq: int
    hash: str


class InvalidChangeOut(Read):
    """Where a chain breaks."""

    seq: int
    what: Literal["missing", "hash", "document"] = Field(
        description="The change is missing; its hash does not follow from the one before and what it says; "
        "or its document is not the one that was recorded."
    )


class VerificationOut(Read):
    """What came of recomputing the chain."""

    first: int = Field(alias="from", description="The first change that was looked at.")
    last: int = Field(alias="to", description="The last one.")
    checked: int = Field(description="How many changes were looked at, up to the first invalid one.")
    valid: bool
    first_invalid: InvalidChangeOut | None
    head: HeadOut = Field(description="The newest change: whoever keeps it can prove later what came before.")
    redacted: int = Field(
        description="How many documents a redaction has rewritten; of these only the digest is left to check."
    )


# The first of a log; its hash is what the recipe gives.
_CHANGE: Final[dict[str, JsonValue]] = {
    "seq": 1,
    "at": "2026-12-01T09:00:00.000001Z",
    "operation": "create",
    "record": "cas_7k3mq9xw2h0d",
    "revision": 1,
    "cases": ["cas_7k3mq9xw2h0d"],
    "kind": None,
    "digest": "9b1c7c8e4fd5b5c0c1a9a4b7f5f0b7d8e2a6c3d4f1908172635445362718a9b0",
    "hash": "ef73cfb25fa8ef4a9b651d788de2e5f097e27bfe66a2f3f37cc5f4a602dfda98",
}
STREAM_EXAMPLE: Final = f"""\
retry: 2000

event: start
data: {{"after":0,"high_watermark":1,"epoch":"07be0250"}}
id: 0

event: change
data: {encode(_CHANGE).decode()}
id: 1

"""
