"""What holds for every answer, in one layer around the application.

Two lists, what is asked and what is answered, are each gone through once: this
runs on every request, so it neither parses nor copies what it need not.
"""

import logging
import re
import secrets
from dataclasses import dataclass, field
from typing import Final, cast

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.config import Settings
from app.core.errors import AppError, InternalError, QueryTooLongError, RouteNotFoundError
from app.core.http.conditional import ENCODINGS, add_encoding, drop_encodings
from app.core.http.problems import mask_keys, problem_response
from app.core.http.routing import allowed_methods

EXPOSED_HEADERS: Final = "ETag, Link, Retry-After, RateLimit, RateLimit-Policy"
# A page that shows more than text sets a policy of its own.
STRICT_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
# An answer may differ by key, and by what it was compressed with.
_VARY: Final = (b"Accept-Encoding", b"Authorization")
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", STRICT_POLICY.encode()),
)
_ANYONE: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED_HEADERS.encode()),
)
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, If-None-Match, Last-Event-ID, X-Request-ID",
    "Access-Control-Max-Age": "86400",
}

_log = logging.getLogger(__name__)


class HeadAnsweredError(OSError):
    """A HEAD has its answer; an `OSError`, as from a client that went away, ends the stream."""


@dataclass(slots=True)
class _Asked:
    """What the headers of a request say to this layer."""

    method: str
    request_id: bytes = b""
    has_key: bool = False
    is_preflight: bool = False
    # The tags as sent, by the ones that routes know.
    tags: dict[bytes, bytes] = field(default_factory=dict)


class Manners:
    """The ASGI layer; `install_manners` puts it around an application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.max_query_bytes = settings.max_query_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, inner = _read(scope)
        answer = _Answer(send, asked)
        try:
            await self._respond(asked, inner, receive, answer)
        except Exception as error:
            if answer.is_cut_short:
                return
            if not isinstance(error, AppError):
                # The path in quotes, as it may hold a line break that would forge an entry.
                _log.exception(
                    "%s %r failed, request %s",
                    asked.method,
                    mask_keys(scope["path"]),
                    asked.request_id.decode(),
                )
            if answer.has_started:
                # Too late to say so: the server ends the connection, and the client sees that.
                raise
            refusal = error if isinstance(error, AppError) else InternalError()
            await problem_response(refusal, scope)(inner, receive, answer)

    async def _respond(self, asked: _Asked, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        if len(scope["query_string"]) > self.max_query_bytes:
            raise QueryTooLongError(self.max_query_bytes)
        if "\x00" in scope["path"]:
            raise RouteNotFoundError
        if asked.method == "OPTIONS":
            await _options(asked, scope)(scope, receive, answer)
            return
        await self.app(scope, receive, answer)


def _read(scope: Scope) -> tuple[_Asked, Scope]:
    """Return what is asked, and the scope that routes see."""
    asked = _Asked(method=scope["method"])
    changed = asked.method == "HEAD"
    headers: list[tuple[bytes, bytes]] = []
    for name, value in scope["headers"]:
        kept = value
        match name:
            case b"if-none-match" | b"if-match":
                kept, tags = drop_encodings(value)
                asked.tags.update(tags)
                changed = changed or bool(tags)
            case b"authorization":
                asked.has_key = True
            case b"x-request-id" if REQUEST_ID.fullmatch(value):
                asked.request_id = value
            case b"access-control-request-method":
                asked.is_preflight = True
            case _:
                pass
        headers.append((name, kept))
    asked.request_id = asked.request_id or secrets.token_hex(8).encode()
    if not changed:
        return asked, scope
    # A copy: the server must still know that HEAD was asked, or it would wait for a body.
    method = "GET" if asked.method == "HEAD" else asked.method
    return asked, {**scope, "method": method, "headers": headers}


def _options(asked: _Asked, scope: Scope) -> Response:
    app = cast("FastAPI", scope["app"])
    allowed = allowed_methods(app.routes, scope)
    if asked.is_preflight:
        # Also for a path there is none of, or a browser would hide its 404 from the page.
        return Response(status_code=204, headers=_PREFLIGHT)
    if not allowed:
        raise RouteNotFoundError
    return Response(status_code=204, headers={"Allow": ", ".join(sorted(allowed))})


class _Answer:
    """Sends an answer on, with the headers every answer has."""

    __slots__ = ("asked", "has_started", "is_cut_short", "send")

    def __init__(self, send: Send, asked: _Asked) -> None:
        self.send = send
        self.asked = asked
        self.has_started = False
        self.is_cut_short = False

    async def __call__(self, message: Message) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            self.has_started = True
            message["headers"] = self._headers(message["status"], list(message["headers"]))
        elif self.asked.method == "HEAD":
            if self.is_cut_short:
                # What a stream would still make is for nobody; some streams never end.
                raise HeadAnsweredError
            self.is_cut_short = message.get("more_body", False)
            message = {"type": "http.response.body", "body": b""}
        await self.send(message)

    def _headers(self, status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        at = {name: index for index, (name, _) in enumerate(headers)}
        if b"etag" in at:
            headers[at[b"etag"]] = (b"etag", self._tag(status, headers, at))
        vary = headers[at[b"vary"]][1] if b"vary" in at else b""
        merged = b", ".join(
            filter(None, (vary, *(name for name in _VARY if name.lower() not in vary.lower())))
        )
        if b"vary" in at:
            headers[at[b"vary"]] = (b"vary", merged)
        else:
            headers.append((b"vary", merged))
        if b"cache-control" not in at:
            scope = b"private" if self.asked.has_key else b"public"
            headers.append((b"cache-control", scope + b", max-age=0, must-revalidate"))
        if self.asked.method in {"GET", "HEAD", "OPTIONS"}:
            headers.extend(_ANYONE)
        headers.extend(header for header in _ALWAYS if header[0] not in at)
        headers.append((b"x-request-id", self.asked.request_id))
        return headers

    def _tag(self, status: int, headers: list[tuple[bytes, bytes]], at: dict[bytes, int]) -> bytes:
        tag = headers[at[b"etag"]][1]
        if status == 304:  # noqa: PLR2004
            # The tag of the copy that the client has, which may be a compressed one.
            return self.asked.tags.get(tag, tag)
        encoding = headers[at[b"content-encoding"]][1] if b"content-encoding" in at else b""
        return add_encoding(tag, encoding) if encoding in ENCODINGS else tag
