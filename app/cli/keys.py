"""Commands about API keys: create, list, revoke."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.access.keys import KeyRow, Scope, create_key, list_keys, read_key, revoke_key
from app.cli.opening import open_database
from app.config import load_settings
from app.core import stamps
from app.core.db import Database
from app.core.errors import InvalidRequestError
from app.records.case_ids import find_case_ids, find_case_slugs

DEMO_KEY: Final = "demo"

app = typer.Typer(help="Make, list and revoke the API keys that writing needs.", no_args_is_help=True)

_OPTIONS: Final[Mapping[str, str]] = {
    "name": "--name",
    "scopes": "--scope",
    "cases": "--case",
    "expires_at": "--expires",
}


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Who or what holds it: it is shown in the list of keys.")],
    scope: Annotated[
        list[Scope],
        typer.Option(
            metavar="SCOPE",
            help="What it may do, repeatable: read, write, import or admin, which has every scope. "
            "Any key reads everything.",
        ),
    ],
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="CASE", help="A case it may write to, by id or slug, repeatable; else all."),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="DATE|DAYS", help="When it ends: 2027-01-01 (in UTC), or 90d; else never."),
    ] = None,
) -> None:
    """Make a key; it is shown this once, alone on the last line."""
    ends = None if expires is None else _moment(expires)
    with open_database(load_settings()) as database, _refused_by_option(), database.write() as connection:
        cases = find_case_ids(connection, case, pointer="/cases") if case else None
        text, row = create_key(connection, name, scope, cases=cases, expires_at=ends)
    limit = f"writes to {', '.join(case)} only" if case else "all cases"
    end = f"expires {row.expires_at:%Y-%m-%d %H:%M} UTC" if row.expires_at else "never expires"
    typer.echo(f"{row.id}, {row.name}: {', '.join(row.scopes)}; {limit}; {end}.", err=True)
    typer.echo("Keep the key, it cannot be shown again:", err=True)
    typer.echo(text)


@app.command("list")
def list_all(
    *, as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False
) -> None:
    """List every key there has been; the keys themselves are kept nowhere."""
    with open_database(load_settings()) as database, database.read() as connection:
        rows = list_keys(connection)
        slugs = find_case_slugs(connection, {case for row in rows for case in row.cases or ()})
    if as_json:
        typer.echo(json.dumps([row.as_json() for row in rows], indent=2, ensure_ascii=False))
    elif rows:
        Console(highlight=False).print(_table(rows, slugs))
    else:
        typer.echo("There is no key yet: `keys create` makes one.", err=True)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY_ID", help="Its id or its prefix, as `keys list` shows.")],
) -> None:
    """End a key at once and for ever."""
    with open_database(load_settings()) as database, database.write() as connection:
        was_revoked = read_key(connection, key).revoked_at is not None
        row = revoke_key(connection, key)
    again = " already" if was_revoked else ""
    typer.echo(f"{row.id}, {row.name}: revoked{again}, {row.revoked_at:%Y-%m-%d %H:%M} UTC.")


def make_demo_key(database: Database) -> str | None:
    """Make the key of the demonstration and return it; `None` when it was made before."""
    with database.write() as connection:
        if any(row.name == DEMO_KEY for row in list_keys(connection)):
            return None
        return create_key(connection, DEMO_KEY, [Scope.WRITE, Scope.IMPORT, Scope.ADMIN])[0]


@contextmanager
def _refused_by_option() -> Iterator[None]:
    """Say what is wrong by the option it came in, where HTTP has a pointer into the body."""
    try:
        yield
    except InvalidRequestError as error:
        first = error.fields[0]
        raise ValueError(f"{_OPTIONS[first.name.split('/')[1]]}: {first.message}") from error


def _moment(text: str) -> datetime:
    """Return the moment of `--expires`; `ValueError` when it is none."""
    if days := re.fullmatch(r"(\d{1,5})d", text, flags=re.ASCII):
        return stamps.utc_now() + timedelta(days=int(days[1]))
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise ValueError("--expires: This is a date such as 2027-01-01, or days such as 90d.") from None


def _table(rows: list[KeyRow], slugs: Mapping[str, str]) -> Table:
    # What belongs together stands in one cell, so that 80 columns are enough.
    table = Table(box=None, padding=(0, 2, 1, 0), header_style="bold")
    table.add_column("key", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("scopes, cases", overflow="fold")
    table.add_column("dates", no_wrap=True)
    for row in rows:
        cases = "all cases" if row.cases is None else ", ".join(slugs.get(case, case) for case in row.cases)
        # As `Text`, since a name is not markup.
        cells = (f"{row.id}\n{row.prefix}…", row.name, f"{', '.join(row.scopes)}\n{cases}", _dates(row))
        table.add_row(*map(Text, cells), style="dim" if _is_over(row) else "")
    return table


def _is_over(row: KeyRow) -> bool:
    return row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= stamps.utc_now())


def _dates(row: KeyRow) -> str:
    lines = [f"created {row.created_at:%Y-%m-%d}"]
    if row.expires_at is not None:
        word = "expired" if row.expires_at <= stamps.utc_now() else "expires"
        lines.append(f"{word} {row.expires_at:%Y-%m-%d}")
    if row.revoked_at is not None:
        lines.append(f"revoked {row.revoked_at:%Y-%m-%d}")
    return "\n".join(lines)
