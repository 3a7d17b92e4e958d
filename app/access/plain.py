"""Answers the public's plain questions without FastAPI's dependencies, which cost more than the query."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from fastapi._compat import ModelField
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response

from app.access.audience import Audience
from app.access.guard import audience
from app.core.db import Database, is_replica
from app.core.engines import is_too_long
from app.core.http.strict import Handler, StrictRoute, query_parameters, unreadable
from app.core.session import answer_read, open_read, take_turn

Arguments: TypeAlias = dict[str, Any]


class PlainRoute(StrictRoute):
    """Calls an endpoint that reads, in one step, for a request without a key that is right at first sight.

    Whatever is not goes the ordinary way: there a key is looked up, and what is wrong
    is refused in words.  The endpoint may take path parameters, one model of query
    parameters, headers, `Request`, `ReadSession` and `Reader`; `TypeError` at any other.
    """

    def get_route_handler(self) -> Handler:
        """Return the ordinary handler, behind the plain one."""
        ordinary = super().get_route_handler()
        plan = _plan(self.dependant, self.endpoint)

        async def plain(request: Request) -> Response:
            arguments = plan.read(request)
            if arguments is None:
                return await ordinary(request)
            if plan.is_brief(request, arguments):
                try:
                    return plan.answer_briefly(request, arguments)
                except DBAPIError as error:
                    if not is_too_long(error):
                        raise
            async with take_turn(request):
                return await answer_read(partial(in_a_thread, arguments=arguments), request)

        async def in_a_thread(request: Request, arguments: Arguments) -> Response:
            return await run_in_threadpool(plan.answer, request, arguments)

        return plain


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the arguments of an endpoint are found in a request."""

    endpoint: Callable[..., Response]
    # The names of the arguments, and where each is found.
    path: tuple[tuple[str, ModelField], ...]
    headers: tuple[tuple[str, str], ...]
    question: str
    model: type[BaseModel]
    # Whether each query parameter may be repeated.
    known: dict[str, bool]
    connection: str
    reader: str
    request: str | None

    def read(self, request: Request) -> Arguments | None:
        """Return the arguments; `None` where anything is out of the ordinary."""
        scope, headers = request.scope, request.headers
        if "authorization" in headers or "content-length" in headers or "transfer-encoding" in headers:
            return None
        given: dict[str, Any] = {}
        query: bytes = scope["query_string"]
        if any(unreadable(query)):
            return None
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            is_repeatable = self.known.get(name)
            if is_repeatable is None or (name in given and not is_repeatable):
                return None
            if is_repeatable:
                given.setdefault(name, []).append(value)
            else:
                given[name] = value
        arguments: Arguments = {name: headers.get(header) for name, header in self.headers}
        for name, field in self.path:
            arguments[name], errors = field.validate(scope["path_params"][name], {}, loc=("path", name))
            if errors:
                return None
        try:
            arguments[self.question] = self.model.model_validate(given)
        except ValidationError:
            return None
        return arguments

    def is_brief(self, request: Request, arguments: Arguments) -> bool:
        """Tell whether the answer is likely read in less time than it takes to reach another thread."""
        database: Database = request.app.state.database
        return database.reads_briefly and getattr(arguments[self.question], "is_brief", False)

    def answer_briefly(self, request: Request, arguments: Arguments) -> Response:
        """Return the endpoint's answer; `DBAPIError` when it takes too long."""
        database: Database = request.app.state.database
        with database.read_briefly() as connection:
            return self._call(connection, request, arguments)

    def answer(self, request: Request, arguments: Arguments) -> Response:
        """Return the endpoint's answer to the public, read in one snapshot."""
        database: Database = request.app.state.database
        with database.read(primary_first=getattr(request.state, "is_repeated", False)) as connection:
            request.state.reads_replica = is_replica(connection)
            return self._call(connection, request, arguments)

    def _call(self, connection: Connection, request: Request, arguments: Arguments) -> Response:
        more = {} if self.request is None else {self.request: request}
        given = {self.connection: connection, self.reader: Audience.PUBLIC}
        return self.endpoint(**arguments, **given, **more)


def _model_of(field: ModelField) -> type[BaseModel] | None:
    annotation = field.field_info.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _plan(dependant: Dependant, endpoint: Callable[..., Any]) -> _Plan:
    names = {dependency.call: dependency.name for dependency in dependant.dependencies}
    models = [(field.name, model) for field in dependant.query_params if (model := _model_of(field))]
    connection, reader = names.pop(open_read, None), names.pop(audience, None)
    others = (dependant.body_params, dependant.cookie_params, names, dependant.query_params[len(models) :])
    if len(models) != 1 or connection is None or reader is None or any(others):
        raise TypeError("This endpoint takes what only an ordinary route can give.")
    if inspect.iscoroutinefunction(endpoint):
        raise TypeError("This endpoint does not run in a thread.")
    return _Plan(
        endpoint=endpoint,
        path=tuple((field.name, field) for field in dependant.path_params),
        headers=tuple((field.name, field.alias) for field in dependant.header_params),
        question=models[0][0],
        model=models[0][1],
        known=dict(query_parameters(dependant)),
        connection=connection,
        reader=reader,
        request=dependant.request_param_name,
    )
