"""The command line: `case-timeline`, or `python -m app`.

What goes wrong is said in one line on standard error; progress goes there too,
so that standard output holds answers only.  A module here holds commands as
plain functions; this one gives them their names and says what went wrong.
"""

import sys

import typer
from sqlalchemy.exc import SQLAlchemyError

from app.cli import check, copy, data, deliver, imports, keys, serving
from app.config import ConfigurationError
from app.core.db import SchemaBehindError
from app.core.errors import AppError

app = typer.Typer(
    name="case-timeline",
    help="Public cases as dated, sourced, contested events: filterable timelines that keep their history.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
# The order of `--help`, and of the README's table.
app.command()(serving.demo)
app.command()(serving.serve)
app.command()(deliver.deliver)
app.command()(data.migrate)
app.command()(copy.copy)
app.add_typer(keys.app, name="keys")
app.command("import")(imports.import_files)
app.command("load-example")(data.load_example)
app.command()(check.check)
app.command()(data.openapi)


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
