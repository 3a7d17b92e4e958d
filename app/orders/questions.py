"""What can be asked of orders, obligations, threads and coverage."""

from typing import Annotated

from pydantic import Field

from app.orders.thread import DEFAULT_DEPTH, MAX_DEPTH
from app.records.schemas.common import LIST_LENGTH
from app.records.vocabulary import RelationType
from app.timeline.filters import AsOf


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
