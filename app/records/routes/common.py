"""What the routes of records share."""

from typing import Annotated, Any, Final

from fastapi import Header, Path, Query

from app.access.audience import Audience
from app.core.errors import InvalidRequestError, RecordNotFoundError, RetractedError
from app.core.http import problem_responses
from app.records.schemas.common import RecordedMoment
from app.records.vocabulary import RecordType

# Where the records of each type are.
PLURAL: Final = {
    RecordType.CASE: "cases",
    RecordType.ACTOR: "actors",
    RecordType.SOURCE: "sources",
    RecordType.EVENT: "events",
}

AsOf = Annotated[RecordedMoment | None, Query(description="As it was at that moment (RFC 3339 with offset).")]
IfNoneMatch = Annotated[str | None, Header(description="`ETag` of the answer the client holds.")]
CaseRef = Annotated[
    str, Path(description="Id or slug of a case.", examples=["abrego-garcia"], max_length=300)
]
ActorRef = Annotated[
    str, Path(description="Id or slug of an actor.", examples=["nayib-bukele"], max_length=300)
]
SourceId = Annotated[str, Path(description="Id of a source.", max_length=300)]
EventId = Annotated[str, Path(description="Id of an event, for example `evt_7k3mq9xw2h0d`.", max_length=300)]
RECORD: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds the answer already."},
    308: {"description": "The record was merged into another one."},
    **problem_responses(RecordNotFoundError, RetractedError, InvalidRequestError),
}


def headers_of(etag: str, reader: Audience) -> dict[str, str]:
    """Return the headers by which an answer is kept and revalidated."""
    shared = "public" if reader is Audience.PUBLIC else "private"
    return {"ETag": etag, "Cache-Control": f"{shared}, max-age=0, must-revalidate"}
