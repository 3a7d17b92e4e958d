"""The command that copies the database into another one."""

from typing import Annotated

import typer

from app.cli.output import progress
from app.config import load_settings
from app.core.db import Database
from app.records.copying import copy_database


def copy(
    to: Annotated[str, typer.Option(metavar="URL", help="An empty database, sqlite:/// or postgresql://.")],
) -> None:
    """Copy everything, history and keys too, into an empty database of either kind.

    What is written meanwhile is not in the copy: stop the writers first if it is to
    take over, as with its numbers and its epoch it can.
    """
    source = Database.open(load_settings().database_url)
    target = Database.open(to)
    try:
        if source.url == target.url:
            raise ValueError("--to: This is the database to copy from.")
        with progress("Copying", shows_rate=True) as advance:
            copied = copy_database(source, target, advance=advance)
    finally:
        target.dispose()
        source.dispose()
    typer.echo(
        f"Copied and compared: {copied.rows:,} rows, {copied.changes:,} changes, epoch {copied.epoch}."
    )
    typer.echo(f"The hash of the last change: {copied.hash}")
