"""Tells the state a database is in: as long as it is the same, so is every answer."""

from typing import Final

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection

from app.core.db import Database, sqlite_module
from app.core.http.kept import State
from app.core.http.outages import OUTAGE_CLASSES
from app.records.tables import Installation, Revision

# Not the newest change of a case, nor of an audience: whatever is recorded makes a new state.
_STATE: Final = select(
    Installation.epoch, func.coalesce(select(func.max(Revision.seq)).scalar_subquery(), 0)
).where(Installation.id == 1)
_TEXT: Final = """
    SELECT epoch, (SELECT coalesce(max(seq), 0) FROM revisions) FROM installation WHERE id = 1
"""
# Whoever asks the ordinary way learns more of it.
_NO_ANSWER: Final = (*OUTAGE_CLASSES, sqlite_module().DatabaseError)


def read_state(connection: Connection) -> State:
    """Return the state that a read sees."""
    epoch, seq = connection.execute(_STATE).one()
    return epoch, seq


class StateWatch:
    """Asks for the state on every request, so at the lowest price; only from the event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._own: DBAPIConnection | None = None

    async def ask(self) -> State | None:
        """Return the state that a read would see now; `None` when the database does not answer."""
        try:
            if self._database.url.get_backend_name() == "sqlite":
                # Here in the loop, on a connection of its own: a thread takes ten times as long as this.
                return self._read_own()
            return await run_in_threadpool(self._read_aside)
        except _NO_ANSWER:
            self.close()
            return None

    def _read_own(self) -> State | None:
        if self._own is None:
            borrowed = self._database.read_engine.raw_connection()
            borrowed.detach()
            self._own = borrowed.dbapi_connection
            if self._own is None:
                return None
        cursor = self._own.cursor()
        cursor.execute(_TEXT)
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else (row[0], row[1])

    def _read_aside(self) -> State:
        with self._database.read_aside() as connection:
            return read_state(connection)

    def close(self) -> None:
        """Close the connection."""
        if self._own is not None:
            self._own.close()
            self._own = None
