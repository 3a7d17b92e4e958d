"""A server of its own process, and clients that follow its streams."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from pydantic import JsonValue

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 30.0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Server:
    """A server that was started."""

    process: subprocess.Popen[bytes]
    port: int

    def stop(self) -> float:
        """Tell it to stop, as an operator would; return how many seconds that took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        return time.monotonic() - begun


@contextmanager
def serving(url: str, *, port: int | None = None, workers: int = 1) -> Iterator[Server]:
    """Serve a database by `python -m app serve`, until the block ends."""
    chosen = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", str(chosen), "--workers", str(workers)],
        cwd=ROOT,
        env={**os.environ, "CASE_TIMELINE_DATABASE_URL": url},
    )
    try:
        wait_until(lambda: is_serving(chosen))
        yield Server(process, chosen)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def is_serving(port: int) -> bool:
    """Tell whether somebody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait_until(happened: Callable[[], bool]) -> None:
    """Return as soon as it happened; fail when it takes too long."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.02)


@dataclass(slots=True)
class Message:
    """One server-sent event as it arrived."""

    id: str | None = None
    event: str | None = None
    data: JsonValue = None
    arrived: float = 0.0


@dataclass
class Listener(threading.Thread):
    """Follows a stream as browsers do: when it ends, it is asked for again with `Last-Event-ID`."""

    port: int
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    # How often the stream is asked for; `None` is until `close`.
    times: int | None = None
    messages: list[Message] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    # Did a stream end otherwise than with the end of its answer?
    is_cut: bool = False

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.closed = threading.Event()

    __hash__ = threading.Thread.__hash__

    @property
    def changes(self) -> list[dict[str, JsonValue]]:
        """Return the changes that arrived."""
        return [one.data for one in self.messages if one.event == "change" and isinstance(one.data, dict)]

    @property
    def seqs(self) -> list[JsonValue]:
        """Return their numbers."""
        return [one["seq"] for one in self.changes]

    @property
    def has_begun(self) -> bool:
        """Tell whether the first stream was opened."""
        return any(one.event == "start" for one in self.messages)

    def begin(self) -> "Listener":
        """Listen; return when the stream is open."""
        self.start()
        wait_until(lambda: self.has_begun or bool(self.statuses and self.statuses[-1] != 200))
        return self

    def close(self) -> None:
        """Ask for no further stream."""
        self.closed.set()

    def run(self) -> None:
        """Listen again and again."""
        last: str | None = None
        while not self.closed.is_set() and (self.times is None or len(self.statuses) < self.times):
            connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
            known = {} if last is None else {"Last-Event-ID": last}
            try:
                connection.request(
                    "GET", f"/v1/changes/stream{self.query}", headers={**self.headers, **known}
                )
                answer = connection.getresponse()
                self.statuses.append(answer.status)
                for message in read_messages(answer.readline):
                    self.messages.append(message)
                    last = message.id or last
                    if self.closed.is_set():
                        return
            except HTTPException:
                self.is_cut = True
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()


def read_messages(read_line: Callable[[], bytes]) -> Iterator[Message]:
    """Yield the events of a stream until it ends."""
    message = Message()
    while line := read_line():
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "id":
            message.id = value
        elif name == "event":
            message.event = value
        elif name == "data":
            message.data = json.loads(value)
        elif not name:
            message.arrived = time.monotonic()
            yield message
            message = Message()
