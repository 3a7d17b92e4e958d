"""Opens the database for one request."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection

from app.core.db import Database


def open_read(request: Request) -> Iterator[Connection]:
    """Yield a connection that sees one snapshot and cannot write."""
    database: Database = request.app.state.database
    with database.read() as connection:
        yield connection


ReadSession = Annotated[Connection, Depends(open_read, scope="function")]
