"""The answers about orders, threads and coverage, as the documentation shows them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from app.records.schemas.common import Read
from app.records.schemas.contested import ObligationOut
from app.records.schemas.read import EventOut, OccurredOut
from app.records.status.obligations import ObligationStatus
from app.records.status.orders import OrderStatus


class OnePage(Read):
    """What a list that is always given whole has beside its items."""

    next: None
    previous: None
    total: None
    as_of: datetime = Field(description="The newest change that could have altered the answer.")
    permalink: str = Field(description="The same query by ids, which answers the same for ever.")


class Paged(Read):
    """What a page of orders or obligations has beside its items."""

    next: str | None = Field(description="The next page, by the same filters and as of the same change.")
    previous: str | None
    total: int | None = Field(description="Null unless asked for with `total=exact`.")
    as_of: datetime = Field(description="The newest change that could have altered the answer.")
    permalink: str = Field(description="The same query by ids, which answers the same for ever.")
    at: str = Field(
        description="The moment the answer is about: RFC 3339, in UTC.", examples=["2025-04-12T04:00:00Z"]
    )
    timezone: str = Field(description="The time zone of a date in `at`.")


class ObligationStatusOut(ObligationOut):
    """An obligation as it had come to be, and how it stood."""

    status: ObligationStatus
    certain: bool = Field(
        description="Whether the latest moments that the dates allow give the same status as the earliest."
    )
    due_now: OccurredOut | None = Field(
        description="By when the occurrence is due that the status is of, whatever was due first."
    )


class OrderItem(Read):
    """An order, how it stood, and what it binds someone to."""

    order: EventOut
    status: OrderStatus
    certain: bool
    obligations: list[ObligationStatusOut]


class OrdersOut(Paged):
    """One page of the orders of a case, in order of time."""

    items: list[OrderItem]


class ObligationsOut(Paged):
    """One page of the obligations of all cases, by due moment."""

    items: list[ObligationStatusOut]


class ObligationCounts(Read):
    """What is counted."""

    orders: int
    obligations: int
    late: int = Field(description="Obligations that were overdue once: answered since, late, or not at all.")
    found_noncompliant: int = Field(description="Obligations of which a court found so once.")


class ObligationValue(ObligationCounts):
    """The counts of one value."""

    value: str
    label: str
    url: str | None = Field(description="Lists the obligations that are counted.")


class StatisticsOut(Read):
    """Counts of orders and obligations."""

    by: Literal["bound", "court", "month"]
    values: list[ObligationValue] = Field(
        description="The greatest first, months in order. An order of two dockets counts for both courts."
    )
    all: ObligationCounts
    as_of: datetime
    permalink: str
    at: str
    timezone: str


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
