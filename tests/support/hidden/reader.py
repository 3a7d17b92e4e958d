"""Reads the application without a key, streams too, with no client between."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import parse_qsl, unquote, urlencode

from fastapi import FastAPI

from app.config import Settings
from app.main import create_app

# How long a stream may take to send what there is.
PATIENCE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was sent: all of it but the moment it was sent at."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header; `None` when there is none."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the body, parsed."""
        return json.loads(self.body)

    @property
    def links(self) -> list[str]:
        """Return the addresses of the answer that lead on."""
        found = [self.header("location")]
        if self.body and self.status == 200 and self.header("content-type") == "application/json":
            document = self.json
            if isinstance(document, dict):
                found += [document.get(name) for name in ("next", "previous", "permalink")]
        return [one for one in found if isinstance(one, str)]


class Reader:
    """Someone without a key."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        """Ask `app`, which is open in the runner's loop."""
        self.app = app
        self._runner = runner

    def get(self, url: str, **headers: str) -> Answer:
        """Return the answer to a GET."""
        return self.ask("GET", url, {name.replace("_", "-"): value for name, value in headers.items()})

    def ask(self, method: str, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a request; of a stream, what it sends of what there is."""
        enough = 0
        if method == "GET" and url.startswith("/v1/changes/stream"):
            enough = self._items_of(url, headers or {})
        return self._runner.run(self._ask(method, url, headers or {}, enough))

    def _items_of(self, url: str, headers: Mapping[str, str]) -> int:
        """Return how many changes a stream is to send."""
        asked = dict(parse_qsl(url.partition("?")[2]))
        given = [one for one in parse_qsl(url.partition("?")[2]) if one[0] == "case"]
        after = headers.get("Last-Event-ID", asked.get("after"))
        if after is None:
            return 0
        page = self.get(f"/v1/changes?{urlencode([*given, ('after', after), ('limit', '500')])}")
        return len(page.json["items"]) if page.status == 200 else 0

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], enough: int) -> Answer:
        path, _, query = url.partition("?")
        sent = {"host": "localhost", "x-request-id": "request-1", "accept-encoding": "identity", **headers}
        start: dict[str, Any] = {}
        parts: list[bytes] = []
        bodies = [b"{}" if method in {"POST", "PATCH"} else b""]
        is_enough = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if bodies:
                return {"type": "http.request", "body": bodies.pop(), "more_body": False}
            # As a client that goes away when it has all there is.
            with suppress(TimeoutError):
                await asyncio.wait_for(is_enough.wait(), PATIENCE_S)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            streamed = b"".join(parts)
            if b"event: start" in streamed and streamed.count(b"event: change") >= enough:
                is_enough.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "state": {},
        }
        await self.app(scope, receive, send)
        received = tuple(
            sorted((name.decode(), value.decode()) for name, value in start["headers"] if name != b"date")
        )
        return Answer(start["status"], received, b"".join(parts))


@contextmanager
def reading(database_url: str, *, keeps_answers: bool = True) -> Iterator[Reader]:
    """Open the application on a database while the block runs."""
    settings = Settings(database_url=database_url)
    app = create_app(settings if keeps_answers else settings.model_copy(update={"answer_cache_bytes": 0}))
    with asyncio.Runner() as runner:
        lifespan = cast("Any", app.router).lifespan_context(app)
        runner.run(lifespan.__aenter__())
        try:
            yield Reader(app, runner)
        finally:
            runner.run(lifespan.__aexit__(None, None, None))
