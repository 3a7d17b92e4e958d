"""What clients get.  These classes document the answers; `records.documents` makes them.

A record of visibility `existence_only` is read with every field null or empty
but those that say that it exists: hence the many nullable fields.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from app.records.schemas import details as shapes
from app.records.schemas.common import Place, Read
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


class OccurredOut(Read):
    """When it happened, as exactly as the source allows."""

    edtf: str = Field(examples=["2025-04"])
    earliest: str | None = Field(
        description="First moment allowed; null when open.", examples=["2025-04-01T04:00:00Z"]
    )
    latest: str | None = Field(
        description="The moment after the last one allowed; null when open.",
        examples=["2025-05-01T04:00:00Z"],
    )
    precision: (
        Literal[
            "millennium", "century", "decade", "year", "season", "month", "day", "hour", "minute", "second"
        ]
        | None
    ) = Field(examples=["month"])
    qualifier: Literal["approximate", "uncertain", "both"] | None
    kind: Literal["moment", "span"]
    timezone: str = Field(examples=["America/New_York"])
    display: str = Field(examples=["April 2025"])


class Audited(Read):
    """What every record carries about itself."""

    id: str
    revision: int


class CaseStub(Read):
    """A case as an event names it."""

    id: str = Field(examples=["cas_7k3mq9xw2h0d"])
    slug: str = Field(examples=["abrego-garcia"])
    title: str


class ActorStub(Read):
    """An actor as another record names it."""

    id: str
    slug: str = Field(examples=["nayib-bukele"])
    name: str
    kind: ActorKind


class ParticipationOut(ActorStub):
    """An actor and what it did in the event."""

    role: Role


class SourceStub(Read):
    """A source as a citation names it."""

    id: str
    publisher: str | None
    title: str
    url: str | None
    published: str | None


class CitationOut(Read):
    """The tie from an event to a source."""

    source: SourceStub
    locator: str | None
    quote: str | None
    occurred: OccurredOut | None = Field(description="What this source says of the date, where it differs.")


class EventStub(Read):
    """An event as a relation names it; its title is null once it is retracted."""

    id: str
    title: str | None


class AllegationStub(Read):
    """An allegation as an event names it."""

    id: str = Field(examples=["alg_7k3mq9xw2h0d"])
    text: str


class RelationOut(Read):
    """How the event bears on another one."""

    type: RelationType
    event: EventStub


class PartyOut(ActorStub):
    """An actor and its role in a docket."""

    role: PartyRole


class DocketOut(Read):
    """A court's register of one proceeding."""

    court: str
    docket_number: str
    url: str | None
    parties: list[PartyOut]


class CaseOut(Audited):
    """A case."""

    slug: str | None
    title: str | None
    summary: str | None
    status: CaseStatus | None
    timezone: str | None
    dockets: list[DocketOut]
    tags: list[str]
    external_id: str | None
    visibility: Visibility
    visibility_reason: str | None
    recorded_at: datetime
    event_count: int | None
    first_date: OccurredOut | None = Field(description="The date of the first event in order of time.")
    last_date: OccurredOut | None = Field(description="The date of the last dated event in order of time.")
    last_change_seq: int | None = Field(description="The newest change that altered any answer of the case.")


class ActorOut(Audited):
    """An actor."""

    slug: str | None
    name: str | None
    kind: ActorKind | None
    aliases: list[str]
    external_id: str | None
    visibility: Visibility
    visibility_reason: str | None
    recorded_at: datetime


class SourceOut(Audited):
    """A source."""

    kind: SourceKind | None
    publisher: str | None
    title: str | None
    url: str | None
    published: str | None
    archived_url: str | None
    sha256: str | None
    external_id: str | None
    visibility: Visibility
    visibility_reason: str | None
    recorded_at: datetime


class EventFields(Audited):
    """What every event has, whatever its type."""

    title: str | None
    summary: str | None
    occurred: OccurredOut | None
    sequence: int | None
    standing: Standing | None
    cases: list[CaseStub]
    actors: list[ParticipationOut]
    place: Place | None
    citations: list[CitationOut]
    relations: list[RelationOut]
    tags: list[str]
    external_id: str | None
    visibility: Visibility
    visibility_reason: str | None
    allegation: AllegationStub | None = Field(description="The allegation it rests on.")
    recorded_at: datetime
    corrections: int | None = Field(description="How many revisions the reader may see were corrections.")
    last_corrected_at: datetime | None


class DeportationOut(EventFields):
    """A deportation."""

    type: Literal["deportation"]
    details: shapes.DeportationDetails | None


class DetentionOut(EventFields):
    """A detention."""

    type: Literal["detention"]
    details: shapes.DetentionDetails | None


class ReleaseOut(EventFields):
    """A release."""

    type: Literal["release"]
    details: shapes.ReleaseDetails | None


class CourtOrderOut(EventFields):
    """A court's order, ruling or decision."""

    type: Literal["court_order"]
    details: shapes.CourtOrderDetails | None


class CourtFilingOut(EventFields):
    """A court filing."""

    type: Literal["court_filing"]
    details: shapes.CourtFilingDetails | None


class HearingOut(EventFields):
    """A hearing."""

    type: Literal["hearing"]
    details: shapes.HearingDetails | None


class MeetingOut(EventFields):
    """A meeting."""

    type: Literal["meeting"]
    details: shapes.MeetingDetails | None


class StatementOut(EventFields):
    """A statement."""

    type: Literal["statement"]
    details: shapes.StatementDetails | None


class LegislationOut(EventFields):
    """A law."""

    type: Literal["legislation"]
    details: shapes.LegislationDetails | None


class ExecutiveActionOut(EventFields):
    """An executive action."""

    type: Literal["executive_action"]
    details: shapes.ExecutiveActionDetails | None


class AgreementOut(EventFields):
    """An agreement."""

    type: Literal["agreement"]
    details: shapes.AgreementDetails | None


class OtherOut(EventFields):
    """An event of another type."""

    type: Literal["other"]
    details: shapes.OtherDetails | None


EventOut = Annotated[
    DeportationOut
    | DetentionOut
    | ReleaseOut
    | CourtOrderOut
    | CourtFilingOut
    | HearingOut
    | MeetingOut
    | StatementOut
    | LegislationOut
    | ExecutiveActionOut
    | AgreementOut
    | OtherOut,
    Field(discriminator="type"),
]
