"""Timelines and facets over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response

from app.access.audience import Audience
from app.access.guard import Reader
from app.access.plain import PlainRoute
from app.core.errors import (
    InvalidCursorError,
    InvalidRequestError,
    RecordNotFoundError,
    RetractedError,
    UnavailableError,
)
from app.core.http import link_header, problem_responses
from app.core.http.kept import keep_answer
from app.core.session import ReadSession
from app.timeline.facets import read_facets
from app.timeline.filters import CaseFacetsQuestion, CaseTimelineQuestion, FacetsQuestion, TimelineQuestion
from app.timeline.read import Answer, read_timeline
from app.timeline.schemas import FacetsOut, TimelineOut
from app.timeline.wait import wait_for

router = APIRouter(route_class=PlainRoute, tags=["timelines"])

CaseRef = Annotated[
    str,
    Path(
        description="Id or slug of a case.",
        openapi_examples={"example": {"value": "abrego-garcia"}},
        max_length=300,
    ),
]
IfNoneMatch = Annotated[str | None, Header(description="`ETag` of the answer the client holds.")]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds the answer already."},
    **problem_responses(InvalidRequestError, InvalidCursorError, UnavailableError),
}
_CASE_PROBLEMS = {**_PROBLEMS, **problem_responses(RecordNotFoundError, RetractedError)}


def to_response(answer: Answer, request: Request, reader: Audience) -> Response:
    """Return the response of an answer, which may be kept for the public."""
    if reader is Audience.PUBLIC:
        keep_answer(request, answer.state)
    shared = "public" if reader is Audience.PUBLIC else "private"
    headers = {"ETag": answer.etag, "Cache-Control": f"{shared}, max-age=0, must-revalidate"}
    if links := link_header(next=answer.next, previous=answer.previous):
        headers["Link"] = links
    if answer.body is None:
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type="application/json", headers=headers)


def base_of(request: Request) -> str:
    """Return what comes before the path of a link; never the `Host` header, which anyone can forge."""
    base: str = request.app.state.settings.public_url
    return base


@router.get(
    "/v1/cases/{case}/timeline",
    summary="List the events of a case in the order they happened",
    response_model=TimelineOut,
    responses=_CASE_PROBLEMS,
)
def list_case_timeline(
    case: CaseRef,
    where: Annotated[CaseTimelineQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Every filter, uncertain dates included, as of now or of any past moment."""
    wait_for(db, reader, where.min_seq)
    answer = read_timeline(db, reader, where, case=case, base=base_of(request), if_none_match=if_none_match)
    return to_response(answer, request, reader)


@router.get(
    "/v1/timeline",
    summary="List the events of all cases in the order they happened",
    response_model=TimelineOut,
    responses=_PROBLEMS,
)
def list_timeline(
    where: Annotated[TimelineQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Take the same filters across cases, and `case` and `exclude_case`."""
    wait_for(db, reader, where.min_seq)
    answer = read_timeline(db, reader, where, case=None, base=base_of(request), if_none_match=if_none_match)
    return to_response(answer, request, reader)


@router.get(
    "/v1/cases/{case}/facets",
    summary="Count the events of a case by type, actor, year …",
    response_model=FacetsOut,
    responses=_CASE_PROBLEMS,
)
def count_case_facets(
    case: CaseRef,
    where: Annotated[CaseFacetsQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Take the filters of the timeline."""
    wait_for(db, reader, where.min_seq)
    answer = read_facets(db, reader, where, case=case, base_url=base_of(request), if_none_match=if_none_match)
    return to_response(answer, request, reader)


@router.get(
    "/v1/facets",
    summary="Count the events of all cases by type, actor, year …",
    response_model=FacetsOut,
    responses=_PROBLEMS,
)
def count_facets(
    where: Annotated[FacetsQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Take the filters of the timeline across cases."""
    wait_for(db, reader, where.min_seq)
    answer = read_facets(db, reader, where, case=None, base_url=base_of(request), if_none_match=if_none_match)
    return to_response(answer, request, reader)
