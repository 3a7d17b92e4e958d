"""The typed `details` of each type of event.

Every field is optional, because a source may not say; every key is stored.
"""

from typing import Annotated

from pydantic import Field

from app.records.schemas.common import LIST_LENGTH, Count, CountryCode, Name, PlainText, Title, Written

DocketNumber = Annotated[Name, Field(description="As the court writes it.", examples=["8:25-cv-00951"])]
EntryNumber = Annotated[
    int, Field(strict=True, ge=0, le=2**31, description="The number of the docket entry.", examples=[51])
]


class DeportationDetails(Written):
    """Someone was removed from a country."""

    from_country: CountryCode | None = None
    to_country: CountryCode | None = None
    people_count: Count | None = Field(
        default=None, strict=True, description="How many people; null when no number is given."
    )
    people_note: PlainText | None = Field(default=None, description="The number in the source's words.")
    legal_basis: Title | None = None
    facility: Name | None = Field(default=None, description="Where they were taken.")
    flight: Name | None = None


class DetentionDetails(Written):
    """Someone was taken into or held in custody."""

    facility: Name | None = None
    legal_basis: Title | None = None


class ReleaseDetails(Written):
    """Someone left custody."""

    facility: Name | None = None
    conditions: PlainText | None = None


class CourtOrderDetails(Written):
    """A court ordered, ruled or decided."""

    docket: DocketNumber | None = None
    entry_number: EntryNumber | None = None
    disposition: Title | None = Field(default=None, description="What the court did, in a few words.")
    directs: PlainText | None = Field(default=None, description="What it tells someone to do.")


class CourtFilingDetails(Written):
    """A party filed something with a court."""

    docket: DocketNumber | None = None
    entry_number: EntryNumber | None = None
    filing_type: Name | None = None


class HearingDetails(Written):
    """A court sat."""

    docket: DocketNumber | None = None
    hearing_type: Name | None = None


class MeetingDetails(Written):
    """People met."""

    venue: Name | None = Field(default=None, examples=["Oval Office"])
    topics: list[Name] = Field(default_factory=list, max_length=LIST_LENGTH)


class StatementDetails(Written):
    """Someone said or wrote something in public."""

    forum: Name | None = Field(default=None, description="Where it was said: press, social media, court, …")
    quote: PlainText | None = Field(default=None, description="The speaker's own words.")


class LegislationDetails(Written):
    """A law was proposed, passed, amended or repealed."""

    citation: Name | None = Field(default=None, description="How the law is cited.")
    action: Name | None = Field(default=None, description="What happened to it: enacted, amended, …")


class ExecutiveActionDetails(Written):
    """A government acted by its own authority."""

    citation: Name | None = None
    action: Name | None = None


class AgreementDetails(Written):
    """Two or more sides agreed."""

    terms: PlainText | None = None


class OtherDetails(Written):
    """Anything else."""

    label: Name | None = Field(default=None, description="What kind of event it is, in a word or two.")
