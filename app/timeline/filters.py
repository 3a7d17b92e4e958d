"""What can be asked of a timeline, as one model.

Repeating a parameter means any of its values; different parameters mean and.
"""

import re
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.core.edtf.calendar import zone_of
from app.records.schemas.common import LIST_LENGTH, Name, RecordedMoment
from app.records.vocabulary import EventType, RelationType, Role, Standing

TEXT: Final = 200
DateMatch: TypeAlias = Literal["possible", "certain", "within"]
Order: TypeAlias = Literal["occurred", "-occurred", "recorded", "-recorded", "changed", "-changed"]
Values = Annotated[list[Name], Field(max_length=LIST_LENGTH)]

# What a cursor does not fix: how much of an answer is sent, and in which form.
NOT_FIXED: Final = frozenset({"limit", "fields", "format", "after", "as_of", "total", "min_seq", "by"})
# What an event of visibility `existence_only` can be judged by.
JUDGED_BY_STUB: Final = frozenset(
    {"case", "exclude_case", "type", "exclude_type", "since", "until", "date_match", "include_undated"}
)
# What a page takes its time for.
AT_LENGTH: Final = frozenset({"as_of", "min_seq", "q", "reported_until", "total"})
EVENT_KEYS: Final = (
    "id", "revision", "type", "title", "summary", "occurred", "sequence", "standing", "cases", "actors",
    "place", "details", "citations", "relations", "tags", "external_id", "visibility", "visibility_reason",
    "allegation", "recorded_at", "corrections", "last_corrected_at",
)  # fmt: skip


class Question(BaseModel):
    """A set of query parameters: one that is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class EventFilter(Question):
    """Which events, within one case."""

    type: Annotated[
        list[EventType],
        Field(
            default_factory=list, max_length=LIST_LENGTH, description="Event type.", examples=[["meeting"]]
        ),
    ]
    exclude_type: Annotated[
        list[EventType], Field(default_factory=list, max_length=LIST_LENGTH, description="Not of this type.")
    ]
    actor: Annotated[
        Values,
        Field(
            default_factory=list,
            description="An actor that takes part: id or slug.",
            examples=[["nayib-bukele"]],
        ),
    ]
    role: Annotated[
        list[Role],
        Field(
            default_factory=list,
            max_length=LIST_LENGTH,
            description="With `actor`: in that role. Alone: anyone in that role.",
        ),
    ]
    docket: Annotated[
        Values,
        Field(default_factory=list, description="Docket number.", examples=[["8:25-cv-00951"]]),
    ]
    country: Annotated[
        list[Annotated[str, Field(pattern="^[A-Z]{2}$")]],
        Field(
            default_factory=list, max_length=LIST_LENGTH, description="ISO 3166-1 alpha-2.", examples=[["US"]]
        ),
    ]
    bbox: Annotated[
        str | None,
        Field(
            default=None,
            max_length=TEXT,
            description="`min_lon,min_lat,max_lon,max_lat` in degrees; a box whose first longitude is the "
            "larger one crosses the 180th meridian.",
            examples=["-78,38,-76,40"],
        ),
    ]
    source: Annotated[Values, Field(default_factory=list, description="Cited source: its id.")]
    publisher: Annotated[
        Values,
        Field(
            default_factory=list,
            description="Publisher of a cited source, by its full name.",
            examples=[["Reuters"]],
        ),
    ]
    tag: Annotated[Values, Field(default_factory=list, description="Tag.", examples=[["due-process"]])]
    standing: Annotated[
        list[Standing],
        Field(
            default_factory=list, max_length=LIST_LENGTH, description="Standing.", examples=[["established"]]
        ),
    ]
    exclude_standing: Annotated[
        list[Standing],
        Field(default_factory=list, max_length=LIST_LENGTH, description="Not of this standing."),
    ]
    relation: Annotated[
        list[RelationType],
        Field(
            default_factory=list,
            max_length=LIST_LENGTH,
            description="Bears on another event in this way.",
            examples=[["violates"]],
        ),
    ]
    unanswered: Annotated[
        bool | None,
        Field(
            default=None,
            description="`true`: no other event rules on it or responds to it. `false`: one does.",
        ),
    ]
    q: Annotated[
        str | None,
        Field(
            default=None,
            max_length=1_000,
            description="Full text in titles, summaries, quotes and names: words, "
            '`"phrases"`, `prefix*`, `-not`. '
            "Case and diacritics do not matter. A question without a letter or a digit finds nothing.",
            examples=["prison"],
        ),
    ]
    since: Annotated[
        str | None,
        Field(
            default=None,
            max_length=TEXT,
            description="First date, inclusive: EDTF, or an instant with its offset.",
            examples=["2025-04-14"],
        ),
    ]
    until: Annotated[
        str | None,
        Field(
            default=None,
            max_length=TEXT,
            description="Last date, inclusive to its own precision: `2025-04` runs to the end of April.",
            examples=["2025-04"],
        ),
    ]
    date_match: Annotated[
        DateMatch,
        Field(
            default="possible",
            description="What it takes for an uncertain date to match: it may have been in the window "
            "(`possible`), it was wherever its date puts it (`certain`), or no part of it lies outside "
            "(`within`).",
        ),
    ]
    include_undated: Annotated[
        bool, Field(default=False, description="Keep events without a date when a window is given.")
    ]
    timezone: Annotated[
        Name | None,
        Field(
            default=None,
            description="IANA time zone of the days in `since` and `until`: the case's by default, "
            "UTC across cases.",
            examples=["America/New_York"],
        ),
    ]
    reported_until: Annotated[
        str | None,
        Field(
            default=None,
            max_length=TEXT,
            description="Only events that a cited source had reported by then (EDTF, inclusive).",
            examples=["2025-04-14"],
        ),
    ]

    @field_validator("timezone")
    @classmethod
    def check_timezone(cls, value: str | None) -> str | None:
        """Refuse a zone that there is not."""
        if value is not None:
            zone_of(value)
        return value

    @field_validator("bbox")
    @classmethod
    def check_bbox(cls, value: str | None) -> str | None:
        """Refuse a box that is none."""
        if value is not None:
            parse_bbox(value)
        return value


class AsOf(Question):
    """Which past the answer is given from."""

    as_of: Annotated[
        RecordedMoment | None,
        Field(
            default=None,
            description="The answer this database would have given at that moment (RFC 3339 with offset).",
        ),
    ]


class Reading(AsOf):
    """Which past the answer is given from, and how new the present must be."""

    min_seq: Annotated[
        int | None,
        Field(
            default=None,
            ge=0,
            le=2**53,
            description="Wait briefly until this change is readable, else 503.",
        ),
    ]


class AcrossFilter(EventFilter):
    """Which events, across cases."""

    case: Annotated[
        Values, Field(default_factory=list, description="Case: id or slug.", examples=[["abrego-garcia"]])
    ]
    exclude_case: Annotated[Values, Field(default_factory=list, description="Not of this case: id or slug.")]


class PageQuestion(Question):
    """Which part of a list, and in which form."""

    limit: Annotated[int, Field(default=50, ge=1, le=500, description="Items of a page.")]
    after: Annotated[
        str | None,
        Field(default=None, max_length=2_000, description="Cursor of a page, from `next` or `previous`."),
    ]
    total: Annotated[
        Literal["exact"] | None, Field(default=None, description="`exact`: count all items, at a price.")
    ]


class Ordered(Question):
    """In which order events come."""

    order: Annotated[
        Order,
        Field(
            default="occurred",
            description="By date, by when the reader could first see it here, or by its latest change; "
            "`-` for the newest first. Undated events stay last.",
        ),
    ]


class TimelinePage(Ordered, PageQuestion):
    """Which page of a timeline."""

    fields: Annotated[
        str | None,
        Field(
            default=None,
            max_length=500,
            description="Event fields to keep, joined by commas; `id` always stays.",
            examples=["title,occurred"],
        ),
    ]
    format: Annotated[Literal["json"], Field(default="json", description="Form of the answer.")]

    @field_validator("fields")
    @classmethod
    def check_fields(cls, value: str | None) -> str | None:
        """Refuse a field that events do not have."""
        unknown = [name for name in value.split(",") if name not in EVENT_KEYS] if value is not None else []
        if unknown:
            raise ValueError(f"Events have no {unknown[0]!r}; they have {', '.join(EVENT_KEYS)}.")
        return value


class CaseTimelineQuestion(Reading, EventFilter, TimelinePage):
    """The parameters of a case's timeline."""

    @property
    def is_brief(self) -> bool:
        """Tell whether a page is likely read in index order, and its answers are ready."""
        return self.model_fields_set.isdisjoint(AT_LENGTH)


