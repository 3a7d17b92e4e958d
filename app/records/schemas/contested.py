"""Allegations and obligations, as they are written and as they are read."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic import Tag as Form

from app.records.schemas.common import (
    LIST_LENGTH,
    TEXT_LENGTH,
    TEXT_OR_OBJECT,
    DateText,
    Name,
    Read,
    Reference,
    Title,
    Written,
    storable,
)
from app.records.schemas.read import ActorStub, Audited, CaseStub, CitationOut, EventStub, OccurredOut
from app.records.schemas.written import ActorIn, CitationIn, Shown
from app.records.vocabulary import AllegationStanding, Effect, Finding, Stance, Visibility

Act = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LENGTH), AfterValidator(storable)]
RuleText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_ZONE = "IANA name: its days are days there; that of the case when left out."


class PositionIn(Written):
    """One actor's word on an allegation."""

    actor: Annotated[Annotated[Reference, Form("text")] | Annotated[ActorIn, Form("object")], TEXT_OR_OBJECT]
    stance: Stance
    occurred: DateText | None = Field(
        default=None, description="When it was said: EDTF, or an instant.", examples=["2025-04-14"]
    )
    forum: Name | None = Field(default=None, description="Where it was said.", examples=["press"])
    citation: CitationIn | None = Field(default=None, description="Who reports it; the words as its `quote`.")
    event: Reference | None = Field(default=None, description="The event it was said in.")


class AllegationIn(Shown):
    """A contested statement of fact in a case."""

    case: Reference
    text: Title = Field(examples=["He is a member of MS-13."])
    timezone: Name | None = Field(default=None, description=_ZONE)
    positions: list[PositionIn] = Field(default_factory=list, max_length=LIST_LENGTH)


class PositionOut(Read):
    """One actor's word on an allegation."""

    actor: ActorStub
    stance: Stance
    occurred: OccurredOut | None
    forum: str | None
    citation: CitationOut | None
    event: EventStub | None


class AboutOut(Read):
    """What such a record carries about itself."""

    external_id: str | None
    visibility: Visibility
    visibility_reason: str | None
    recorded_at: datetime
    corrections: int | None
    last_corrected_at: datetime | None


class AllegationOut(Audited, AboutOut):
    """A contested statement of fact, who says what of it, and how it stands by that."""

    case: CaseStub | None
    text: str | None
    standing: AllegationStanding | None = Field(
        description="Worked out from the positions shown. A finding decides, the latest of several; without "
        "one it is disputed where somebody denies it, conceded where somebody admits it and nobody denies "
        "it, withdrawn where whoever asserted it took it back, else unanswered. Of each actor the latest "
        "word counts."
    )
    positions: list[PositionOut]


class TermIn(Written):
    """What became of a duty after it was ordered."""

    occurred: DateText | None = Field(
        default=None, description="When: EDTF, or an instant; the event's date when left out."
    )
    effect: Effect
    due: DateText | None = Field(default=None, description="When it is due now; needed by `due_changed`.")
    event: Reference | None = Field(default=None, description="The event that did it.")


class ResponseIn(Written):
    """What was done about a duty."""

    event: Reference
    by: Reference | None = Field(default=None, description="Who answered.")
    claims_compliance: bool = False


class FindingIn(Written):
    """What a court found of compliance."""

    event: Reference
    finding: Finding


class ObligationIn(Shown):
    """One thing that an order binds someone to."""

    order: Reference = Field(description="The event that ordered it.")
    bound: Annotated[Annotated[Reference, Form("text")] | Annotated[ActorIn, Form("object")], TEXT_OR_OBJECT]
    act: Act = Field(examples=["Facilitate his return."])
    due: DateText | None = Field(
        default=None,
        description="EDTF, or an instant. A day is due at its end.",
        examples=["2025-04-07T23:59-04:00"],
    )
    recurrence: RuleText | None = Field(
        default=None, description="RFC 5545 rule, counted from `due`.", examples=["FREQ=DAILY"]
    )
    timezone: Name | None = Field(
        default=None, description="IANA name: its days are days there; the order's when left out."
    )
    terms: list[TermIn] = Field(default_factory=list, max_length=LIST_LENGTH)
    responses: list[ResponseIn] = Field(default_factory=list, max_length=LIST_LENGTH)
    findings: list[FindingIn] = Field(default_factory=list, max_length=LIST_LENGTH)


class DatedEvent(EventStub):
    """An event as an obligation names it."""

    occurred: OccurredOut | None


class TermOut(Read):
    """What became of a duty after it was ordered."""

    occurred: OccurredOut | None
    effect: Effect
    due: OccurredOut | None
    event: DatedEvent | None


class ResponseOut(Read):
    """What was done about a duty; compliance that is claimed is not compliance that was found."""

    event: DatedEvent
    by: ActorStub | None
    claims_compliance: bool


class FindingOut(Read):
    """What a court found of compliance."""

    event: DatedEvent
    finding: Finding


class ObligationOut(Audited, AboutOut):
    """One thing that an order binds someone to, as it is recorded."""

    order: DatedEvent | None
    bound: ActorStub | None
    act: str | None
    due: OccurredOut | None
    recurrence: str | None
    terms: list[TermOut]
    responses: list[ResponseOut]
    findings: list[FindingOut]
