"""The command line, run as its users run it: a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.records.tables import Revision

ROOT: Final = Path(__file__).resolve().parents[1]
COMMANDS: Final = ("demo", "serve", "migrate", "load-example", "openapi")
TIMELINE: Final = "/v1/cases/abrego-garcia/timeline"


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "CASE_TIMELINE_DATABASE_URL": url, "NO_COLOR": "1", "COLUMNS": "100"}


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment(url),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(url: str, *arguments: str) -> str:
    done = run(url, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def count_revisions(url: str) -> int:
    database = Database.open(url)
    try:
        with database.read() as connection:
            return connection.execute(select(func.count()).select_from(Revision)).scalar_one()
    finally:
        database.dispose()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetch(port: int, path: str) -> tuple[int, bytes] | None:
    """Return the status and the body, or `None` while nobody listens."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except OSError:
        return None
    finally:
        connection.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'cli.sqlite'}"


def test_help_names_every_command(url: str) -> None:
    words = answer(url, "--help").split()
    assert [name for name in COMMANDS if name not in words] == []


def test_the_example_is_loaded_once(url: str) -> None:
    answer(url, "migrate")
    assert count_revisions(url) == 0
    assert "new records" in answer(url, "load-example")
    made = count_revisions(url)
    assert made > 0
    assert "there already" in answer(url, "load-example")
    assert count_revisions(url) == made


def test_openapi_is_json(url: str) -> None:
    document = json.loads(answer(url, "openapi"))
    assert "/v1/cases/{case}/timeline" in document["paths"]


@pytest.mark.parametrize("command", ["migrate", "load-example", "serve", "demo"])
@pytest.mark.parametrize("bad", ["mysql://nobody@nowhere/none", "no url at all"])
def test_a_bad_url_is_refused_in_one_line(bad: str, command: str) -> None:
    refused(run(bad, command))


@pytest.mark.parametrize("command", ["migrate", "load-example", "serve", "demo"])
def test_a_file_that_cannot_be_opened_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "plain").write_text("no folder")
    refused(run(f"sqlite:///{tmp_path / 'plain' / 'cli.sqlite'}", command))


@pytest.mark.parametrize("command", ["migrate", "load-example", "serve", "demo"])
def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path, command: str) -> None:
    file = tmp_path / "text.sqlite"
    file.write_text("This is no database. " * 100)
    refused(run(f"sqlite:///{file}", command))


def test_loading_into_an_unmigrated_file_is_refused_in_one_line(url: str) -> None:
    refused(run(url, "load-example"))


def refused(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ""


def test_demo_serves_the_example(url: str) -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "app", "demo", "--port", str(port)],
        cwd=ROOT,
        env=environment(url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            end = time.monotonic() + 20
            while (found := fetch(port, TIMELINE)) is None and time.monotonic() < end:
                assert server.poll() is None, "The server ended."
                time.sleep(0.1)
            refusal = send(port, b"GET /v1/timeline?q=" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        finally:
            server.terminate()
    assert found is not None, "Nobody answered within 20 seconds."
    status, body = found
    assert status == HTTPStatus.OK
    assert b"abrego-garcia" in body
    assert isinstance(json.loads(body), dict)
    # Longer than what the HTTP parser takes: refused before the application sees it.
    head, _, problem = refusal.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 414 ")
    assert json.loads(problem)["code"] == "query-too-long"


def send(port: int, request: bytes) -> bytes:
    """Send raw bytes; return what comes back until the server closes the connection."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        while part := connection.recv(65_536):
            answer += part
    return answer
