"""Listens to the statements that the service sends to its database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event
from starlette.testclient import TestClient

from app.core.db import Database


@contextmanager
def statements(client: TestClient) -> Iterator[list[str]]:
    """Collect the questions of the reads that answers are made of, while the block runs."""
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        # What begins the transaction asks for nothing.
        if statement.startswith(("SELECT", "WITH")):
            sent.append(statement)

    database: Database = client.app.state.database  # type: ignore[attr-defined]
    for engine in database.reading_engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        for engine in database.reading_engines:
            event.remove(engine, "before_cursor_execute", note)
