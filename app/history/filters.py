"""What can be asked of history: what changed between two moments, what was corrected, what to keep."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from app.core.http.validation import suggest
from app.records.schemas.common import Name, RecordedMoment, Written
from app.records.vocabulary import ChangeKind
from app.timeline.filters import AcrossFilter, AsOf, EventFilter, Ordered, PageQuestion, Question, Values

CORRECTIONS: Final = (ChangeKind.CORRECTION, ChangeKind.CLARIFICATION, ChangeKind.RETRACTION)
DiffFormat: TypeAlias = Literal["json", "md"]
_MOMENT: Final = "RFC 3339 with offset."


class Between(Question):
    """Between which two moments, how much of it, and in which form."""

    from_: Annotated[
        RecordedMoment,
        Field(alias="from", description=f"The earlier moment. {_MOMENT}", examples=["2026-11-01T00:00:00Z"]),
    ]
    to: Annotated[
        RecordedMoment | None,
        Field(
            default=None,
            description=f"The later moment; now by default. {_MOMENT}",
            examples=["2026-12-01T09:00:00Z"],
        ),
    ]
    limit: Annotated[
        int,
        Field(
            default=500,
            ge=1,
            le=500,
            description="Events compared for one page. Those that are the same are left out of it.",
        ),
    ]
    after: Annotated[
        str | None, Field(default=None, max_length=2_000, description="Cursor of a page, from `next`.")
    ]
    format: Annotated[
        DiffFormat | None,
        Field(
            default=None,
            description="`md`: Markdown, to be read. By default what `Accept` prefers, else JSON.",
            examples=["md"],
        ),
    ]


class DiffQuestion(Between, EventFilter):
    """The parameters of a diff."""


class CorrectionsQuestion(AsOf, PageQuestion):
    """The parameters of the corrections log."""

    case: Annotated[
        Values,
        Field(
            default_factory=list,
            description="Case whose answers the change altered: id or slug.",
            examples=[["abrego-garcia"]],
        ),
    ]
    kind: Annotated[
        list[ChangeKind],
        Field(
            default_factory=list,
            description="Kind of change; all but `update` by default.",
            examples=[["correction"]],
        ),
    ]
    event: Annotated[Name | None, Field(default=None, description="Event that was changed: its id.")]


class SnapshotFilter(AsOf, AcrossFilter, Ordered):
    """The parameters of the timeline across cases, but for those of its pages: lists where repeatable."""

    @model_validator(mode="before")
    @classmethod
    def refuse_unknown(cls, value: object) -> object:
        """Refuse a parameter that there is not, and say which was meant."""
        names = value if isinstance(value, dict) else {}
        problems = [
            InitErrorDetails(
                type=PydanticCustomError(
                    "extra_forbidden",
                    "There is no such parameter.",
                    {"did_you_mean": suggest(str(name), cls.model_fields)},
                ),
                loc=(str(name),),
                input=None,
            )
            for name in names
            if name not in cls.model_fields
        ]
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return value


class SnapshotIn(Written):
    """What to put on record."""

    filter: SnapshotFilter = Field(
        description="The parameters of `/v1/timeline`, lists where they can be repeated; without `as_of`, as "
        "of the newest change."
    )
