"""The servers, each a process of its own on one core, started as its makers would."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2

from tests.benchmarks.databases import Built

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = Path(__file__).parent
OPPONENTS: Final = "tests.benchmarks.opponents"
START_S: Final = 60.0
STOP_S: Final = 20.0
INSTALL: Final = "python3 -m venv VENV && VENV/bin/pip install -r tests/benchmarks/requirements.txt"
HOW_TO_INSTALL: Final = f"{INSTALL}, then --python VENV/bin/python"


class BenchmarkError(Exception):
    """What was to be measured cannot be; the message says why."""


def core_of_servers() -> int:
    """Return the core that servers run on."""
    return min(os.sched_getaffinity(0))


def core_of_clients() -> int:
    """Return the core that the load comes from: the servers' own where there is no other."""
    return max(os.sched_getaffinity(0))


def pinned(command: list[str], *cores: int) -> list[str]:
    """Return the command kept to those cores, where the system has `taskset`."""
    if shutil.which("taskset") is None:
        return command
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *command]


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is started; `{port}` in its command is where it listens."""

    name: str
    command: list[str]
    # Answers 200 once it has started.
    ready: str
    environment: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    server: Server
    url: str
    pid: int

    def memory(self) -> int:
        """Return how many MiB the largest of its processes holds."""
        return max(_resident(pid) for pid in (self.pid, *_children(self.pid)))


def ours(url: str, *, workers: int = 1, name: str = "ours") -> Server:
    """Return the application on a database."""
    command = [sys.executable, "-m", "app", "serve", "--port", "{port}", "--workers", str(workers)]
    return Server(name, command, "/healthz", {"CASE_TIMELINE_DATABASE_URL": url}, workers)


def limit(built: Built) -> Server:
    """Return the hand-written limit; it needs nothing but what the application has."""
    command = [
        *(sys.executable, "-m", "uvicorn", f"{OPPONENTS}.limit:app", "--port", "{port}"),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    ]
    ready = "/v1/cases/case-1/timeline?type=other&since=2005-01-01&until=2005-01-02"
    return Server("limit", command, ready, {"BENCHMARK_FILE": str(built.ours)})


def datasette(built: Built, python: str) -> Server:
    """Return Datasette on the file of the opponents."""
    command = [
        *(python, "-m", "datasette", "serve", str(built.opponents), "--port", "{port}"),
        *("--metadata", str(HERE / "opponents" / "datasette.json")),
        # One core gains nothing from more threads; limits must not cut answers short.
        *("--setting", "num_sql_threads", "1", "--setting", "suggest_facets", "off"),
        *("--setting", "sql_time_limit_ms", "60000", "--setting", "facet_time_limit_ms", "60000"),
        *("--setting", "cache_size_kb", "65536"),
    ]
    return Server("Datasette", command, "/-/versions.json")


def django(built: Built, python: str) -> Server:
    """Return Django REST framework on the file of the opponents: one worker, which keeps connections."""
    command = [
        *(python, "-m", "gunicorn", f"{OPPONENTS}.drf:application", "--bind", "127.0.0.1:{port}"),
        *("--workers", "1", "--worker-class", "gthread", "--threads", "1", "--log-level", "warning"),
        "--no-control-socket",
    ]
    return Server("DRF", command, "/events/?case=none", {"BENCHMARK_FILE": str(built.opponents)})


def has_opponents(python: str) -> bool:
    """Tell whether an interpreter has the packages of the opponents."""
    wanted = "import datasette, django_filters, gunicorn, pysqlite3, rest_framework"
    try:
        return subprocess.run([python, "-c", wanted], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@contextmanager
def running(server: Server, log: Path, *, cores: tuple[int, ...] | None = None) -> Iterator[Running]:
    """Start a server, pinned to the servers' core or to those given; stop it in the end."""
    port = _free_port()
    command = [part.replace("{port}", str(port)) for part in server.command]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CASE_TIMELINE_")}
    with log.open("ab") as written:
        process = subprocess.Popen(
            pinned(command, *(cores or (core_of_servers(),))),
            cwd=ROOT,
            env={**environment, **server.environment},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(process, server, url + server.ready, log)
        yield Running(server, url, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", server: Server, url: str, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            answer = httpx2.get(url, timeout=START_S)
        except httpx2.TransportError:
            time.sleep(0.1)
            continue
        if answer.status_code == 200:
            return
        raise BenchmarkError(f"{server.name} answers {answer.status_code}: see {log}")
    raise BenchmarkError(f"{server.name} did not start: see {log}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(status.split("VmRSS:")[1].split()[0]) // 1_024


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text(encoding="ascii").split()):
            found += [child, *_children(child)]
    return found
