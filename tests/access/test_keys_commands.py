"""`case-timeline keys`, and the key that `demo` shows once."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import httpx2
import pytest
from sqlalchemy import text

from app.access.keys import KeyRow, Scope, find_caller, list_keys
from app.cli import main
from app.core.db import Database
from tests.support.editing import make_case

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = "--name: This is 1 to 200 printable characters, without blanks around them."
KEY: Final = re.compile(r"ctl_[0-9a-z]{52}")


class Done(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


class Run(Protocol):
    """Runs a command on the test's database."""

    def __call__(self, *arguments: str) -> Done: ...


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("CASE_TIMELINE_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["case-timeline", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return call


def stored(database: Database) -> list[KeyRow]:
    with database.read() as connection:
        return list_keys(connection)


def test_create_prints_the_key_alone_on_standard_output(run: Run, database: Database) -> None:
    case = make_case(database, "a-case")
    arguments = ("--name", "The desk", "--scope", "write", "--scope", "import", "--case", "a-case")

    done = run("keys", "create", *arguments, "--expires", "2100-01-01")

    (row,) = stored(database)
    assert done.status == 0
    assert KEY.fullmatch(done.out.removesuffix("\n"))
    assert done.err.splitlines() == [
        f"{row.id}, The desk: import, write; writes to a-case only; expires 2100-01-01 00:00 UTC.",
        "Keep the key, it cannot be shown again:",
    ]
    assert (row.name, row.scopes, row.cases) == ("The desk", (Scope.IMPORT, Scope.WRITE), (case,))
    assert row.expires_at == datetime(2100, 1, 1, tzinfo=UTC)
    with database.read() as connection:
        caller = find_caller(connection, done.out.strip())
    assert caller is not None
    assert caller.key_id == row.id


def test_create_takes_days(run: Run, database: Database) -> None:
    run("keys", "create", "--name", "Short", "--scope", "read", "--expires", "90d")

    (row,) = stored(database)
    assert row.expires_at is not None
    assert row.cases is None
    assert timedelta(days=89, hours=23) < row.expires_at - row.created_at <= timedelta(days=90)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--case", "abrego-garcai"), "--case: There is no case 'abrego-garcai'."),
        (("--expires", "2020-01-01"), "--expires: That moment is past."),
        (("--expires", "0d"), "--expires: That moment is past."),
        (("--expires", "soon"), "--expires: This is a date such as 2027-01-01, or days such as 90d."),
        (("--expires", "9999-12-31"), "--expires: That is too late: leave it out for a key that stays."),
        (("--name", ""), NAME),
        (
            ("--name", "a\x1b[1m"),
            "--name: This is 1 to 200 printable characters, without blanks around them.",
        ),
        (
            ("--scope", "admin", "--case", "a-case"),
            "--case: A key with the scope admin cannot be limited to cases.",
        ),
    ],
)
def test_create_says_in_one_line_what_is_wrong(
    run: Run, database: Database, arguments: tuple[str, ...], message: str
) -> None:
    make_case(database, "a-case")

    done = run("keys", "create", "--name", "The desk", "--scope", "write", *arguments)

    assert done == (1, "", f"case-timeline: {message}\n")
    assert stored(database) == []


def test_list_shows_a_table_of_80_columns(run: Run, database: Database) -> None:
    make_case(database, "a-case")
    first = run("keys", "create", "--name", "The [red]desk", "--scope", "admin").out.strip()
    second = run(
        *("keys", "create", "--name", "A name that is long " * 9 + "x", "--scope", "write"),
        *("--case", "a-case", "--expires", "2100-01-01"),
    ).out.strip()
    desk, long = stored(database)
    run("keys", "revoke", long.id)

    done = run("keys", "list")

    assert done.status == 0
    assert max(map(len, done.out.splitlines())) <= 80
    words = done.out.split()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for word in (desk.id, long.id, first[:14] + "…", second[:14] + "…", "[red]desk", "a-case", today):
        assert word in words
    for phrase in ("all cases", "expires 2100-01-01", f"created {today}", f"revoked {today}"):
        assert phrase in done.out
    assert first not in done.out
    assert second not in done.out


def test_list_gives_json_to_programs(run: Run, database: Database) -> None:
    made = run("keys", "create", "--name", "The desk", "--scope", "write").out.strip()
    (row,) = stored(database)

    done = run("keys", "list", "--json")

    assert json.loads(done.out) == [row.as_json()]
    assert made not in done.out


def test_list_says_that_there_is_none(run: Run) -> None:
    assert run("keys", "list") == (0, "", "There is no key yet: `keys create` makes one.\n")
    assert run("keys", "list", "--json").out == "[]\n"


