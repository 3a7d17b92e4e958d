"""Why a record is changed, and what is left of one that was withdrawn."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.records.schemas.common import LIST_LENGTH, Name, Read, Reference, Written, storable
from app.records.vocabulary import ChangeKind, Operation

REASON_LENGTH = 2_000

Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=REASON_LENGTH),
    AfterValidator(storable),
]


class ChangeIn(Written):
    """Why the record is changed; everyone who may read the record may read this."""

    kind: ChangeKind
    reason: Reason = Field(examples=["The order is dated 10 April, not 11 April."])


class ActIn(Written):
    """An act that needs a reason and nothing else."""

    change: ChangeIn


class MergeIn(ActIn):
    """Which record survives."""

    into: Reference = Field(description="The surviving record: id, slug or `external_id`.")


class RedactIn(ActIn):
    """What stands in place of a name from now on, and always stood there."""

    label: Name = Field(examples=["Plaintiff A"])
    also: list[Name] = Field(
        default_factory=list,
        max_length=LIST_LENGTH,
        description="Other spellings to take out. Every name and alias the actor ever had is taken out "
        "anyway, whatever its capitals and accents, and joined by hyphens as in addresses.",
    )


class TombstoneOut(Read):
    """What is left of a record that was retracted, or merged into another one."""

    id: str
    revision: int
    operation: Operation
    kind: ChangeKind
    reason: str
    at: datetime
    into: str | None = Field(description="The record that survived a merge.")


class RemainsOut(Read):
    """A place where the name may still be, which the service cannot reach or did not clear."""

    place: str
    advice: str


class RedactionOut(Read):
    """What a redaction did.  The name itself is not repeated."""

    actor: str = Field(description="Id of the actor.")
    slug: str = Field(description="Its slug, which is a new one where the old one held the name.")
    revision: int
    rewritten: int = Field(description="How many revisions were rewritten, of all records.")
    found_in_file: int | None = Field(
        description="How often the name is still in the database's files as bytes; null where they could not "
        "be searched."
    )
    remains: list[RemainsOut]
