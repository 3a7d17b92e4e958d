"""Allegations and positions over HTTP: the lists."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from app.access.audience import Audience
from app.access.guard import Reader
from app.allegations.answers import Answer
from app.allegations.listing import list_allegations
from app.allegations.positions import list_positions
from app.allegations.questions import AllegationsQuestion, PositionsQuestion
from app.allegations.schemas import AllegationList, PositionList
from app.core.errors import InvalidCursorError, InvalidRequestError, RecordNotFoundError, RetractedError
from app.core.http import StrictRoute, link_header, problem_responses
from app.core.session import ReadSession
from app.records.routes.common import RECORD, ActorRef, CaseRef, IfNoneMatch, headers_of

router = APIRouter(route_class=StrictRoute, tags=["allegations"])

_LIST: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The client holds the answer already."},
    **problem_responses(InvalidRequestError, InvalidCursorError, RecordNotFoundError, RetractedError),
}


def _respond(answer: Answer, reader: Audience) -> Response:
    headers = headers_of(answer.etag, reader)
    if answer.moved_to is not None:
        return Response(status_code=308, headers={**headers, "Location": answer.moved_to})
    if links := link_header(next=answer.next, previous=answer.previous):
        headers["Link"] = links
    if answer.body is None:
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type="application/json", headers=headers)


@router.get(
    "/v1/cases/{case}/allegations",
    summary="List the allegations of a case, and how they stand",
    response_model=AllegationList,
    responses=_LIST,
)
def list_case_allegations(
    case: CaseRef,
    where: Annotated[AllegationsQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """In the order of their texts. `standing` is worked out from the positions the reader sees.

    `as_of` chooses what was recorded, `reported_until` what had been published: a position counts
    then if its cited source had. `facets` counts all of the case by standing, in the same way.
    """
    answer = list_allegations(
        db, reader, case, where, base=request.app.state.settings.public_url, if_none_match=if_none_match
    )
    return _respond(answer, reader)


@router.get(
    "/v1/actors/{actor}/positions",
    summary="List everything an actor said of allegations",
    response_model=PositionList,
    responses={**RECORD, **_LIST},
)
def list_actor_positions(
    actor: ActorRef,
    where: Annotated[PositionsQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Over all cases, in order of time as a timeline is; what has no date comes last.

    What was said by an actor that was merged into this one is there too.
    """
    answer = list_positions(
        db, reader, actor, where, base=request.app.state.settings.public_url, if_none_match=if_none_match
    )
    return _respond(answer, reader)
