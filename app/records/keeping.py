"""Makes stale answers again, beside what a server does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from app.core.db import Database
from app.records import store

# So many that a write waits for them about as long as for another write.
AT_ONCE: Final = 100
# Between two lots, so that who waits to write has a turn; and when there is nothing to do.
PAUSE_S: Final = 0.05
IDLE_S: Final = 2.0

_log = logging.getLogger(__name__)


def refresh_some(database: Database) -> int:
    """Make some of the stale answers again, in a write of their own; return how many there were."""
    with database.read_aside() as connection:
        if not store.has_stale(connection):
            return 0
    with database.write() as connection:
        return store.refresh_some(connection, AT_ONCE)


@asynccontextmanager
async def keeping_ready(database: Database) -> AsyncIterator[None]:
    """Make stale answers again beside what the block does; several processes may."""
    stop = asyncio.Event()
    task = asyncio.create_task(_keep(database, stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def _keep(database: Database, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            made = await asyncio.to_thread(refresh_some, database)
        except Exception:  # noqa: BLE001 - reads do without, and the next turn may succeed
            _log.warning("Stale answers cannot be made again just now", exc_info=True)
            made = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE_S if made else IDLE_S):
                await stop.wait()
