"""Diffs, the corrections log and snapshots over HTTP."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response

from app.access.audience import Audience
from app.access.guard import Reader
from app.core.errors import InvalidCursorError, InvalidRequestError, RecordNotFoundError, RetractedError
from app.core.http import StrictRoute, link_header, problem_responses
from app.core.session import ReadSession
from app.history.corrections import read_corrections
from app.history.diff import read_diff
from app.history.filters import CorrectionsQuestion, DiffFormat, DiffQuestion
from app.history.schemas import CorrectionsOut, DiffOut

router = APIRouter(route_class=StrictRoute, tags=["history"])

MARKDOWN: Final = "text/markdown"
CaseRef = Annotated[
    str,
    Path(
        description="Id or slug of a case.",
        openapi_examples={"example": {"value": "abrego-garcia"}},
        max_length=300,
    ),
]
IfNoneMatch = Annotated[str | None, Header(description="`ETag` of the answer the client holds.")]
_HELD: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The client holds the answer already."}}


def headers_of(
    etag: str, reader: Audience, *, vary: str | None = None, **links: str | None
) -> dict[str, str]:
    """Return the headers of an answer."""
    shared = "public" if reader is Audience.PUBLIC else "private"
    headers = {"ETag": etag, "Cache-Control": f"{shared}, max-age=0, must-revalidate"}
    if vary is not None:
        headers["Vary"] = vary
    if line := link_header(**links):
        headers["Link"] = line
    return headers


def _form_of(question: DiffQuestion, request: Request) -> DiffFormat:
    """Return the form asked for; without `format`, Markdown where `Accept` names it and not JSON."""
    if question.format is not None:
        return question.format
    accepted = request.headers.get("accept", "")
    return "md" if MARKDOWN in accepted and "application/json" not in accepted else "json"


@router.get(
    "/v1/cases/{case}/diff",
    summary="Tell what changed in a case between two moments",
    response_model=DiffOut,
    responses={
        200: {"content": {MARKDOWN: {"schema": {"type": "string"}}}},
        **_HELD,
        **problem_responses(InvalidRequestError, InvalidCursorError, RecordNotFoundError, RetractedError),
    },
)
def read_case_diff(
    case: CaseRef,
    where: Annotated[DiffQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Compare the filtered timeline as of two moments.

    *Added* and *removed* are what entered and left it: an event whose date was amended out of the window
    is removed. *Changed* is what reads otherwise, if only because an actor in it was renamed; its patch
    (RFC 6902) turns the one reading into the other. *Merged* events were found to be another one.
    `kind`, `reason` and `seq` are those of the act that did it: for what changed, the newest one of the
    event or of a record it names. What is hidden now is in neither reading.

    A page compares up to `limit` events; follow `next` until it is null.
    """
    form = _form_of(where, request)
    answer = read_diff(
        db,
        reader,
        where,
        case=case,
        form=form,
        base_url=request.app.state.settings.public_url,
        if_none_match=if_none_match,
    )
    headers = headers_of(answer.etag, reader, vary="Accept", next=answer.next)
    if answer.body is None:
        return Response(status_code=304, headers=headers)
    media_type = "application/json" if form == "json" else f"{MARKDOWN}; charset=utf-8"
    return Response(answer.body, media_type=media_type, headers=headers)


@router.get(
    "/v1/corrections",
    summary="List what was corrected, clarified and retracted, the newest first",
    response_model=CorrectionsOut,
    responses={**_HELD, **problem_responses(InvalidRequestError, InvalidCursorError)},
)
def list_corrections(
    where: Annotated[CorrectionsQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Each with who it concerns and why. A record that is hidden now is not in the log, nor is the reason."""
    answer = read_corrections(
        db,
        reader,
        where,
        base_url=request.app.state.settings.public_url,
        if_none_match=if_none_match,
    )
    headers = headers_of(answer.etag, reader, next=answer.next, previous=answer.previous)
    if answer.body is None:
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type="application/json", headers=headers)
