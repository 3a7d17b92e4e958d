"""Puts the manners around an application: pure ASGI, outermost first."""

from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from app.config import Settings
from app.core.errors import AppError, QueryTooLongError, TooLargeError
from app.core.manners import problems

EXPOSED: Final = "ETag, Link, Retry-After, RateLimit, RateLimit-Policy"
METHODS: Final = "GET, HEAD, OPTIONS"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Manners:
    """HEAD, CORS, security headers, and the limits on what is read."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._max_body = settings.max_body_bytes
        self._max_query = settings.max_query_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        headers = Headers(scope=scope)

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope["path"])
            elif method == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        if method == "OPTIONS":
            await _preflight(reply)
            return
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await problems.render(refusal, scope["path"])(scope, receive, reply)
            return
        if method == "HEAD":
            scope = {**scope, "method": "GET"}
        limited = _limited(receive, self._max_body)
        try:
            await self._app(scope, limited, reply)
        except _BodyTooLargeError:
            refusal = TooLargeError(self._max_body)
            await problems.render(refusal, scope["path"])(scope, receive, reply)

    def _refusal(self, scope: Scope, headers: Headers) -> AppError | None:
        if len(scope["query_string"]) > self._max_query:
            return QueryTooLongError(self._max_query)
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_body:
            return TooLargeError(self._max_body)
        return None


class _BodyTooLargeError(Exception):
    """More came than may be read."""


def _limited(receive: Receive, limit: int) -> Receive:
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise _BodyTooLargeError
        return message

    return counted


def _add_headers(headers: MutableHeaders, path: str) -> None:
    headers["Access-Control-Allow-Origin"] = "*"
    headers["Access-Control-Expose-Headers"] = EXPOSED
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    if headers.get("content-type", "").startswith("text/html"):
        headers["Content-Security-Policy"] = CSP
    if path.startswith("/v1"):
        headers.add_vary_header("Authorization")
        headers.add_vary_header("Accept")


async def _preflight(send: Send) -> None:
    headers = [
        (b"allow", METHODS.encode()),
        (b"access-control-allow-methods", METHODS.encode()),
        (b"access-control-allow-headers", b"Accept, If-None-Match"),
        (b"access-control-max-age", b"86400"),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class MarkCompressed:
    """Names the encoding in the ETag of a compressed answer: other bytes need another strong tag."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                encoding, etag = headers.get("content-encoding"), headers.get("etag")
                if encoding and etag:
                    headers["ETag"] = f'{etag[:-1]};{encoding}"'
            await send(message)

        await self._app(scope, receive, reply)


def install_manners(app: FastAPI, settings: Settings) -> None:
    """Give an application its manners; call it once, before the first request."""
    problems.install(app)
    # The last one added is the outermost.
    app.add_middleware(CompressMiddleware, minimum_size=1_000)
    app.add_middleware(MarkCompressed)
    app.add_middleware(Manners, settings=settings)
