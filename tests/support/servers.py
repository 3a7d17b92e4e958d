"""Servers as they really run: processes of their own, stopped or killed as the test wants."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2

ROOT: Final = Path(__file__).resolve().parents[2]
# Importing everything takes seconds on a busy machine, once for each process.
START_S: Final = 60.0
STOP_S: Final = 20.0
PAUSE_S: Final = 0.05


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class Server:
    """`serve` on one database and one port: it may be stopped, killed and started again."""

    database_url: str
    log: Path
    workers: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the address it listens on."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Return the process that was started, which looks after the workers if there are several."""
        assert self._process is not None, "It does not run."
        return self._process.pid

    def start(self) -> None:
        """Start it, and return once it answers."""
        assert self._process is None, "It runs already."
        ours = {name: value for name, value in os.environ.items() if not name.startswith("CASE_TIMELINE_")}
        command = [sys.executable, "-m", "app", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--workers", str(self.workers)],
                cwd=ROOT,
                env={**ours, **self.settings, "CASE_TIMELINE_DATABASE_URL": self.database_url},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own, so that it can be killed with its workers.
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Tell it to stop, as a service manager does, and return once it has."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        finally:
            _kill_group(process)
        _wait_until_free(self.port)

    def kill(self) -> None:
        """End it and its workers with SIGKILL, whatever they are doing, and return once they are gone."""
        process, self._process = self._process, None
        if process is None:
            return
        _kill_group(process)
        _wait_until_free(self.port)

    def log_text(self) -> str:
        """Return what it has written so far, over all its starts."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_S
        while True:
            assert self._process is not None
            assert self._process.poll() is None, f"It ended at once: {self.log_text()}"
            try:
                if httpx2.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            assert time.monotonic() < until, f"It does not answer: {self.log_text()}"
            time.sleep(PAUSE_S)


@contextmanager
def serving(
    database_url: str, folder: Path, *, workers: int = 1, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server on a free port of the loopback address; what it logs is written to `folder`.

    `settings` are environment variables besides that of the database.
    """
    server = Server(database_url, folder / "server.log", workers, settings or {})
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    # Everyone in it may have ended by itself.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_until_free(port: int) -> None:
    """Return once nobody holds the port: workers outlive the process that made them by a moment."""
    until = time.monotonic() + STOP_S
    while True:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                assert time.monotonic() < until, f"Port {port} is still held."
            else:
                return
        time.sleep(PAUSE_S)
