"""Imports over HTTP."""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import JsonValue
from pydantic_core import to_json
from sqlalchemy import Connection

from app.access.guard import allowed
from app.access.idempotency import Answered
from app.access.keys import Caller, Scope
from app.access.writing import IdempotencyKey, KeepAnswer, Writing, repeatable_of
from app.core.errors import ConflictError, ForbiddenError, UnauthorizedError
from app.core.http import UploadRoute, problem_responses, receive
from app.imports.readers import read_lines
from app.imports.report import Report
from app.imports.runs import ImportFormat, ImportMode, Plan, find_case, run_import
from app.imports.schemas import EXAMPLE, ImportOut

router = APIRouter(route_class=UploadRoute, tags=["imports"])

LINE: Final = (
    '{"type": "meeting", "title": "They meet", "occurred": "2025-04-14", "cases": ["abrego-garcia"], '
    '"external_id": "meeting-1"}\n'
)
# Written by hand, as FastAPI would read into memory whatever body it knows of.
BODY: Final[dict[str, JsonValue]] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {"schema": {"type": "string"}, "example": LINE}
            for media_type in UploadRoute.media_types
        },
    }
}


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that was received, and whose it is."""

    writing: Writing
    file: BinaryIO


async def _receive(
    request: Request,
    # First: whoever may not import need not send the file.
    caller: Annotated[Caller, Depends(allowed(Scope.IMPORT))],
    idempotency_key: IdempotencyKey = None,
) -> AsyncIterator[Uploaded]:
    with tempfile.TemporaryFile() as file:
        digest = await receive(request, file)
        repeatable = (
            None if idempotency_key is None else repeatable_of(request, caller, idempotency_key, digest)
        )
        yield Uploaded(Writing(request.app.state.database, caller, repeatable), file)


@router.post(
    "/v1/imports",
    summary="Import events from a file",
    response_model=ImportOut,
    openapi_extra=BODY,
    responses={
        200: {"content": {"application/json": {"example": EXAMPLE}}},
        **problem_responses(UnauthorizedError, ForbiddenError, ConflictError),
    },
)
def import_events(
    uploaded: Annotated[Uploaded, Depends(_receive, scope="function")],
    file_format: Annotated[
        ImportFormat, Query(alias="format", description="What the file is made of.", examples=["ndjson"])
    ] = ImportFormat.NDJSON,
    mode: Annotated[
        ImportMode,
        Query(
            description="`partial` keeps the good lines of a file that has bad ones, `atomic` keeps none.",
            examples=["partial"],
        ),
    ] = ImportMode.PARTIAL,
    *,
    dry_run: Annotated[
        bool, Query(description="Tell what would be done, and do nothing.", examples=[True])
    ] = False,
    case: Annotated[
        str | None,
        Query(description="The case, by id or slug, of events that name none.", examples=["abrego-garcia"]),
    ] = None,
) -> Response:
    """Send one event a line (`application/x-ndjson`), as it is written or as it is read.

    An event is known by its `id`, its `external_id` or, where it has neither, by all it says:
    a line that says what is recorded changes nothing, another one amends the event, and the
    reason names the import run. Cases, actors and sources that a line describes and that are
    unknown are made. Bad lines are reported and stop nothing. The answer comes after the last
    commit; the same file sent again completes an import that was cut short.
    """
    writing = uploaded.writing
    plan = Plan(
        author=writing.caller.key_id,
        cases=writing.caller.cases,
        format=file_format,
        mode=mode,
        is_dry_run=dry_run,
        case=find_case(writing.database, case),
    )

    def run(keep: KeepAnswer) -> Answered:
        def finish(connection: Connection, report: Report) -> None:
            keep(connection, _answer(report))

        return _answer(run_import(writing.database, read_lines(uploaded.file), plan, finish=finish))

    return writing.perform_in_steps(run)


def _answer(report: Report) -> Answered:
    headers = {"Content-Type": "application/json"}
    if report.seq is not None:
        headers["Change-Seq"] = str(report.seq)
    return Answered(200, headers, to_json(report.as_json()))
