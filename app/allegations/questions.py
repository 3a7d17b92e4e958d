"""What can be asked of allegations and positions."""

from typing import Annotated

from pydantic import Field

from app.records.schemas.common import LIST_LENGTH
from app.records.vocabulary import AllegationStanding, Stance
from app.timeline.filters import TEXT, AsOf, PageQuestion


class Reported(AsOf):
    """Which past is asked about: what was recorded, and what had been published."""

    reported_until: Annotated[
        str | None,
        Field(
            default=None,
            max_length=TEXT,
            description="Only positions that their cited source had reported by then (EDTF, inclusive); "
            "only they decide the standing.",
            examples=["2025-04-14"],
        ),
    ]


class AllegationsQuestion(Reported, PageQuestion):
    """The parameters of the allegations of a case."""

    standing: Annotated[
        list[AllegationStanding],
        Field(
            default_factory=list,
            max_length=LIST_LENGTH,
            description="How it stands, by the positions the reader sees.",
            examples=[["disputed"]],
        ),
    ]


class PositionsQuestion(Reported, PageQuestion):
    """The parameters of the positions of an actor."""

    stance: Annotated[
        list[Stance],
        Field(
            default_factory=list,
            max_length=LIST_LENGTH,
            description="What the actor said.",
            examples=[["asserts"]],
        ),
    ]
