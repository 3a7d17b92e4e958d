"""What clients send to make a record.

Records are referred to by id, slug or `external_id`; an unknown one is an
error of the field that names it.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field
from pydantic import Tag as Form

from app.records.schemas import details as shapes
from app.records.schemas.common import (
    LIST_LENGTH,
    TEXT_OR_OBJECT,
    DateText,
    Name,
    Place,
    PlainText,
    Reference,
    Sequence,
    Sha256,
    Slug,
    Tag,
    Title,
    Url,
    Written,
)
from app.records.vocabulary import (
    ActorKind,
    CaseStatus,
    PartyRole,
    RelationType,
    Role,
    SourceKind,
    Standing,
    Visibility,
)

Tags = Annotated[list[Tag], Field(max_length=LIST_LENGTH, description="Lower case, words joined by hyphens.")]


class Shown(Written):
    """Who may see the record, and why not everyone."""

    external_id: Name | None = Field(
        default=None, description="The record's id in another system; unique by type."
    )
    visibility: Visibility = Visibility.PUBLIC
    visibility_reason: PlainText | None = None


class PartyIn(Written):
    """An actor's role in a docket."""

    actor: Reference
    role: PartyRole


class DocketIn(Written):
    """A court's register of one proceeding."""

    court: Name = Field(description="The court's id as CourtListener writes it.", examples=["mdd"])
    docket_number: Name = Field(examples=["8:25-cv-00951"])
    url: Url | None = None
    parties: list[PartyIn] = Field(default_factory=list, max_length=LIST_LENGTH)


class CaseIn(Shown):
    """One matter followed over time."""

    slug: Slug = Field(examples=["abrego-garcia"])
    title: Title
    summary: PlainText | None = None
    status: CaseStatus = CaseStatus.OPEN
    timezone: Name = Field(default="UTC", description="IANA name: the days of the case are days there.")
    dockets: list[DocketIn] = Field(default_factory=list, max_length=LIST_LENGTH)
    tags: Tags = Field(default_factory=list)


class ActorIn(Shown):
    """A person, an organization, a court, a government or a group."""

    slug: Slug = Field(examples=["paula-xinis"])
    name: Name
    kind: ActorKind
    aliases: list[Name] = Field(default_factory=list, max_length=LIST_LENGTH)


class SourceIn(Shown):
    """A document or a publication."""

    kind: SourceKind
    publisher: Name | None = None
    title: Title
    url: Url | None = None
    published: DateText | None = Field(default=None, description="EDTF.", examples=["2025-04-14"])
    archived_url: Url | None = None
    sha256: Sha256 | None = Field(default=None, description="Of the document's bytes, in hexadecimal.")


class OccurredIn(Written):
    """When it happened, with the time zone its days and local times are of."""

    edtf: DateText
    timezone: Name | None = None


OccurredText: TypeAlias = Annotated[
    Annotated[DateText, Form("text")] | Annotated[OccurredIn, Form("object")], TEXT_OR_OBJECT
]


class ParticipationIn(Written):
    """An actor and what it did."""

    actor: Annotated[Annotated[Reference, Form("text")] | Annotated[ActorIn, Form("object")], TEXT_OR_OBJECT]
    role: Role


class CitationIn(Written):
    """The tie from an event to a source."""

    source: Annotated[
        Annotated[Reference, Form("text")] | Annotated[SourceIn, Form("object")], TEXT_OR_OBJECT
    ]
    locator: Name | None = Field(default=None, description="Where in the source.", examples=["p. 2"])
    quote: PlainText | None = Field(default=None, description="The source's words.")
    occurred: DateText | None = Field(
        default=None, description="What this source says of the date, if it differs."
    )


class RelationIn(Written):
    """How the event bears on another one."""

    type: RelationType
    event: Reference


class EventFields(Shown):
    """What every event may have, whatever its type."""

    title: Title
    summary: PlainText | None = None
    occurred: OccurredText | None = Field(
        description="EDTF, or an RFC 3339 instant; null when nothing is known of the date.",
        examples=["2025-04-10", "2025-04", "[..2025-03-14]", "2025-04-14T11:45-04:00"],
    )
    timezone: Name | None = Field(default=None, description="IANA name; the first case's when left out.")
    sequence: Sequence = Field(default=0, description="Orders events of one moment.")
    cases: list[Reference] = Field(min_length=1, max_length=LIST_LENGTH)
    actors: list[ParticipationIn] = Field(default_factory=list, max_length=LIST_LENGTH)
    place: Place | None = None
    citations: list[CitationIn] = Field(default_factory=list, max_length=LIST_LENGTH)
    relations: list[RelationIn] = Field(default_factory=list, max_length=LIST_LENGTH)
    tags: Tags = Field(default_factory=list)
    standing: Standing = Standing.REPORTED
    allegation: Reference | None = Field(
        default=None, description="The allegation it rests on, which must be one of its cases'."
    )


class DeportationIn(EventFields):
    """A deportation."""

    type: Literal["deportation"]
    details: shapes.DeportationDetails = Field(default_factory=shapes.DeportationDetails)


class DetentionIn(EventFields):
    """A detention."""

    type: Literal["detention"]
    details: shapes.DetentionDetails = Field(default_factory=shapes.DetentionDetails)


class ReleaseIn(EventFields):
    """A release."""

    type: Literal["release"]
    details: shapes.ReleaseDetails = Field(default_factory=shapes.ReleaseDetails)


class CourtOrderIn(EventFields):
    """A court's order, ruling or decision."""

    type: Literal["court_order"]
    details: shapes.CourtOrderDetails = Field(default_factory=shapes.CourtOrderDetails)


class CourtFilingIn(EventFields):
    """A court filing."""

    type: Literal["court_filing"]
    details: shapes.CourtFilingDetails = Field(default_factory=shapes.CourtFilingDetails)


class HearingIn(EventFields):
    """A hearing."""

    type: Literal["hearing"]
    details: shapes.HearingDetails = Field(default_factory=shapes.HearingDetails)


class MeetingIn(EventFields):
    """A meeting."""

    type: Literal["meeting"]
    details: shapes.MeetingDetails = Field(default_factory=shapes.MeetingDetails)


class StatementIn(EventFields):
    """A statement."""

    type: Literal["statement"]
    details: shapes.StatementDetails = Field(default_factory=shapes.StatementDetails)


class LegislationIn(EventFields):
    """A law."""

    type: Literal["legislation"]
    details: shapes.LegislationDetails = Field(default_factory=shapes.LegislationDetails)


class ExecutiveActionIn(EventFields):
    """An executive action."""

    type: Literal["executive_action"]
    details: shapes.ExecutiveActionDetails = Field(default_factory=shapes.ExecutiveActionDetails)


class AgreementIn(EventFields):
    """An agreement."""

    type: Literal["agreement"]
    details: shapes.AgreementDetails = Field(default_factory=shapes.AgreementDetails)


class OtherIn(EventFields):
    """An event of another type."""

    type: Literal["other"]
    details: shapes.OtherDetails = Field(default_factory=shapes.OtherDetails)


EventIn = Annotated[
    DeportationIn
    | DetentionIn
    | ReleaseIn
    | CourtOrderIn
    | CourtFilingIn
    | HearingIn
    | MeetingIn
    | StatementIn
    | LegislationIn
    | ExecutiveActionIn
    | AgreementIn
    | OtherIn,
    Field(discriminator="type"),
]
