"""Problem documents (RFC 9457): every error is rendered here, and nowhere else."""

import difflib
import logging
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from pydantic_core import to_json
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from app.core.errors import (
    PROBLEMS,
    AppError,
    FieldProblem,
    InternalError,
    InvalidRequestError,
    MethodNotAllowedError,
    RouteNotFoundError,
    UnavailableError,
    UnsupportedMediaTypeError,
)
from app.core.manners import strict

MEDIA_TYPE: Final = "application/problem+json"
_LOG = logging.getLogger(__name__)
_WHERE: Final = {"query": "query", "path": "path", "header": "header", "cookie": "header", "body": "body"}


def document_of(error: AppError, instance: str) -> dict[str, Any]:
    """Return the problem document of an error."""
    return {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": instance,
        "code": error.code,
        **error.members,
    }


def render(error: AppError, instance: str) -> Response:
    """Return the response of an error."""
    return Response(
        to_json(document_of(error, instance)),
        status_code=error.status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **error.headers},
    )


def problem_responses(*classes: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route: what is really sent, with an example."""
    found: dict[int | str, dict[str, Any]] = {}
    for one in classes:
        schema = {"$ref": "#/components/schemas/Problem"}
        entry = found.setdefault(
            one.status,
            {"description": one.title, "content": {MEDIA_TYPE: {"schema": schema, "examples": {}}}},
        )
        example = document_of(one.example(), "/v1/timeline")
        entry["content"][MEDIA_TYPE]["examples"][one.code] = {"summary": one.title, "value": example}
    return found


def problem_schema() -> dict[str, Any]:
    """Return the schema of problem documents."""
    text = {"type": "string"}
    fields = {
        "type": "object",
        "required": ["in", "name", "message"],
        "properties": {
            "in": {"type": "string", "enum": ["query", "path", "header", "body"]},
            "name": text,
            "message": text,
            "allowed": {"type": "array", "items": text},
            "did_you_mean": text,
        },
    }
    return {
        "title": "Problem",
        "description": "A problem document, RFC 9457.",
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "code"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "code": {"type": "string", "enum": sorted(PROBLEMS)},
            "errors": {"type": "array", "items": fields},
            "record": text,
            "reason": text,
        },
    }


def _field_problem(error: dict[str, Any], known: tuple[str, ...]) -> FieldProblem:
    place, *path = error["loc"]
    where: Any = _WHERE.get(str(place), "body")
    name = "".join(f"/{part}" for part in path) if where == "body" else str(path[0] if path else "")
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden" and where == "query":
        return strict.unknown_parameter(name, known)
    if where == "query" and not name and ": " in message:
        name, message = message.split(": ", 1)
    allowed = None
    expected = error.get("ctx", {}).get("expected")
    if error["type"] in {"enum", "literal_error"} and isinstance(expected, str):
        allowed = tuple(part.strip("' ") for part in expected.replace(" or ", ", ").split(", "))
    near = difflib.get_close_matches(str(error.get("input", "")), allowed or (), n=1)
    return FieldProblem(where, name, message, allowed, near[0] if near else None)


def install(app: FastAPI) -> None:
    """Render every error of the application as a problem document."""

    @app.exception_handler(AppError)
    async def on_app_error(request: Request, error: AppError) -> Response:
        return render(error, request.url.path)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        known = strict.known_parameters(request)
        found = [_field_problem(one, known) for one in error.errors()]
        if any(one["type"] == "json_invalid" for one in error.errors()):
            found = [FieldProblem("body", "", "The body is not JSON.")]
        return render(InvalidRequestError(tuple(found)), request.url.path)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        allow = (error.headers or {}).get("Allow", "")
        match error.status_code:
            case HTTPStatus.NOT_FOUND:
                found: AppError = RouteNotFoundError()
            case HTTPStatus.METHOD_NOT_ALLOWED:
                methods = {one.strip() for one in allow.split(",") if one.strip()}
                found = MethodNotAllowedError(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
            case HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                found = UnsupportedMediaTypeError(("application/json",))
            case _:
                problem = FieldProblem("body", "", str(error.detail))
                found = InvalidRequestError((problem,))
        return render(found, request.url.path)

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    async def on_database(request: Request, error: Exception) -> Response:
        _LOG.error("The database did not answer.", exc_info=error)
        return render(UnavailableError(), request.url.path)

    @app.exception_handler(Exception)
    async def on_bug(request: Request, error: Exception) -> Response:
        _LOG.error("A request failed.", exc_info=error)
        return render(InternalError(), request.url.path)

    @app.get("/problems/{code}", include_in_schema=False)
    def explain_problem(code: str) -> HTMLResponse:
        if code not in PROBLEMS:
            raise RouteNotFoundError()
        status, title, description = PROBLEMS[code]
        paragraphs = "".join(f"<p>{part}</p>" for part in description.split("\n\n"))
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title>"
            f"<h1>{title}</h1><p><code>{code}</code>, status {status}</p>{paragraphs}"
        )
