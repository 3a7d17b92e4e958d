"""The answers about allegations and positions, as the documentation shows them."""

from datetime import datetime

from pydantic import Field

from app.records.schemas.common import Read
from app.records.schemas.contested import AllegationOut, PositionOut
from app.records.schemas.read import AllegationStub, CaseStub
from app.timeline.schemas import FacetOut


class Page(Read):
    """What every list has beside its items."""

    next: str | None
    previous: str | None
    total: int | None = Field(description="All that match, where `total=exact` asked for it.")
    as_of: datetime = Field(description="The newest change that could have altered the answer.")
    permalink: str = Field(description="The same query by ids, which answers the same for ever.")


class AllegationList(Page):
    """A page of the allegations of a case."""

    items: list[AllegationOut]
    facets: list[FacetOut] = Field(
        description="How many of the case's allegations stand how, whatever `standing` is asked for."
    )


class AllegationRef(AllegationStub):
    """The allegation that a position is on."""

    case: CaseStub | None


class PositionOnAllegation(PositionOut):
    """What an actor said, and of which allegation."""

    allegation: AllegationRef


class PositionList(Page):
    """A page of everything an actor said of allegations."""

    items: list[PositionOnAllegation]
