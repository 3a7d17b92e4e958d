"""What documents and answers are made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json

from app.records.revisions import View
from app.records.vocabulary import RecordType, Visibility

# A stored document or an answer: JSON, whose shape the schemas give.
Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds a document in an answer."""

    id: str
    type: RecordType
    revision: int
    visibility: Visibility
    is_whole: bool
    recorded_at: datetime
    corrections: int
    last_corrected_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stub:
    """A record as other records name it; `document` is `None` once it is retracted."""

    id: str
    type: RecordType
    document: Document | None


def encode(document: object) -> bytes:
    """Return compact JSON in UTF-8; keys keep their order."""
    return to_json(document)


def decode(document: bytes) -> Document:
    """Return the document that `encode` made."""
    decoded: Document = from_json(document)
    return decoded


def read_revision(revision: Any, view: View, now: str) -> Envelope:  # noqa: ANN401 - a row of the log
    """Return the envelope of a row of `revisions`; `now` is the record's visibility now."""
    shown = {Visibility.PUBLIC.value}
    is_whole = not view.is_public or {revision.visibility, now} <= shown
    return Envelope(
        id=revision.record_id,
        type=RecordType(revision.record_type),
        revision=revision.number,
        visibility=Visibility(revision.visibility) if is_whole else Visibility.EXISTENCE_ONLY,
        is_whole=is_whole,
        recorded_at=(view.is_public and revision.public_recorded_at) or revision.recorded_at,
        corrections=revision.public_corrections if view.is_public else revision.corrections,
        last_corrected_at=(
            revision.public_last_corrected_at if view.is_public else revision.last_corrected_at
        ),
    )
