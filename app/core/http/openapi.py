"""The OpenAPI document, in which errors are described as they are sent."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.config import Settings
from app.core.errors import AppError, ForbiddenError, UnauthorizedError
from app.core.http.problems import PROBLEM_TYPE, ProblemOut, problem_document

PROBLEM_SCHEMA: Final = "Problem"
_REFERENCE: Final = "#/components/schemas/{model}"


def problem_responses(*classes: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Return what `responses=` of a route says about the errors it may answer with.

    A model given to FastAPI would be filed under `application/json`, which no error is.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for cls in classes:
        response = responses.setdefault(cls.status, _response(cls.title))
        example = cls.example()
        # No public address: an example stands for any place this runs at.
        value = problem_document(example, settings=Settings.model_construct(), path="/v1/timeline")
        response["content"][PROBLEM_TYPE]["examples"][cls.code] = {"summary": cls.title, "value": value}
        for name, sent in example.headers.items():
            header = {"schema": {"type": "string"}, "example": sent}
            response.setdefault("headers", {})[name] = header
    return responses


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the document of `app`, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=app.openapi_version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            servers=app.servers,
        )
        components = document.setdefault("components", {})
        components["schemas"] = dict(sorted({**components.get("schemas", {}), **_problem_schemas()}.items()))
        for operations in document["paths"].values():
            for operation in operations.values():
                _describe_security(operation)
        app.openapi_schema = document
    return app.openapi_schema


def _describe_security(operation: dict[str, Any]) -> None:
    """Say whether an operation needs a key, and how it answers without the right one.

    Where a key is needed a scope is named; where none is, a key is welcome.
    """
    requirements: list[dict[str, list[str]]] = operation.get("security", [])
    if not requirements:
        return
    needs_key = any(scopes for requirement in requirements for scopes in requirement.values())
    if not needs_key:
        requirements.insert(0, {})
    refusals = problem_responses(UnauthorizedError, *([ForbiddenError] if needs_key else []))
    for status, response in refusals.items():
        described = operation["responses"].setdefault(str(status), response)
        # A route may have named another error of the same status.
        described["content"][PROBLEM_TYPE]["examples"] |= response["content"][PROBLEM_TYPE]["examples"]


def _response(description: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model=PROBLEM_SCHEMA)}
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": schema, "examples": {}}}}


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemOut.model_json_schema(ref_template=_REFERENCE)
    return {**schema.pop("$defs"), PROBLEM_SCHEMA: schema}
