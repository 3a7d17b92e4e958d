"""The example case, loaded once for each process of the tests: loading takes seconds, copying does not."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from app.core.db import Database, migrate
from app.example.load import load_example
from app.records.copying import copy_database


def copy_example(database: Database) -> None:
    """Put the example into a migrated, empty database, as `load_example` does."""
    copy_database(_loaded(), database, advance=lambda _done, _total: None)


@cache
def _loaded() -> Database:
    folder = Path(tempfile.mkdtemp(prefix="case-timeline-example-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    url = f"sqlite:///{folder / 'example.sqlite'}"
    migrate(url)
    database = Database.open(url)
    load_example(database)
    return database
