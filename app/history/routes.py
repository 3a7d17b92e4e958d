"""Diffs, the corrections log and snapshots over HTTP."""

import base64
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from sqlalchemy import Connection

from app.access.audience import Audience
from app.access.guard import Reader
from app.access.idempotency import Answered
from app.access.writing import Editing
from app.core.errors import (
    ConflictError,
    ForbiddenError,
    InvalidCursorError,
    InvalidRequestError,
    RecordNotFoundError,
    RetractedError,
    UnauthorizedError,
)
from app.core.http import StrictRoute, absolute, link_header, problem_responses
from app.core.session import ReadSession
from app.history.corrections import read_corrections
from app.history.diff import read_diff
from app.history.examples import SNAPSHOT, SNAPSHOT_CHECK, SNAPSHOT_MADE
from app.history.filters import CorrectionsQuestion, DiffFormat, DiffQuestion, SnapshotIn
from app.history.schemas import CorrectionsOut, DiffOut, SnapshotCheckOut, SnapshotMadeOut, SnapshotOut
from app.history.snapshots import SnapshotAnswer, make_snapshot, read_snapshot, verify_snapshot

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


SnapshotId = Annotated[
    str, Path(description="Id of a snapshot.", max_length=300, examples=["snp_7k3mq9xw2h0d"])
]
_SNAPSHOT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "Unencoded-Digest": {
                "schema": {"type": "string"},
                "description": "SHA-256 of the body, as it is before any compression.",
                "example": "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
            }
        },
        "content": {"application/json": {"example": SNAPSHOT}},
    },
    **_HELD,
    **problem_responses(RecordNotFoundError),
}


@router.post(
    "/v1/snapshots",
    summary="Put a timeline on record",
    status_code=201,
    response_model=SnapshotMadeOut,
    responses={
        201: {
            "headers": {
                "Location": {"schema": {"type": "string"}, "example": "/v1/snapshots/snp_7k3mq9xw2h0d"},
                "ETag": {"schema": {"type": "string"}, "example": '"6bf68b1aa27b40a22a1c90ea5fae55ce"'},
            },
            "content": {"application/json": {"example": SNAPSHOT_MADE}},
        },
        **problem_responses(UnauthorizedError, ForbiddenError, ConflictError, InvalidRequestError),
    },
)
def create_snapshot(
    written: Annotated[
        SnapshotIn,
        Body(
            openapi_examples={
                "example": {
                    "summary": "What was known of meetings",
                    "value": {"filter": {"case": ["abrego-garcia"], "type": ["meeting"]}},
                }
            }
        ),
    ],
    editing: Editing,
    request: Request,
) -> Response:
    """Keep the whole answer to a timeline's question, as the public reads it, as bytes.

    Whoever makes it: nothing in a snapshot is for keys alone. At most 5,000 events.
    """
    settings = request.app.state.settings

    def act(connection: Connection) -> Answered:
        made = make_snapshot(
            connection, written.filter, author=editing.caller.key_id, base_url=settings.public_url
        )
        location = absolute(settings, f"/v1/snapshots/{made.id}")
        headers = {"Location": location, "ETag": made.etag, "Content-Type": "application/json"}
        return Answered(201, headers, made.body)

    return editing.perform(act)


@router.get(
    "/v1/snapshots/{snapshot}",
    summary="Read a snapshot",
    response_model=SnapshotOut,
    responses=_SNAPSHOT,
)
def read_one_snapshot(
    snapshot: SnapshotId,
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Give the same bytes for ever, whoever asks.

    Their SHA-256 is that of the whole body, as `POST` and `/verify` tell it. Two things alone change them,
    and then the snapshot says so, has a new SHA-256 and keeps the old one in `/verify`: a redaction, which
    takes a name out (`redacted`), and that something in it is not public any more, which is left out as long
    as that lasts (`withdrawn`).
    """
    answer = read_snapshot(db, snapshot, if_none_match=if_none_match)
    check = absolute(request.app.state.settings, f"/v1/snapshots/{snapshot}/verify")
    return _snapshot_response(answer, reader, describedby=check)


@router.get(
    "/v1/snapshots/{snapshot}/verify",
    summary="Compare a snapshot with the log",
    response_model=SnapshotCheckOut,
    responses={
        200: {"content": {"application/json": {"example": SNAPSHOT_CHECK}}},
        **_HELD,
        **problem_responses(RecordNotFoundError),
    },
)
def verify_one_snapshot(
    snapshot: SnapshotId,
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Ask the log its question again, as of its change, and tell whether the answer is the same."""
    answer = verify_snapshot(
        db, snapshot, base_url=request.app.state.settings.public_url, if_none_match=if_none_match
    )
    return _snapshot_response(answer, reader)


def _snapshot_response(answer: SnapshotAnswer, reader: Audience, **links: str | None) -> Response:
    headers = headers_of(answer.etag, reader, **links)
    if answer.body is None:
        return Response(status_code=304, headers=headers)
    # Not `Repr-Digest`, which is of the bytes as they are sent, compressed or not.
    headers["Unencoded-Digest"] = f"sha-256=:{base64.b64encode(answer.digest).decode()}:"
    return Response(answer.body, media_type="application/json", headers=headers)
