"""Opens the database for one request."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from sqlalchemy import Connection

from app.core.db import Database
from app.core.errors import UnavailableError
from app.core.http.outages import OUTAGE_CLASSES, is_outage


def open_read(request: Request) -> Iterator[Connection]:
    """Yield a connection that sees one snapshot and cannot write."""
    database: Database = request.app.state.database
    with database.read(primary_first=getattr(request.state, "is_repeated", False)) as connection:
        request.state.reads_replica = database.is_replica(connection)
        yield connection


_PASSING: Final[tuple[type[Exception], ...]] = (UnavailableError, *OUTAGE_CLASSES)

ReadSession = Annotated[Connection, Depends(open_read, scope="function")]


async def answer_read(handler: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """Return the handler's answer; where the replica could not give it, that of the primary.

    A replica ends a read that stands in the way of what it is to apply, it may lack
    what the reader asks for, or die.
    """
    try:
        return await handler(request)
    except _PASSING as error:
        is_ours = isinstance(error, UnavailableError) or is_outage(error)
        if not is_ours or not getattr(request.state, "reads_replica", False):
            raise
    request.state.is_repeated = True
    return await handler(request)
