"""The command line: `case-timeline`, or `python -m app`.

What goes wrong is said in one line on standard error; progress goes there too,
so that standard output holds answers only.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from app.config import ConfigurationError, Settings, load_settings
from app.core.db import Database, SchemaBehindError
from app.core.db import migrate as migrate_database
from app.core.errors import AppError
from app.example.load import load_example as load_example_case
from app.main import create_app

app = typer.Typer(
    name="case-timeline",
    help="Public cases as dated, sourced, contested events: filterable timelines that keep their history.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
_err = Console(stderr=True)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")]


@app.command()
def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Migrate, load the example case, print the addresses, and serve."""
    settings = load_settings()
    migrate_database(settings.database_url)
    _load(settings)
    base = f"http://{host}:{port}"
    typer.echo(f"The page of the API:  {base}/docs")
    typer.echo(f"The example timeline: {base}/v1/cases/abrego-garcia/timeline?type=meeting&since=2025-04-14")
    typer.echo("Stop with Ctrl-C.")
    _serve(host, port, workers=1)


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = 1) -> None:
    """Serve the API; an SQLite file is migrated first, a PostgreSQL schema must be current."""
    settings = load_settings()
    database = Database.open(settings.database_url)
    try:
        if database.url.get_backend_name() == "sqlite":
            migrate_database(settings.database_url)
        database.check()
    finally:
        database.dispose()
    _serve(host, port, workers=workers)


@app.command()
def migrate() -> None:
    """Bring the database to this release's schema, making it if there is none."""
    migrate_database(load_settings().database_url)
    typer.echo("The database is migrated.")


@app.command("load-example")
def load_example() -> None:
    """Load the example case; what is there already stays as it is."""
    _load(load_settings())


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    # With the defaults, so that the document does not depend on where it is printed.
    typer.echo(json.dumps(create_app(Settings()).openapi(), indent=2, ensure_ascii=False))


def _load(settings: Settings) -> None:
    database = Database.open(settings.database_url)
    try:
        database.check()
        with _progress("Loading the example") as advance:
            made = load_example_case(database, advance=advance)
    finally:
        database.dispose()
    typer.echo(
        f"The example case is loaded: {made} new records." if made else "The example case is there already."
    )


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance


def _serve(host: str, port: int, *, workers: int) -> None:
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http="app.core.http.protocol:ProblemProtocol",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


def main() -> None:
    """Run the command line; exit 1 with one line on standard error when something is wrong."""
    try:
        app()
    except (ConfigurationError, SchemaBehindError, AppError, ValueError, OSError) as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        _fail(f"The database does not answer: {str(cause).splitlines()[0]}")


def _fail(message: str) -> None:
    sys.stderr.write(f"case-timeline: {message}\n")
    raise SystemExit(1)
