"""The command that tells webhooks of changes until it is stopped."""

import asyncio
import signal

import typer

from app.changes.deliver import deliver as deliver_until
from app.cli.opening import open_database
from app.config import Settings, load_settings
from app.core.db import Database
from app.main import VERSION


def deliver() -> None:
    """Tell webhooks of changes until stopped; several such processes share the work."""
    settings = load_settings()
    with open_database(settings) as database:
        typer.echo("Telling webhooks of changes. Stop with Ctrl-C.")
        asyncio.run(_run(database, settings))


async def _run(database: Database, settings: Settings) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        # What is being sent is finished first: ten seconds at most.
        signal.signal(one, lambda *_: loop.call_soon_threadsafe(stop.set))
    await deliver_until(database, settings, agent=f"case-timeline/{VERSION}", stop=stop)
