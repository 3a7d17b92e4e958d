"""Which database errors will pass, and which are mistakes of ours."""

import importlib
import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.core.db import sqlite_module

# Primary result codes: busy, locked, out of memory, read-only, interrupted, input or
# output, full, cannot open, locking protocol.
_SQLITE_CODES: Final = frozenset({5, 6, 7, 8, 9, 10, 13, 14, 15})
# Classes of SQLSTATE: connection, transaction rollback, resources, not in the state for
# it, operator intervention, system.
_SQLSTATE_CLASSES: Final = ("08", "40", "53", "55", "57", "58")


def _driver_errors() -> tuple[type[Exception], ...]:
    found: list[type[Exception]] = [sqlite3.OperationalError, sqlite_module().OperationalError]
    try:
        # PostgreSQL is an extra: without it there is no such error to meet.
        psycopg = importlib.import_module("psycopg")
    except ImportError:
        return tuple(found)
    return (*found, psycopg.OperationalError)


_DRIVER_ERRORS: Final = _driver_errors()
OUTAGE_CLASSES: Final[tuple[type[Exception], ...]] = (
    OperationalError,
    InterfaceError,
    PoolTimeoutError,
    *_DRIVER_ERRORS,
)


def is_outage(error: BaseException) -> bool:
    """Tell whether repeating the same request later may well succeed."""
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and is_outage(error.orig))
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return (code & 0xFF) in _SQLITE_CODES
    if not isinstance(error, _DRIVER_ERRORS):
        return False
    state = getattr(error, "sqlstate", None)
    # A connection that was never made, or broke, has no state to tell.
    return not isinstance(error, sqlite3.OperationalError) and (
        state is None or state.startswith(_SQLSTATE_CLASSES)
    )
