"""The answers about orders, threads and coverage, as the documentation shows them."""

from datetime import datetime

from pydantic import Field

from app.records.schemas.common import Read
from app.records.schemas.read import EventOut, OccurredOut


class OnePage(Read):
    """What a list that is always given whole has beside its items."""

    next: None
    previous: None
    total: None
    as_of: datetime = Field(description="The newest change that could have altered the answer.")
    permalink: str = Field(description="The same query by ids, which answers the same for ever.")


class ThreadEvent(Read):
    """An event of a thread, and how many steps it is away."""

    depth: int
    event: EventOut


class ThreadOut(OnePage):
    """What an event bears on and what bears on it, in order of time."""

    items: list[ThreadEvent]
    is_complete: bool = Field(description="False where the thread has more events than are given.")


class Gap(Read):
    """A run of docket entries that are not recorded."""

    first: int
    last: int


class DocketCoverage(Read):
    """How far the record of one docket goes."""

    court: str
    docket_number: str
    url: str | None
    events: int = Field(description="Events recorded of this docket.")
    entries: int = Field(description="Different entries among them.")
    first_entry: int | None
    last_entry: int | None
    gaps: list[Gap] = Field(description="Entries from 1 to the last that are not recorded.")
    first_date: OccurredOut | None
    last_date: OccurredOut | None
    last_checked_at: datetime | None = Field(
        description="When the docket was last compared with the court's; where nobody noted that, when its "
        "newest event was recorded."
    )


class CoverageOut(OnePage):
    """How far the record of a case's dockets goes."""

    items: list[DocketCoverage]
    existence_only: list[EventOut] = Field(
        description="Events of the case of which the public sees only that they exist."
    )
