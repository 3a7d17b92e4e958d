"""Routes that ignore nothing: an unknown parameter, a repeated one and a stray body are refused."""

import difflib
from collections.abc import Callable, Coroutine
from typing import Any, get_origin

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.core.errors import FieldProblem, InvalidRequestError


def _parameters_of(dependant: Dependant) -> dict[str, bool]:
    """Return the query parameters of a route, and whether each may be repeated."""
    found: dict[str, bool] = {}
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, info in annotation.model_fields.items():
                found[info.alias or name] = get_origin(info.annotation) is list
        else:
            found[field.alias] = get_origin(annotation) is list
    for one in dependant.dependencies:
        found |= _parameters_of(one)
    return found


def known_parameters(request: Request) -> tuple[str, ...]:
    """Return the names of the query parameters of the route that was matched."""
    return request.scope.get("known_parameters", ())


def unknown_parameter(name: str, known: tuple[str, ...]) -> FieldProblem:
    """Return the problem of a parameter that the route does not have."""
    near = difflib.get_close_matches(name, known, n=1)
    message = "There is no such parameter."
    return FieldProblem("query", name[:100], message, None, near[0] if near else None)


class StrictRoute(APIRoute):
    """A route that refuses what it does not know."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the checks before it."""
        handle = super().get_route_handler()
        known = _parameters_of(self.dependant)
        names = tuple(known)

        async def checked(request: Request) -> Response:
            request.scope["known_parameters"] = names
            problems = []
            given = request.query_params
            for name in given:
                if name not in known:
                    problems.append(unknown_parameter(name, names))
                elif not known[name] and len(given.getlist(name)) > 1:
                    problems.append(FieldProblem("query", name, "It can be given once only."))
            if request.method in {"GET", "HEAD"} and _has_body(request):
                problems.append(FieldProblem("body", "", "A GET takes no body."))
            if problems:
                raise InvalidRequestError(tuple(problems))
            return await handle(request)

        return checked


def _has_body(request: Request) -> bool:
    length = request.headers.get("content-length", "0")
    return length != "0" or "transfer-encoding" in request.headers
