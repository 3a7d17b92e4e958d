"""The command that looks for what does not agree."""

import typer

from app.allegations.check import find_disagreements
from app.cli.opening import open_database
from app.config import load_settings


def check() -> None:
    """List the events whose own standing disagrees with that of the allegation they rest on.

    An event's standing is the editor's: nothing is changed. Exits with 1 where there are any.
    """
    count = 0
    with open_database(load_settings()) as database, database.read() as connection:
        for one in find_disagreements(connection):
            count += 1
            typer.echo(
                f"{one.event_id} is {one.event_standing.value} ({one.title}), but "
                f"{one.allegation_id} is {one.allegation_standing.value} ({one.text})"
            )
    typer.echo("Everything agrees." if not count else f"{count} disagree.", err=count > 0)
    if count:
        raise typer.Exit(1)
