"""What a snapshot holds, and what of it may still be shown.  Pure: no database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from app.core import stamps
from app.history.causes import named_in_answer
from app.records.documents import Document, decode, encode


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole timeline, as the public reads it."""

    items: tuple[Document, ...]
    timezone: str
    excluded: int

    @classmethod
    def of(cls, timeline: Document) -> Self:
        """Return the reading that a snapshot's `timeline` is of."""
        return cls(tuple(timeline["items"]), timeline["timezone"], timeline["excluded"])

    def told(self) -> set[tuple[str, str]]:
        """Return what it tells of: each event with its visibility, and with each record it names."""
        return {(item["id"], item["visibility"]) for item in self.items} | {
            (item["id"], named) for item in self.items for named in named_in_answer(item)
        }

    def ids(self) -> set[str]:
        """Return the ids of the events, and of the records they name."""
        return {part for pair in self.told() for part in pair}

    def lacks(self, other: Self) -> set[str]:
        """Return the ids of what the other reading tells of and this one does not."""
        missing = other.told() - self.told()
        # A visibility is no id, and does no harm among them.
        return {part for pair in missing for part in pair}

    def is_less_than(self, other: Self) -> bool:
        """Tell whether the other reading tells of anything that this one does not."""
        return bool(self.lacks(other)) or self.excluded < other.excluded


@dataclass(frozen=True, slots=True)
class Since:
    """What befell a snapshot: when, and why as far as it is told."""

    at: datetime | None
    reason: str

    def as_json(self) -> Document:
        """Return the member it has in an answer."""
        return {"at": None if self.at is None else stamps.moment_text(self.at), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds the timeline of a snapshot."""

    id: str
    created_at: datetime
    filter: Document
    as_of: datetime
    permalink: str


def first_bytes(envelope: Envelope, answers: Sequence[bytes], *, timezone: str, excluded: int) -> bytes:
    """Return what is kept; `answers` are the events as the timeline gives them."""
    head = {
        "id": envelope.id,
        "created_at": stamps.moment_text(envelope.created_at),
        "filter": envelope.filter,
        "redacted": None,
        "withdrawn": None,
    }
    tail = {
        "next": None,
        "previous": None,
        "total": len(answers),
        "as_of": stamps.moment_text(envelope.as_of),
        "permalink": envelope.permalink,
        "timezone": timezone,
        "excluded": excluded,
    }
    items = b",".join(answers)
    return encode(head)[:-1] + b',"timeline":{"items":[' + items + b"]," + encode(tail)[1:] + b"}"


@dataclass(frozen=True, slots=True)
class Served:
    """A snapshot as it is served now."""

    body: bytes
    document: Document
    redacted: Since | None
    withdrawn: Since | None


def serve(kept: bytes, *, redacted: Since | None) -> Served:
    """Return a snapshot of which nothing is withdrawn: the kept bytes, unless it has to say more."""
    document = decode(kept)
    if redacted is None:
        return Served(kept, document, None, None)
    document = {**document, "redacted": redacted.as_json()}
    return Served(encode(document), document, redacted, None)


def serve_less(served: Served, reading: Reading | None, withdrawn: Since) -> Served:
    """Return a snapshot that shows `reading` instead; `None` where the question itself is withdrawn."""
    timeline = None
    if reading is not None:
        timeline = {
            **served.document["timeline"],
            "items": list(reading.items),
            "total": len(reading.items),
            "timezone": reading.timezone,
            "excluded": reading.excluded,
        }
    # The words and the ids of the question may be of what is hidden.
    document = {**served.document, "filter": None, "withdrawn": withdrawn.as_json(), "timeline": timeline}
    return replace(served, body=encode(document), document=document, withdrawn=withdrawn)
