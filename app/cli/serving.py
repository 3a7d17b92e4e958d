"""Commands that serve until they are stopped."""

from typing import Annotated

import typer

from app.cli.data import load_example_into
from app.cli.keys import make_demo_key
from app.cli.opening import open_database
from app.config import load_settings
from app.core.db import migrate as migrate_database
from app.core.http.server import run as run_server

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")]
Delivers = Annotated[bool, typer.Option("--deliver", help="Tell webhooks of changes besides.")]


def demo(host: Host = "127.0.0.1", port: Port = 8000, *, deliver: Delivers = False) -> None:
    """Migrate, load the example case, print the addresses and, once, a key to write with; serve."""
    settings = load_settings()
    migrate_database(settings.database_url)
    load_example_into(settings)
    base = f"http://{host}:{port}"
    typer.echo(f"The page of the API:  {base}/docs")
    typer.echo(f"The example timeline: {base}/v1/cases/abrego-garcia/timeline?type=meeting&since=2025-04-14")
    with open_database(settings) as database:
        key = make_demo_key(database)
    if key is None:
        typer.echo("The key to write with was shown at the first start; `keys create` makes another one.")
    else:
        typer.echo("The key to write with, shown this once:")
        typer.echo(f"\n  export KEY={key}")
        typer.echo(f'  curl -H "Authorization: Bearer $KEY" {base}/v1/keys\n')
    typer.echo("Stop with Ctrl-C.")
    _serve(host, port, workers=1, delivers=deliver)


def serve(
    host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = 1, *, deliver: Delivers = False
) -> None:
    """Serve the API; an SQLite file is migrated first, a PostgreSQL schema must be current."""
    with open_database(load_settings()):
        # Opened only to be checked: connections must not be shared by worker processes.
        pass
    _serve(host, port, workers=workers, delivers=deliver)


def _serve(host: str, port: int, *, workers: int, delivers: bool) -> None:
    factory = "create_delivering_app" if delivers else "create_serving_app"
    run_server(f"app.main:{factory}", host=host, port=port, workers=workers)
