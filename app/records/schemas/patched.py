"""What clients send to amend a record: a JSON merge patch (RFC 7396) and the reason beside it.

A field that is left out stays; null empties it.  What results must be as a
record is written, so that a field which must be there cannot be emptied.
"""

from pydantic import Field, JsonValue

from app.records.schemas.acts import ActIn
from app.records.schemas.common import (
    LIST_LENGTH,
    DateText,
    Name,
    Place,
    PlainText,
    Reference,
    Sequence,
    Sha256,
    Slug,
    Title,
    Url,
)
from app.records.schemas.contested import Act, FindingIn, PositionIn, ResponseIn, RuleText, TermIn
from app.records.schemas.written import (
    CitationIn,
    DocketIn,
    OccurredText,
    ParticipationIn,
    RelationIn,
    Tags,
)
from app.records.vocabulary import ActorKind, CaseStatus, EventType, SourceKind, Standing, Visibility


class Patch(ActIn):
    """What can be changed of any record."""

    external_id: Name | None = None
    # Not to be emptied: as if it had been left out is open to everyone.  The default is never
    # used, since only what was sent is.
    visibility: Visibility = Field(default_factory=lambda: Visibility.PUBLIC)
    visibility_reason: PlainText | None = None

    def members(self) -> dict[str, JsonValue]:
        """Return the merge patch: the fields that were sent, null where they are to be emptied."""
        sent: dict[str, JsonValue] = self.model_dump(mode="json", exclude_unset=True, exclude={"change"})
        return sent


class CasePatch(Patch):
    """Changes of a case; a list replaces the whole list."""

    slug: Slug | None = None
    title: Title | None = Field(default=None, examples=["Abrego Garcia v. Noem"])
    summary: PlainText | None = None
    status: CaseStatus | None = None
    timezone: Name | None = None
    dockets: list[DocketIn] | None = Field(default=None, max_length=LIST_LENGTH)
    tags: Tags | None = None


class ActorPatch(Patch):
    """Changes of an actor."""

    slug: Slug | None = None
    name: Name | None = Field(default=None, examples=["Paula Xinis"])
    kind: ActorKind | None = None
    aliases: list[Name] | None = Field(default=None, max_length=LIST_LENGTH)


class SourcePatch(Patch):
    """Changes of a source."""

    kind: SourceKind | None = None
    publisher: Name | None = None
    title: Title | None = None
    url: Url | None = None
    published: DateText | None = Field(default=None, examples=["2025-04-14"])
    archived_url: Url | None = None
    sha256: Sha256 | None = None


class EventPatch(Patch):
    """Changes of an event; `details` and `place` are patched member by member."""

    type: EventType | None = None
    title: Title | None = None
    summary: PlainText | None = None
    occurred: OccurredText | None = Field(default=None, examples=["2025-04-10"])
    timezone: Name | None = None
    sequence: Sequence | None = None
    cases: list[Reference] | None = Field(default=None, max_length=LIST_LENGTH)
    actors: list[ParticipationIn] | None = Field(default=None, max_length=LIST_LENGTH)
    place: Place | None = None
    details: dict[str, JsonValue] | None = Field(
        default=None, description="Members of the details of its type; null members are emptied."
    )
    citations: list[CitationIn] | None = Field(default=None, max_length=LIST_LENGTH)
    relations: list[RelationIn] | None = Field(default=None, max_length=LIST_LENGTH)
    tags: Tags | None = None
    standing: Standing | None = None
    allegation: Reference | None = None


class AllegationPatch(Patch):
    """Changes of an allegation, which stays in its case; a list replaces the whole list."""

    text: Title | None = None
    timezone: Name | None = None
    positions: list[PositionIn] | None = Field(default=None, max_length=LIST_LENGTH)


class ObligationPatch(Patch):
    """Changes of an obligation, which stays with its order; a list replaces the whole list."""

    bound: Reference | None = None
    act: Act | None = None
    due: DateText | None = Field(default=None, examples=["2025-04-07T23:59-04:00"])
    recurrence: RuleText | None = None
    timezone: Name | None = None
    terms: list[TermIn] | None = Field(default=None, max_length=LIST_LENGTH)
    responses: list[ResponseIn] | None = Field(default=None, max_length=LIST_LENGTH)
    findings: list[FindingIn] | None = Field(default=None, max_length=LIST_LENGTH)