@pytest.mark.parametrize("named_by", ["id", "prefix", "key"])
def test_revoke_ends_a_key_by_id_or_prefix(run: Run, database: Database, named_by: str) -> None:
    made = run("keys", "create", "--name", "The desk", "--scope", "write").out.strip()
    (row,) = stored(database)

    done = run("keys", "revoke", {"id": row.id, "prefix": row.prefix, "key": made}[named_by])
    again = run("keys", "revoke", row.id)

    assert (done.status, again.status) == (0, 0)
    assert done.out.startswith(f"{row.id}, The desk: revoked, ")
    assert again.out.startswith(f"{row.id}, The desk: revoked already, ")
    with database.read() as connection:
        assert find_caller(connection, made) is None


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ("key_000000000000", "key_000000000000"),
        ("ctl_0000000000", "ctl_0000000000"),
        # A whole key is not repeated on a terminal.
        ("ctl_" + "0" * 52, "ctl_0000000000"),
    ],
)
def test_revoke_says_that_there_is_no_such_key(run: Run, named: str, shown: str) -> None:
    assert run("keys", "revoke", named) == (1, "", f"case-timeline: There is no key {shown!r}.\n")


def test_a_schema_that_is_behind_names_the_command(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database.open(postgresql_url)
    with database.write() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    database.dispose()
    monkeypatch.setenv("CASE_TIMELINE_DATABASE_URL", postgresql_url)
    for arguments in (["list"], ["create", "--name", "x", "--scope", "read"], ["revoke", "x"]):
        monkeypatch.setattr(sys, "argv", ["case-timeline", "keys", *arguments])

        with pytest.raises(SystemExit) as ended:
            main()

        said = capsys.readouterr()
        assert (ended.value.code, said.out) == (1, "")
        assert len(said.err.splitlines()) == 1
        assert "run `case-timeline migrate`" in said.err


def test_an_sqlite_file_is_made_and_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CASE_TIMELINE_DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite'}")
    monkeypatch.setattr(sys, "argv", ["case-timeline", "keys", "create", "--name", "x", "--scope", "read"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert KEY.fullmatch(capsys.readouterr().out.strip())


# A server of its own


class Demo(NamedTuple):
    """A demonstration that runs."""

    address: str
    shown: str
    log: Path


@contextmanager
def demo(url: str, log: Path) -> Iterator[Demo]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with log.open("w") as errors:
        server = subprocess.Popen(
            [sys.executable, "-m", "app", "demo", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "CASE_TIMELINE_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert server.stdout is not None
        try:
            lines: list[str] = []
            while "Stop with" not in (line := server.stdout.readline()):
                assert line, log.read_text()
                lines.append(line)
            address = f"http://127.0.0.1:{port}"
            _wait_for(address)
            yield Demo(address, "".join(lines), log)
        finally:
            server.terminate()
            rest = server.stdout.read()
            server.stdout.close()
            server.wait(20)
        # What is printed while it serves is the log, too.
        assert "ctl_" not in rest


def _wait_for(address: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            httpx2.get(f"{address}/healthz")
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Nobody answered within 20 seconds.")


def test_the_demonstration_shows_a_key_once_and_no_log_line_has_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.sqlite'}"

    with demo(url, tmp_path / "first.log") as first:
        (key,) = KEY.findall(first.shown)
        assert f"export KEY={key}\n" in first.shown
        assert f'curl -H "Authorization: Bearer $KEY" {first.address}/v1/keys\n' in first.shown
        headers = {"Authorization": f"Bearer {key}"}
        with httpx2.Client(base_url=first.address, headers=headers) as client:
            (row,) = client.get("/v1/keys").json()["items"]
            assert (row["name"], row["scopes"]) == ("demo", ["admin", "import", "write"])
            assert client.get("/v1/cases?typ=1").status_code == 422
            made = client.post("/v1/keys", json={"name": "x", "scopes": ["read"]}).json()
            break_database(url)
            # It keeps the answer, and the table for that is gone.
            failed = client.post(f"/v1/keys/{made['id']}/revoke", headers={"Idempotency-Key": "1"})
            assert failed.status_code == 500
        assert (
            httpx2.get(f"{first.address}/v1/keys", headers={"Authorization": "Bearer x"}).status_code == 401
        )
    log = first.log.read_text()
    assert f"POST '/v1/keys/{made['id']}/revoke' failed" in log
    assert key not in log
    assert made["key"] not in log

    with demo(url, tmp_path / "second.log") as second:
        assert "ctl_" not in second.shown
        assert "shown at the first start; `keys create` makes another one." in second.shown
        assert httpx2.get(f"{second.address}/v1/keys", headers=headers).status_code == 200


def break_database(url: str) -> None:
    database = Database.open(url)
    try:
        with database.write() as connection:
            connection.execute(text("DROP TABLE kept_answers"))
    finally:
        database.dispose()
