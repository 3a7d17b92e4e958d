"""What is worth repeating is told apart from what is our own mistake."""

import logging
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.testclient import TestClient

from app.core.db import sqlite_module
from app.core.http.outages import is_outage
from tests.support.small_app import small_app


def sqlite_failure(path: Path, statement: str, *, while_locked: bool = False) -> DBAPIError:
    url = f"sqlite:///{path}"
    holder = create_engine(url, module=sqlite_module())
    other = create_engine(url, module=sqlite_module(), connect_args={"timeout": 0})
    try:
        with holder.connect() as first, other.connect() as second:
            if while_locked:
                first.exec_driver_sql("BEGIN EXCLUSIVE")
            with pytest.raises(DBAPIError) as caught:
                second.execute(text(statement))
            return caught.value
    finally:
        other.dispose()
        holder.dispose()


def test_a_locked_file_is_an_outage(tmp_path: Path) -> None:
    error = sqlite_failure(tmp_path / "some.sqlite", "CREATE TABLE t (n)", while_locked=True)

    assert is_outage(error)


def test_a_file_that_cannot_be_opened_is_an_outage(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'none' / 'x.sqlite'}", module=sqlite_module())

    with pytest.raises(OperationalError) as caught:
        engine.connect()

    assert is_outage(caught.value)


@pytest.mark.parametrize("statement", ["SELECT * FROM nowhere", "SELEKT 1"])
def test_a_statement_that_cannot_work_is_no_outage(tmp_path: Path, statement: str) -> None:
    assert not is_outage(sqlite_failure(tmp_path / "some.sqlite", statement))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.StatementTooComplex(), False),
        (psycopg.errors.UndefinedTable(), False),
        (ValueError("a mistake"), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_error_of_postgresql_is_judged_by_its_state(error: Exception, *, expected: bool) -> None:
    assert is_outage(error) is expected


def test_the_log_of_a_failure_names_the_request_and_no_key(caplog: pytest.LogCaptureFixture) -> None:
    headers = {"Authorization": "Bearer ctl_secret", "X-Request-ID": "seen-by-the-client"}

    with caplog.at_level(logging.ERROR), TestClient(small_app()) as client:
        client.get("/broken", headers=headers)

    assert "GET '/broken' failed, request seen-by-the-client" in caplog.text
    assert "ValueError: a secret" in caplog.text
    assert "ctl_secret" not in caplog.text
