"""Delivers until it is told to stop, several webhooks at once, one attempt at a time for each."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from app.changes.deliver.plan import plan
from app.changes.deliver.queue import claim, due_webhooks, prune, record
from app.changes.deliver.send import send
from app.config import Settings
from app.core.db import Database

# How often the log is looked at, and what is queued.
POLL_S: Final = 0.5
# How long to wait where the database does not answer.
OUTAGE_S: Final = 5.0
AT_ONCE: Final = 16
PRUNED_EVERY_S: Final = 3_600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waits:
    """What the next step waits for: the first of the tasks to end, or the time."""

    seconds: float
    tasks: Collection[asyncio.Task[None]] = ()


async def deliver(database: Database, settings: Settings, *, agent: str, stop: asyncio.Event) -> None:
    """Deliver until `stop` is set; what is being sent then is finished.  `agent` is the `User-Agent`.

    Any number of processes may do so on one database.
    """
    courier = _Courier(database, settings, agent)
    try:
        # Side by side: a long look along the log must not keep what is queued from being sent.
        await asyncio.gather(
            _repeat(courier.plan, stop), _repeat(courier.start_attempts, stop), _repeat(courier.prune, stop)
        )
    finally:
        await courier.finish()


async def _repeat(step: Callable[[], Awaitable[_Waits]], stop: asyncio.Event) -> None:
    """Take a step again and again, until `stop` is set."""
    stopped = asyncio.create_task(stop.wait())
    while not stop.is_set():
        try:
            waits = await step()
        except Exception:  # noqa: BLE001 - whatever it is, what comes later must still be delivered
            _log.exception("Webhooks cannot be delivered just now")
            waits = _Waits(OUTAGE_S)
        await asyncio.wait(
            {stopped, *waits.tasks}, timeout=waits.seconds, return_when=asyncio.FIRST_COMPLETED
        )


@asynccontextmanager
async def delivering(database: Database, settings: Settings, *, agent: str) -> AsyncIterator[None]:
    """Deliver beside what the block does."""
    stop = asyncio.Event()
    task = asyncio.create_task(deliver(database, settings, agent=agent, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


class _Courier:
    """The attempts that this process is making, by webhook."""

    def __init__(self, database: Database, settings: Settings, agent: str) -> None:
        self.database = database
        self.settings = settings
        self.agent = agent
        self.running: dict[str, asyncio.Task[None]] = {}

    async def plan(self) -> _Waits:
        """Queue what there is to tell."""
        is_moved = await asyncio.to_thread(plan, self.database)
        return _Waits(0 if is_moved else POLL_S)

    async def prune(self) -> _Waits:
        """Forget what was finished long ago."""
        await asyncio.to_thread(prune, self.database)
        return _Waits(PRUNED_EVERY_S)

    async def start_attempts(self) -> _Waits:
        """Start an attempt for each webhook that can have one."""
        self.running = {one: task for one, task in self.running.items() if not task.done()}
        due = await asyncio.to_thread(
            due_webhooks, self.database, but=tuple(self.running), limit=AT_ONCE - len(self.running)
        )
        for webhook_id in due:
            task = asyncio.create_task(self._attempt(webhook_id))
            # A failed attempt is counted, and its lease ends by itself: the next one follows.
            task.add_done_callback(_log_failure)
            self.running[webhook_id] = task
        return _Waits(POLL_S, tuple(self.running.values()))

    async def finish(self) -> None:
        """Wait for the attempts that were begun."""
        if self.running:
            await asyncio.wait(self.running.values())

    async def _attempt(self, webhook_id: str) -> None:
        claimed = await asyncio.to_thread(claim, self.database, webhook_id, base=self.settings.public_url)
        if claimed is None:
            # Another process has it; asking again at once would not help.
            await asyncio.sleep(POLL_S)
            return
        outcome = await send(
            claimed.message, to_private=self.settings.webhooks_to_private_addresses, agent=self.agent
        )
        await asyncio.to_thread(record, self.database, claimed, outcome)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("An attempt to reach a webhook failed", exc_info=error)
