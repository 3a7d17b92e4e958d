"""A webhook's receiver: a real HTTP server that keeps what it is sent and answers as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> dict[str, Any]:
        """Return the body, parsed."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@dataclass
class Receiver:
    """What came, and how the next request is answered."""

    port: int = 0
    requests: list[Received] = field(default_factory=list)
    # What requests are answered with, unless `answer` decides, which may take its time.
    status: int = 204
    answer: Callable[[Received], int] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    # The most requests that were open at once.
    crowd: int = 0

    @property
    def url(self) -> str:
        """Return the address to send to."""
        return f"http://127.0.0.1:{self.port}/hook?to=us"

    @property
    def seqs(self) -> list[int]:
        """Return the changes told, in order."""
        return [one.json["seq"] for one in self.requests]

    def wait_for(self, count: int, *, seconds: float = 60) -> list[Received]:
        """Return the requests once there are so many; `AssertionError` when that takes too long."""
        until = time.monotonic() + seconds
        while len(self.requests) < count:
            assert time.monotonic() < until, f"{len(self.requests)} of {count} requests came."
            time.sleep(0.02)
        return self.requests


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port of the loopback address."""
    receiver, lock, open_now = Receiver(), threading.Lock(), 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal open_now
            with lock:
                open_now += 1
                receiver.crowd = max(receiver.crowd, open_now)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            # Named as sent, so that a test sees the names too.
            received = Received(self.path, dict(self.headers.items()), body, time.monotonic())
            receiver.requests.append(received)
            status = receiver.answer(received) if receiver.answer else receiver.status
            with lock:
                open_now -= 1
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the name that the server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
