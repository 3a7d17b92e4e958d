"""Calls the application itself, without a client between: for tests that ask thousands of things."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `body` is JSON."""

    url: str
    key: str | None = None
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(app: FastAPI, requests: Sequence[Request]) -> list[Answer]:
    """Return the answers to some requests, one after the other."""

    async def run() -> list[Answer]:
        return [await _ask(app, one) for one in requests]

    return asyncio.run(run())


async def _ask(app: FastAPI, asked: Request) -> Answer:
    path, _, query = asked.url.partition("?")
    headers = [
        *((name.lower(), value) for name, value in asked.headers),
        *([("authorization", f"Bearer {asked.key}")] if asked.key else []),
        *([("content-type", "application/json")] if asked.body else []),
    ]
    start: dict[str, Any] = {}
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": asked.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        },
        receive,
        send,
    )
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], found, b"".join(parts))
