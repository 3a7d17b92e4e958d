"""The command that imports events from files."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.opening import open_database
from app.cli.output import err
from app.config import load_settings
from app.core.db import Database
from app.imports.readers import read_lines
from app.imports.report import Report
from app.imports.runs import Advance, ImportFormat, ImportMode, Plan, find_case, run_import

# Who acts, in the history of what it imports.
AUTHOR = "import"


def import_files(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Files, one event a line; - is the input.")
    ],
    file_format: Annotated[
        ImportFormat, typer.Option("--format", help="What the files are made of.")
    ] = ImportFormat.NDJSON,
    mode: Annotated[
        ImportMode,
        typer.Option(help="partial keeps the good lines of a file that has bad ones, atomic keeps none."),
    ] = ImportMode.PARTIAL,
    case: Annotated[
        str | None, typer.Option(metavar="CASE", help="The case of events that name none, by id or slug.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be done; do nothing.")] = False,
) -> None:
    """Import events; bad lines are named on standard error, and the exit code is then 1."""
    refused = 0
    with open_database(load_settings()) as database:
        plan = Plan(AUTHOR, None, file_format, mode, is_dry_run=dry_run, case=find_case(database, case))
        for name in files:
            refused += _import(database, name, plan)
    if refused:
        raise SystemExit(1)


def _import(database: Database, name: str, plan: Plan) -> int:
    """Import one file and say what came of it; return how many lines were refused."""
    with _open(name) as (file, size), _progress(Path(name).name, size) as advance:
        report = run_import(database, read_lines(file), plan, advance=advance)
    for error in sorted(report.errors, key=lambda error: error.line):
        where = f"{error.field}: " if error.field else ""
        sys.stderr.write(f"{name}:{error.line}: {where}{error.message}\n")
    would = " (a dry run: nothing was done)" if plan.is_dry_run else ""
    typer.echo(
        f"{name}: {report.rows} rows, {report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged, {report.refused} refused, {report.id}{would}"
    )
    return report.refused


@contextmanager
def _open(name: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file, and tell how many bytes it has; `None` for what is no plain file."""
    if name == "-":
        yield sys.stdin.buffer, None
        return
    with Path(name).open("rb") as file:
        found = os.fstat(file.fileno())
        yield file, found.st_size if stat.S_ISREG(found.st_mode) else None


@contextmanager
def _progress(title: str, size: int | None) -> Iterator[Advance]:
    """Show on standard error how much of a file is done, how fast, and how long the rest will take."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=size, rate="")

        def advance(report: Report, end: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{report.rows / elapsed:,.0f} events/s" if elapsed else ""
            bar.update(task, completed=end, rate=rate)

        yield advance
