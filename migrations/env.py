"""Alembic's entry: runs on the connection it is given, else on CASE_TIMELINE_DATABASE_URL."""

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.schema import SchemaItem

from app.access import tables as _access  # noqa: F401 - registers the tables
from app.changes import tables as _changes  # noqa: F401 - likewise
from app.config import load_settings
from app.core.db import Base, Database
from app.history import tables as _history  # noqa: F401 - likewise
from app.imports import tables as _imports  # noqa: F401 - likewise
from app.records import tables as _records  # noqa: F401 - likewise


def include(item: SchemaItem, name: str | None, kind: str, reflected: bool, other: SchemaItem | None) -> bool:  # noqa: ARG001, FBT001
    """Leave out the full-text index: its form differs by database, so the migrations write it by hand."""
    return not (kind == "table" and name is not None and name.startswith("search_words"))


def run(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_object=include,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database.open(load_settings().database_url)
    with database.write() as own:
        run(own)
    database.dispose()
