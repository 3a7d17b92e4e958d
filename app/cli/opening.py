"""Opens the database for a command that needs this release's schema."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.config import Settings
from app.core.db import Database, migrate


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database; an SQLite file is migrated first, and made if there is none.

    A PostgreSQL schema that is behind raises `SchemaBehindError`: others may be using it.
    """
    database = Database.open(settings.database_url)
    try:
        if database.url.get_backend_name() == "sqlite":
            migrate(settings.database_url)
        database.check()
        yield database
    finally:
        database.dispose()
