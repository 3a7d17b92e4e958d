"""The answers of timelines and facets, as the documentation shows them."""

from datetime import datetime

from pydantic import Field

from app.records.schemas.common import Read
from app.records.schemas.read import EventOut


class TimelineOut(Read):
    """One page of a timeline."""

    items: list[EventOut]
    next: str | None = Field(description="The next page, by the same filters and as of the same change.")
    previous: str | None
    total: int | None = Field(description="Null unless asked for with `total=exact`.")
    as_of: datetime = Field(description="The newest change that could have altered the answer.")
    permalink: str = Field(description="The same query by ids, which answers the same for ever.")
    timezone: str = Field(description="The time zone of the days in `since` and `until`.")
    excluded: int = Field(description="Events known to exist which the filters could not judge.")


class FacetValue(Read):
    """How often one value occurs."""

    value: str
    label: str
    count: int
    url: str | None = Field(default=None, description="Lists what is counted.")
    since: str | None = Field(default=None, description="Of a date: the bucket's first day, as a parameter.")
    until: str | None = None


class FacetOut(Read):
    """The counts by one property."""

    by: str
    values: list[FacetValue]


class FacetsOut(Read):
    """The counts asked for."""

    facets: list[FacetOut]
    as_of: datetime
