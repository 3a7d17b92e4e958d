"""What can be asked of orders, obligations, threads and coverage."""

from typing import Annotated, Literal

from pydantic import Field

from app.orders.thread import DEFAULT_DEPTH, MAX_DEPTH
from app.records.schemas.common import LIST_LENGTH
from app.records.status.obligations import ObligationStatus
from app.records.status.orders import OrderStatus
from app.records.vocabulary import RelationType
from app.timeline.filters import TEXT, AsOf, PageQuestion, Values


class MomentQuestion(AsOf):
    """Which moment of the world is asked about, and what had been published."""

    at: Annotated[
        str | None,
        Field(
            default=None,
            max_length=TEXT,
            description="How things stood at that moment: an instant with its offset, or a date, of which it "
            "is the first moment. Without it now, or with `as_of` that moment.",
            examples=["2025-04-12T00:00:00-04:00"],
        ),
    ]
    reported_until: Annotated[
        str | None,
        Field(
            default=None,
            max_length=TEXT,
            description="Only what a cited source had reported by then (EDTF, inclusive).",
            examples=["2025-04-14"],
        ),
    ]


class OrdersQuestion(MomentQuestion, PageQuestion):
    """The parameters of a case's orders."""

    status: Annotated[
        list[OrderStatus],
        Field(
            default_factory=list,
            max_length=LIST_LENGTH,
            description="How the order stands.",
            examples=[["affirmed"]],
        ),
    ]


class ObligationFilter(MomentQuestion):
    """Which obligations, across cases."""

    bound: Annotated[
        Values,
        Field(
            default_factory=list,
            description="Whom it binds: id or slug.",
            examples=[["trump-administration"]],
        ),
    ]
    court: Annotated[
        Values,
        Field(
            default_factory=list,
            description="The court of the docket that the order names, by its id in the case.",
            examples=[["mdd"]],
        ),
    ]


class ObligationsQuestion(ObligationFilter, PageQuestion):
    """The parameters of the obligations of all cases."""

    status: Annotated[
        list[ObligationStatus],
        Field(
            default_factory=list,
            max_length=LIST_LENGTH,
            description="How the obligation stands.",
            examples=[["overdue"]],
        ),
    ]


class StatisticsQuestion(ObligationFilter):
    """The parameters of the statistics."""

    by: Annotated[
        Literal["bound", "court", "month"],
        Field(
            default="bound",
            description="What to count by: who is bound, the court, the order's month.",
            examples=["court"],
        ),
    ]


class ThreadQuestion(AsOf):
    """The parameters of a thread."""

    relation: Annotated[
        list[RelationType],
        Field(
            default_factory=list,
            max_length=LIST_LENGTH,
            description="Follow only relations of this type; all without it.",
            examples=[["affirms", "stays"]],
        ),
    ]
    depth: Annotated[
        int, Field(default=DEFAULT_DEPTH, ge=1, le=MAX_DEPTH, description="How many steps to go.")
    ]


class CoverageQuestion(AsOf):
    """The parameters of coverage."""
