"""Every error becomes its problem document (RFC 9457) here, and nowhere else."""

import json
import logging
import re
from typing import Final, cast
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.config import Settings
from app.core.errors import (
    AppError,
    FieldProblem,
    InternalError,
    InvalidRequestError,
    Json,
    MethodNotAllowedError,
    RouteNotFoundError,
    TooLargeError,
    UnavailableError,
    Where,
)
from app.core.http.links import absolute
from app.core.http.outages import OUTAGE_CLASSES, is_outage
from app.core.http.routing import allowed_methods
from app.core.http.validation import invalid_request

PROBLEM_TYPE: Final = "application/problem+json"

# What holds for this client or this moment only, and is not to be kept.
PASSING: Final = frozenset({401, 403, 409, 412, 429, 500, 503})

_KEY = re.compile(r"ctl_[0-9A-Za-z]{16,}")
_log = logging.getLogger(__name__)


class FieldProblemOut(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(title="FieldProblem")

    in_: Where = Field(alias="in", description="Where it is.")
    name: str = Field(description="The parameter, or a JSON pointer into the body.", examples=["type"])
    message: str = Field(description="What is wrong, for a person.")
    allowed: list[str] = Field(default=[], description="Every value that is allowed, where they are few.")
    did_you_mean: str = Field(default="", description="What was probably meant.", examples=["meeting"])


class ProblemOut(BaseModel):
    """A problem document (RFC 9457), the answer to every request that fails."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str = Field(description="A page about this code.", examples=["/problems/not-found"])
    title: str = Field(description="What the code means.")
    status: int = Field(description="The status of the answer.", ge=400, le=599)
    detail: str = Field(description="What happened this time, for a person.")
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="What happened, for a program; a code never changes its meaning.")
    errors: list[FieldProblemOut] = Field(default=[], description="On 422: everything that is wrong.")
    allowed: list[str] = Field(default=[], description="On 406 and 415: the media types there are.")
    limit: int = Field(default=0, description="On 413 and 414: the most there may be, in bytes.")
    record: str = Field(default="", description="On 410: the id of the record.")
    reason: str = Field(default="", description="On 410: why the record was retracted.")


def mask_keys(text: str) -> str:
    """Return the text without API keys, which people put in the wrong places."""
    return _KEY.sub("ctl_…", text)


def problem_document(error: AppError, *, settings: Settings, path: str) -> dict[str, Json]:
    """Return the document that tells of `error`, which a request for `path` met."""
    return {
        "type": absolute(settings, f"/problems/{error.code}"),
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        # Without the query: what was asked may be nobody else's business.
        "instance": quote(path, safe="/:@!$&'()*+,;=~", errors="replace"),
        "code": error.code,
        **error.members,
    }


def problem_response(error: AppError, scope: Scope) -> Response:
    """Return the answer that tells of `error`."""
    app = cast("FastAPI", scope["app"])
    document = problem_document(error, settings=app.state.settings, path=scope["path"])
    # A lone surrogate, which UTF-8 has no bytes for, becomes the escape JSON has for it.
    text = mask_keys(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
    response = Response(
        text.encode("utf-8", "backslashreplace"),
        status_code=error.status,
        headers=dict(error.headers),
        media_type=PROBLEM_TYPE,
    )
    if error.status in PASSING:
        response.headers["Cache-Control"] = "no-store"
    return response


def add_problem_handlers(app: FastAPI) -> None:
    """Have `app` answer with problem documents, whoever raised what."""
    app.add_exception_handler(AppError, _render)
    app.add_exception_handler(RequestValidationError, _render)
    app.add_exception_handler(HTTPException, _render)
    for outage in OUTAGE_CLASSES:
        app.add_exception_handler(outage, _render)


async def _render(request: Request, error: Exception) -> Response:
    return problem_response(_as_app_error(error, request.scope), request.scope)


def _as_app_error(error: Exception, scope: Scope) -> AppError:
    if isinstance(error, AppError):
        return error
    if isinstance(error, RequestValidationError):
        return invalid_request(error)
    if isinstance(error, HTTPException):
        return _from_framework(error, scope)
    if is_outage(error):
        _log.warning("The database did not answer %r: %s", mask_keys(scope["path"]), type(error).__name__)
        return UnavailableError()
    # A mistake of ours that only looks like an outage: the outermost layer logs it.
    raise error


def _from_framework(error: HTTPException, scope: Scope) -> AppError:
    app = cast("FastAPI", scope["app"])
    match error.status_code:
        case 400:
            problem = FieldProblem(where="body", name="", message="The body could not be read.")
            return InvalidRequestError((problem,))
        case 404:
            bare = scope["path"].rstrip("/")
            is_near = bare != scope["path"] and allowed_methods(app.routes, {**scope, "path": bare})
            return RouteNotFoundError(bare if is_near else None)
        case 405:
            return MethodNotAllowedError(allowed_methods(app.routes, scope))
        case 413:
            return TooLargeError(app.state.settings.max_body_bytes)
        case _:
            # Nothing of ours raises these: our own code raises the classes of `app.core.errors`.
            _log.error(
                "The framework answered %r with status %d", mask_keys(scope["path"]), error.status_code
            )
            return InternalError()
