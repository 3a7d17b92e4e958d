"""Writes that are kept waiting or broken off: the client is told to come again, and nothing is half done."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import pytest
from httpx2 import Response
from sqlalchemy import Connection, create_engine, func, select, text
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.config import Settings
from app.core import engines
from app.core.db import Database, sqlite_module
from app.main import create_app
from app.records.tables import Revision
from tests.support.keys import make_key
from tests.support.whole import faults_of

CASE: Final = {"slug": "a-case", "title": "A case"}
OURS: Final = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@contextmanager
def opened(url: str) -> Iterator[tuple[TestClient, Database, dict[str, str]]]:
    """Return a client of the application, its database, and a key to write with."""
    with TestClient(create_app(Settings(database_url=url))) as client:
        database: Database = client.app.state.database  # type: ignore[attr-defined]
        yield client, database, make_key(database, Scope.WRITE)


@contextmanager
def locked(sqlite_url: str) -> Iterator[None]:
    """Hold the write lock, as another process would."""
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite_module().connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def changes_in(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(Revision)).scalar_one()


def test_what_sqlite_answered_survives_a_power_cut(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    with database.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    database.dispose()

    # 2 is FULL: the write-ahead log is on the disk before a commit returns.
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_write_begins_by_taking_the_lock(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    path = sqlite_url.removeprefix("sqlite:///")
    with (
        closing(sqlite_module().connect(path, isolation_level=None, timeout=0)) as other,
        database.write(),
        pytest.raises(sqlite_module().OperationalError, match="locked"),
    ):
        # Nothing was written yet: with a plain BEGIN the other would be let in.
        other.execute("BEGIN IMMEDIATE")
    database.dispose()


def test_a_write_that_waits_too_long_is_told_to_come_again_and_did_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 100)
    with opened(sqlite_url) as (client, database, key):
        before = changes_in(database)
        with locked(sqlite_url):
            begun = time.monotonic()
            answer = client.post("/v1/cases", json=CASE, headers=key)
            waited = time.monotonic() - begun

        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"
        # It asked three times.
        assert waited >= 0.3
        assert changes_in(database) == before
        assert client.post("/v1/cases", json=CASE, headers=key).status_code == 201


def test_a_write_waits_for_another_process_to_end_its_own(sqlite_url: str) -> None:
    with opened(sqlite_url) as (client, _, key):
        answers: list[Response] = []

        def write() -> None:
            answers.append(client.post("/v1/cases", json=CASE, headers=key))

        writing = threading.Thread(target=write)
        with locked(sqlite_url):
            writing.start()
            writing.join(0.3)
            assert answers == []
        writing.join()

    assert [answer.status_code for answer in answers] == [201]


def test_a_connection_that_ends_in_the_middle_of_a_write_leaves_nothing_of_it(postgresql_url: str) -> None:
    headers = {"Idempotency-Key": "once"}
    with opened(postgresql_url) as (client, database, key), from_outside(postgresql_url) as outside:
        before = changes_in(database)
        answers: list[Response] = []

        def write() -> None:
            answers.append(client.post("/v1/cases", json=CASE, headers={**key, **headers}))

        writing = threading.Thread(target=write)
        # The index is written after the log: there the write is stopped, half done.
        outside.execute(text("LOCK TABLE search_words"))
        writing.start()
        end_the_waiting(outside)
        writing.join()
        outside.rollback()

        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(503, "unavailable")]
        assert int(answers[0].headers["retry-after"]) > 0
        assert changes_in(database) == before
        assert faults_of(database) == []
        # The same request, sent again as it was told to.
        write()
        write()
        assert answers[1].status_code == 201
        assert answers[2].content == answers[1].content
        assert changes_in(database) == before + 1
        assert faults_of(database) == []


def test_connections_that_ended_unseen_are_replaced(postgresql_url: str) -> None:
    with opened(postgresql_url) as (client, _, key), from_outside(postgresql_url) as outside:
        assert client.post("/v1/cases", json=CASE, headers=key).status_code == 201
        ended = outside.execute(text(f"SELECT pg_terminate_backend(pid) {OURS}")).scalars().all()

        assert len(ended) > 1
        assert client.get("/v1/cases/a-case").status_code == 200
        assert client.post("/v1/cases", json={**CASE, "slug": "b-case"}, headers=key).status_code == 201


@contextmanager
def from_outside(url: str) -> Iterator[Connection]:
    """Return a connection that is none of the application's."""
    engine = create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def end_the_waiting(outside: Connection) -> None:
    """End the connection that waits for a table's lock, once there is one."""
    until = time.monotonic() + 10
    ended: list[Any] = []
    while not ended:
        assert time.monotonic() < until, "No write waits."
        # What is seen of the others is kept for a transaction.
        outside.execute(text("SELECT pg_stat_clear_snapshot()"))
        waiting = f"{OURS} AND wait_event_type = 'Lock' AND wait_event = 'relation'"
        ended = list(outside.execute(text(f"SELECT pg_terminate_backend(pid) {waiting}")).scalars())
        time.sleep(0.02)
