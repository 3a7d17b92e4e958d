"""Commands about what is stored: the schema, the example case, the OpenAPI document."""

import json

import typer

from app.cli.output import progress
from app.config import Settings, load_settings
from app.core.db import Database
from app.core.db import migrate as migrate_database
from app.example.load import load_example as load_example_case
from app.main import create_app


def migrate() -> None:
    """Bring the database to this release's schema, making it if there is none."""
    migrate_database(load_settings().database_url)
    typer.echo("The database is migrated.")


def load_example() -> None:
    """Load the example case; what is there already stays as it is."""
    load_example_into(load_settings())


def openapi() -> None:
    """Print the OpenAPI document."""
    # With the defaults, so that the document does not depend on where it is printed.
    typer.echo(json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False))


def load_example_into(settings: Settings) -> None:
    """Load the example case and say what came of it."""
    database = Database.open(settings.database_url)
    try:
        database.check()
        with progress("Loading the example") as advance:
            made = load_example_case(database, advance=advance)
    finally:
        database.dispose()
    typer.echo(
        f"The example case is loaded: {made} new records." if made else "The example case is there already."
    )
