"""What the routes of records share."""

from typing import Annotated, Any, Final

from fastapi import Header, Path, Query, Request, Response

from app.access.audience import Audience
from app.core.errors import InvalidRequestError, RecordNotFoundError, RetractedError
from app.core.http import absolute, etag_matches, etag_of, problem_responses
from app.records.reading import Found
from app.records.schemas.common import RecordedMoment
from app.records.vocabulary import RecordType

# Where the records of each type are.
PLURAL: Final = {
    RecordType.CASE: "cases",
    RecordType.ACTOR: "actors",
    RecordType.SOURCE: "sources",
    RecordType.EVENT: "events",
    RecordType.ALLEGATION: "allegations",
    RecordType.OBLIGATION: "obligations",
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
AllegationId = Annotated[
    str, Path(description="Id of an allegation, for example `alg_7k3mq9xw2h0d`.", max_length=300)
]
ObligationId = Annotated[
    str, Path(description="Id of an obligation, for example `obl_7k3mq9xw2h0d`.", max_length=300)
]
RevisionNumber = Annotated[int, Path(ge=1, le=2**53, description="Number of the revision.", examples=[1])]
RECORD: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds the answer already."},
    308: {"description": "The record was merged into another one."},
    **problem_responses(RecordNotFoundError, RetractedError, InvalidRequestError),
}


# A record that was retracted or merged has its revisions still.
REVISIONS: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds the answer already."},
    **problem_responses(RecordNotFoundError, InvalidRequestError),
}


def headers_of(etag: str, reader: Audience) -> dict[str, str]:
    """Return the headers by which an answer is kept and revalidated."""
    shared = "public" if reader is Audience.PUBLIC else "private"
    return {"ETag": etag, "Cache-Control": f"{shared}, max-age=0, must-revalidate"}


def record_response(
    request: Request, found: Found, reader: Audience, record_type: RecordType, if_none_match: str | None
) -> Response:
    """Return the answer about one record, or lead to the one it was merged into."""
    headers = headers_of(found.etag, reader)
    if found.moved_to is not None:
        path = f"/v1/{PLURAL[record_type]}/{found.moved_to}"
        asked = f"?{request.url.query}" if request.url.query else ""
        there = absolute(request.app.state.settings, path + asked)
        return Response(status_code=308, headers={**headers, "Location": there})
    if etag_matches(if_none_match, found.etag):
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type="application/json", headers=headers)


def revisions_response(body: bytes, reader: Audience, if_none_match: str | None) -> Response:
    """Return the answer about revisions."""
    etag = etag_of(body.decode())
    if etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers_of(etag, reader))
    return Response(body, media_type="application/json", headers=headers_of(etag, reader))
