"""The route class of every router: nothing in a request is silently ignored.

Use it as `APIRouter(route_class=StrictRoute)`.  A model of query parameters need
not forbid extra ones, since the route does, and must not where a dependency
declares more: FastAPI shows each model every parameter.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, ClassVar, Final, TypeAlias, Union, get_args, get_origin
from urllib.parse import unquote_to_bytes

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive

from app.config import Settings
from app.core.errors import (
    AppError,
    FieldProblem,
    InternalError,
    InvalidRequestError,
    QueryTooLongError,
    TooLargeError,
    UnavailableError,
    UnsupportedMediaTypeError,
)
from app.core.http.json_body import parse_json
from app.core.http.openapi import problem_responses
from app.core.http.validation import suggest
from app.core.session import answer_read

_SEQUENCES: Final = (list, set, frozenset, tuple, Sequence)

Handler: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]
# A query parameter's name, and whether it may be repeated.
Parameters: TypeAlias = dict[str, bool]


class StrictRoute(APIRoute):
    """Refuses what the route does not declare, and reads no more of a body than it should.

    A body may be what the route declares with `Body(media_type=...)`, or JSON.  A subclass
    may read other media types, or larger bodies than the setting allows.
    """

    media_types: ClassVar[tuple[str, ...]] = ("application/json",)
    max_body_bytes: ClassVar[int | None] = None

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        super().__init__(path, endpoint, **options)
        always: list[type[AppError]] = [
            InvalidRequestError,
            QueryTooLongError,
            InternalError,
            UnavailableError,
        ]
        if self.body_field is not None:
            always += [TooLargeError, UnsupportedMediaTypeError]
        self.responses = {**problem_responses(*always), **self.responses}

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler, behind the checks."""
        handler = super().get_route_handler()
        known = dict(query_parameters(self.dependant))
        media_types = self._readable_types()

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                _check_query(request, known)
            if request.method == "GET":
                _check_no_body(request)
                return await answer_read(handler, request)
            limited = _limit_body(request, self.body_limit(request.app.state.settings))
            if media_types:
                await _read_body(limited, media_types)
            return await handler(limited)

        return strict

    def body_limit(self, settings: Settings) -> int:
        """Return how many bytes a body may have."""
        return self.max_body_bytes or settings.max_body_bytes

    def _readable_types(self) -> tuple[str, ...]:
        """Return what a body may be, the preferred first; nothing for a route that reads none."""
        if self.body_field is None:
            return ()
        declared = getattr(self.body_field.field_info, "media_type", self.media_types[0])
        return tuple(dict.fromkeys((declared, *self.media_types)))


def query_parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Yield the query parameters an endpoint takes, and whether each may be repeated."""
    for field in dependant.query_params:
        annotation = _bare(field.field_info.annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, inner in annotation.model_fields.items():
                for alias in _aliases(name, inner):
                    yield alias, _is_repeatable(inner.annotation)
        else:
            for alias in _aliases(field.name, field.field_info):
                yield alias, _is_repeatable(field.field_info.annotation)
    for dependency in dependant.dependencies:
        yield from query_parameters(dependency)


def _aliases(name: str, field: FieldInfo) -> tuple[str, ...]:
    match field.validation_alias:
        case AliasChoices(choices=choices):
            return tuple(choice for choice in choices if isinstance(choice, str))
        case str() as alias:
            return (alias,)
        case _:
            return (field.alias or name,)


def _bare(annotation: object) -> object:
    """Return a type without `Annotated` around it and without its `None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return _bare(members[0])
    return annotation


def _is_repeatable(annotation: object) -> bool:
    bare = _bare(annotation)
    origin = get_origin(bare) or bare
    return isinstance(origin, type) and issubclass(origin, _SEQUENCES) and not issubclass(origin, str)


def _check_query(request: Request, known: Parameters) -> None:
    problems = list(unreadable(request.scope["query_string"]))
    for name, times in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            message = "There is no such parameter."
            problems.append(FieldProblem("query", name, message, did_you_mean=suggest(name, known)))
        elif times > 1 and not known[name]:
            problems.append(FieldProblem("query", name, f"This may be given once, not {times} times."))
    if problems:
        raise InvalidRequestError(tuple(problems))


def unreadable(query: bytes) -> Iterator[FieldProblem]:
    """Yield the parameters whose value would not arrive as it was meant, or that no database holds."""
    if b"%" not in query:
        return
    for pair in query.split(b"&"):
        raw = unquote_to_bytes(pair)
        name = unquote_to_bytes(pair.partition(b"=")[0]).decode("utf-8", "replace")
        if b"\x00" in raw:
            yield FieldProblem("query", name, "A text cannot hold the character U+0000.")
        try:
            raw.decode()
        except UnicodeDecodeError:
            yield FieldProblem("query", name, "This is not UTF-8, percent-encoded.")


def _check_no_body(request: Request) -> None:
    headers = request.headers
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        raise InvalidRequestError((FieldProblem("body", "", "GET takes no body."),))


class _LimitedRequest(Request):
    """A request of which no more than the limit is read, and JSON is read strictly."""

    parsed: object = None

    async def json(self) -> object:
        """Return the body as it was parsed when it was read."""
        return self.parsed


def _limit_body(request: Request, limit: int) -> _LimitedRequest:
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise TooLargeError(limit)
    return _LimitedRequest(request.scope, _counting(request.receive, limit))


def _counting(receive: Receive, limit: int) -> Callable[[], Awaitable[Message]]:
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise TooLargeError(limit)
        return message

    return counted


async def _read_body(request: _LimitedRequest, media_types: tuple[str, ...]) -> None:
    # Read here, and kept by the request for FastAPI, which would turn our refusal into a 400.
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise InvalidRequestError((FieldProblem("body", "", "The body ended early."),)) from error
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and given not in media_types:
        raise UnsupportedMediaTypeError(media_types)
    if body and given.endswith(("/json", "+json")):
        request.parsed = parse_json(body)