class TimelineQuestion(Reading, AcrossFilter, TimelinePage):
    """The parameters of the timeline across cases."""

    @property
    def is_brief(self) -> bool:
        """Tell whether a page is likely read in index order, and its answers are ready."""
        return self.model_fields_set.isdisjoint(AT_LENGTH)


class Facets(Question):
    """By what events are counted."""

    by: Annotated[
        list[
            Literal[
                "type",
                "actor",
                "role",
                "country",
                "publisher",
                "tag",
                "standing",
                "case",
                "year",
                "month",
                "day",
            ]
        ],
        Field(
            default_factory=lambda: ["type"],
            max_length=11,
            description="What to count by.",
            examples=[["type", "year"]],
        ),
    ]


class CaseFacetsQuestion(Reading, EventFilter, Facets):
    """The parameters of a case's facets."""


class FacetsQuestion(Reading, AcrossFilter, Facets):
    """The parameters of the facets across cases."""


_NUMBER = re.compile(r"[+-]?\d{1,3}(\.\d{1,15})?")


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """Return the four numbers of a box; `ValueError` says what is wrong with it."""
    parts = text.split(",")
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part) for part in parts):  # noqa: PLR2004
        raise ValueError("Four numbers joined by commas are needed: min_lon,min_lat,max_lon,max_lat.")
    west, south, east, north = (float(part) for part in parts)
    if not (-180 <= west <= 180 and -180 <= east <= 180):  # noqa: PLR2004
        raise ValueError("Longitudes lie between -180 and 180.")
    if not -90 <= south <= north <= 90:  # noqa: PLR2004
        raise ValueError("Latitudes lie between -90 and 90, the southern one first.")
    return west, south, east, north


def is_judged_by_stub(question: EventFilter) -> bool:
    """Tell whether the filters given can all be judged from what a stub shows."""
    filters = question.model_fields_set & AcrossFilter.model_fields.keys()
    return filters <= JUDGED_BY_STUB | {"timezone"}


def instant_of(moment: datetime) -> str:
    """Return a moment as a parameter is written."""
    return moment.isoformat().replace("+00:00", "Z")
