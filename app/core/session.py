"""Opens the database for one request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy import Connection
from starlette.datastructures import State

from app.core.db import Database, is_replica
from app.core.errors import UnavailableError
from app.core.http.outages import OUTAGE_CLASSES, is_outage


async def open_read(request: Request) -> AsyncIterator[Connection]:
    """Yield a connection that sees one snapshot and cannot write."""
    database: Database = request.app.state.database
    is_repeated = getattr(request.state, "is_repeated", False)
    reading = contextmanager_in_threadpool(database.read(primary_first=is_repeated))
    async with take_turn(request), reading as connection:
        request.state.reads_replica = is_replica(connection)
        yield connection


@asynccontextmanager
async def take_turn(request: Request) -> AsyncIterator[None]:
    """Wait for a connection to be free; not in a thread, which those who hold one need to go on.

    `UnavailableError` when that takes too long.
    """
    state: State = request.app.state
    if getattr(request.state, "is_repeated", False):
        # It has its turn still.
        yield
        return
    if not hasattr(state, "reading_turns"):
        state.reading_turns = asyncio.Semaphore(state.settings.pool_size)
    turns: asyncio.Semaphore = state.reading_turns
    if turns.locked():
        await _wait(turns, state.settings.pool_timeout_s)
    else:
        await turns.acquire()
    try:
        yield
    finally:
        turns.release()


async def _wait(turns: asyncio.Semaphore, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await turns.acquire()
    except TimeoutError:
        raise UnavailableError("Too much is being read just now.", retry_after=1) from None


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
