"""Follows the feed: server-sent events, for as long as the client listens.

One watcher a process looks for news, and wakes the streams; each then reads on
from where it is.  A stream holds no connection to the database between reads.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi.sse import ServerSentEvent
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.access.audience import Audience
from app.changes.feed import FeedPage, Head, read_page
from app.core.db import Database
from app.core.http.server import stopping
from app.records.documents import encode
from app.records.tables import Revision

# How often the watcher looks for news, and how soon streams end with the server.
PAUSE_S: Final = 0.2
# How often a key is looked at again; and after how long without a change of its own
# a stream is told how far the feed has been looked through.
CHECK_S: Final = 10.0
RETRY_MS: Final = 2_000
PAGE_SIZE: Final = 100
# Threads for all streams together, so that they leave some to other requests.
THREADS: Final = 4

_Result = TypeVar("_Result")
_Place: TypeAlias = tuple[Audience, tuple[str, ...], int]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Following:
    """What a stream follows, and from where."""

    audience: Audience
    # Ids; empty for all.
    cases: tuple[str, ...]
    after: int
    head: Head
    # Tells whether the key the stream was opened with still counts; `None` for the public.
    is_still_allowed: Callable[[], bool] | None


class Watcher:
    """Looks for news on behalf of every stream of a process, while there are any."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = CapacityLimiter(THREADS)
        self._streams = 0
        self._task: asyncio.Task[None] | None = None
        # Set, and replaced by another one, when there may be something to read.
        self.news = asyncio.Event()
        # What is being read or was just read: most streams stand at the same place.
        self._pages: dict[_Place, asyncio.Future[FeedPage]] = {}

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch for as long as the block runs."""
        self._streams += 1
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._streams -= 1

    async def read(self, following: Following, after: int) -> FeedPage:
        """Return the page after a change, read once for all who ask for it in the same moment."""
        place = (following.audience, following.cases, after)
        if place not in self._pages:
            self._pages[place] = asyncio.ensure_future(self.run(lambda: self._read(place)))
        # One client that goes away must not end the read for the others.
        return await asyncio.shield(self._pages[place])

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run something that blocks in one of the threads kept for streams."""
        return await to_thread.run_sync(work, limiter=self._threads)

    def _read(self, place: _Place) -> FeedPage:
        audience, cases, after = place
        with self._database.read() as connection:
            return read_page(connection, audience, after=after, limit=PAGE_SIZE, cases=cases)

    def _newest(self) -> int:
        with self._database.read() as connection:
            return connection.execute(select(func.max(Revision.seq))).scalar_one() or 0

    async def _watch(self) -> None:
        known: int | None = None
        # It ends by itself: cancelled, it would leave a thread behind with a connection.
        while self._streams:
            newest = known
            try:
                newest = await self.run(self._newest)
            except SQLAlchemyError:
                # Streams would only meet the same: they stay, and go on when it is over.
                _log.warning("Looking for changes failed.", exc_info=True)
            self._pages.clear()
            if newest != known or stopping.is_set():
                known = newest
                news, self.news = self.news, asyncio.Event()
                news.set()
            await asyncio.sleep(PAUSE_S)
        self._task = None


async def follow(watcher: Watcher, following: Following) -> AsyncGenerator[ServerSentEvent]:
    """Yield what a stream sends, until the server stops, the key ends or a read fails.

    Then the client comes back by itself, with the number it had last.
    """
    after = told = following.after
    yield ServerSentEvent(retry=RETRY_MS)
    yield ServerSentEvent(event="start", id=str(after), raw_data=_start(following))
    checked = time.monotonic()
    async with watcher.watching():
        while not stopping.is_set():
            # Taken before the read: what comes during it is not missed.
            news = watcher.news
            try:
                if time.monotonic() - checked >= CHECK_S:
                    if not await _is_allowed(watcher, following):
                        return
                    checked = time.monotonic()
                    if told != after:
                        # A number alone: a client that comes back need not have it all looked through again.
                        told = after
                        yield ServerSentEvent(id=str(told))
                page = await watcher.read(following, after)
            except SQLAlchemyError:
                _log.warning("A stream ended, as reading failed.", exc_info=True)
                return
            for item in page.items:
                told = item["seq"]
                yield ServerSentEvent(event="change", id=str(told), raw_data=encode(item).decode())
            after = page.next_after
            if not page.has_more:
                await _wait(news)


def _start(following: Following) -> str:
    head = following.head
    return encode({"after": following.after, "high_watermark": head.seq, "epoch": head.epoch}).decode()


async def _is_allowed(watcher: Watcher, following: Following) -> bool:
    return following.is_still_allowed is None or await watcher.run(following.is_still_allowed)


async def _wait(news: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(CHECK_S):
            await news.wait()
    except TimeoutError:
        return
