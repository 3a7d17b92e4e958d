"""Orders, obligations, threads and coverage over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from app.access.audience import Audience
from app.access.guard import Reader
from app.access.plain import PlainRoute
from app.core.errors import InvalidCursorError, InvalidRequestError, RecordNotFoundError, RetractedError
from app.core.http import link_header, problem_responses
from app.core.session import ReadSession
from app.orders.answers import Answer, parameters_of
from app.orders.coverage import read_coverage
from app.orders.obligations import read_obligations
from app.orders.orders import read_orders
from app.orders.questions import (
    CoverageQuestion,
    ObligationsQuestion,
    OrdersQuestion,
    StatisticsQuestion,
    ThreadQuestion,
)
from app.orders.schemas import CoverageOut, ObligationsOut, OrdersOut, StatisticsOut, ThreadOut
from app.orders.statistics import read_statistics
from app.orders.thread import read_thread
from app.records.routes.common import RECORD, CaseRef, EventId, IfNoneMatch, headers_of
from app.timeline.scene import Pin, refuse_future

router = APIRouter(route_class=PlainRoute, tags=["orders"])

_HELD: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The client holds the answer already."}}
_CASE: Final = {**_HELD, **problem_responses(InvalidRequestError, RecordNotFoundError, RetractedError)}


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
    "/v1/cases/{case}/orders",
    summary="List the orders of a case with their obligations, and how they stand",
    response_model=OrdersOut,
    responses={**_CASE, **problem_responses(InvalidCursorError)},
)
def list_case_orders(
    case: CaseRef,
    where: Annotated[OrdersQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Each order with what it binds someone to, the answers to that, and what a court found.

    Three moments are asked for apart: `at` what had happened, `as_of` what was recorded here,
    `reported_until` what had been published. A status is worked out, never entered: that of an order from
    the events that stay, modify, affirm, reverse or vacate it, that of an obligation from its due moment,
    its terms, the responses and the findings. An uncertain date counts from its earliest moment.
    """
    answer = read_orders(
        db,
        reader,
        where,
        case=case,
        base=request.app.state.settings.public_url,
        if_none_match=if_none_match,
    )
    return _respond(answer, reader)


@router.get(
    "/v1/obligations/statistics",
    summary="Count orders and obligations, and those that were not obeyed",
    response_model=StatisticsOut,
    responses={**_HELD, **problem_responses(InvalidRequestError)},
)
def count_obligations(
    where: Annotated[StatisticsQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """By whom they bind, by the court that ordered, or by the month of the order."""
    answer = read_statistics(
        db, reader, where, base=request.app.state.settings.public_url, if_none_match=if_none_match
    )
    return _respond(answer, reader)


@router.get(
    "/v1/obligations",
    summary="List the obligations of all cases by due moment, and how they stand",
    response_model=ObligationsOut,
    responses={**_HELD, **problem_responses(InvalidRequestError, InvalidCursorError)},
)
def list_obligations(
    where: Annotated[ObligationsQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Filter by status, by whom they bind, and by court; what has no due moment comes last."""
    answer = read_obligations(
        db, reader, where, base=request.app.state.settings.public_url, if_none_match=if_none_match
    )
    return _respond(answer, reader)


@router.get(
    "/v1/events/{event}/thread",
    summary="Follow an event's relations in both directions",
    response_model=ThreadOut,
    responses=RECORD,
)
def read_event_thread(
    event: EventId,
    where: Annotated[ThreadQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Filing, opposition, ruling, appeal …: what the event bears on and what bears on it, across dockets.

    `depth` counts the steps from the event. What the reader may not see neither shows nor leads on.
    """
    refuse_future(where.as_of)
    answer = read_thread(
        db,
        reader,
        event,
        where.relation,
        depth=where.depth,
        pin=Pin(where.as_of),
        parameters=parameters_of(where),
        base=request.app.state.settings.public_url,
        if_none_match=if_none_match,
    )
    return _respond(answer, reader)


@router.get(
    "/v1/cases/{case}/coverage",
    summary="Tell how far the record of a case's dockets goes",
    response_model=CoverageOut,
    responses=_CASE,
)
def read_case_coverage(
    case: CaseRef,
    where: Annotated[CoverageQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Of each docket the entries that are recorded, those that are missing, the first and the last.

    So that an absence can be read. An event counts as an entry where its details name docket and number.
    """
    refuse_future(where.as_of)
    answer = read_coverage(
        db,
        reader,
        case,
        pin=Pin(where.as_of),
        parameters=parameters_of(where),
        base=request.app.state.settings.public_url,
        if_none_match=if_none_match,
    )
    return _respond(answer, reader)
