"""How connections to the two databases are made.

A writing engine begins each transaction with the lock that lets writers go one
at a time.  Never open a write transaction with a plain BEGIN: SQLite would let
two writers start and fail one of them half way, whatever the busy timeout says.
"""

import sqlite3
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError

# Older releases can lose a committed transaction when two connections share a WAL file.
SQLITE_FLOOR: Final = (3, 51, 3)
BUSY_TIMEOUT_MS: Final = 5_000
# Pages of an SQLite file that each connection keeps; the operating system keeps the others.
READER_CACHE_KB: Final = 4_096
WRITER_CACHE_KB: Final = 32_768
BRIEF_CACHE_KB: Final = 16_384
# About a millisecond of SQLite's machine, and how often it is looked at on the way.
BRIEF_STEPS: Final = 60_000
BRIEF_LOOKS: Final = 4
# Primary result codes: busy, locked, interrupted.
_STOPPED: Final = frozenset({5, 6, 9})
# Any constant will do, as long as every writer of this application takes the same lock.
WRITE_LOCK_ID: Final = 0x7469_6D65
# How long a write waits for those of other processes on PostgreSQL.
LOCK_TIMEOUT_S: Final = 15
# Writers of a process take turns, so that one connection is in use and another may be closing.
WRITER_CONNECTIONS: Final = 2
# A server that is gone without a word is noticed by its silence, in about half a minute.
KEEPALIVE: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
TCP_USER_TIMEOUT_MS: Final = 25_000


@dataclass(frozen=True, slots=True)
class Pool:
    """How many connections an engine keeps, and how long it waits for one."""

    size: int = 10
    # For one of its own to be free.
    timeout_s: float = 10.0
    # For a PostgreSQL server to answer.
    connect_timeout_s: int = 3


def sqlite_module() -> ModuleType:
    """Return the SQLite driver whose library has the WAL fix; `RuntimeError` when there is none."""
    if sqlite3.sqlite_version_info >= SQLITE_FLOOR:
        return sqlite3
    # Imported only here: two SQLite libraries in one process must never open the same file.
    import pysqlite3.dbapi2 as newer  # noqa: PLC0415

    if newer.sqlite_version_info < SQLITE_FLOOR:
        floor = ".".join(map(str, SQLITE_FLOOR))
        raise RuntimeError(f"SQLite {newer.sqlite_version} can lose commits; {floor} or newer is needed.")
    module: ModuleType = newer
    return module


def normalise_url(url: str) -> URL:
    """Return the SQLAlchemy URL; `postgres://`, which hosting services hand out, is understood."""
    parsed = make_url(url)
    if parsed.drivername == "postgres":
        parsed = parsed.set(drivername="postgresql")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ValueError(f"Databases are sqlite:/// or postgresql://, not {parsed.drivername}://.")
    return parsed


def make_engine(url: URL, *, is_writer: bool, pool: Pool) -> Engine:
    """Return an engine for writes, or one for reads that cannot write; nothing connects yet."""
    if is_writer:
        pool = Pool(WRITER_CONNECTIONS, pool.timeout_s, pool.connect_timeout_s)
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, is_writer=is_writer, pool=pool)
    return _postgresql_engine(url, is_writer=is_writer, pool=pool)


def make_brief_engine(url: URL) -> Engine | None:
    """Return an engine of one connection whose reads never wait nor take long; `None` without SQLite's file.

    Each transaction is stopped after `BRIEF_STEPS` steps of SQLite's machine.
    """
    if url.get_backend_name() != "sqlite" or not _is_file(url):
        return None
    engine = _sqlite_engine(url, is_writer=False, pool=Pool(1))
    left = 0

    def step() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    @event.listens_for(engine, "connect")
    def limit(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 0")
        cursor.execute(f"PRAGMA cache_size = -{BRIEF_CACHE_KB}")
        cursor.close()
        connection.set_progress_handler(step, BRIEF_STEPS // BRIEF_LOOKS)

    @event.listens_for(engine, "begin")
    def begin(_connection: Connection) -> None:
        nonlocal left
        left = BRIEF_LOOKS

    return engine


def is_too_long(error: DBAPIError) -> bool:
    """Tell whether a brief read was stopped, or would have had to wait: it is to be done at leisure."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _STOPPED


def _is_file(url: URL) -> bool:
    return url.database not in {None, "", ":memory:"}


def _sqlite_engine(url: URL, *, is_writer: bool, pool: Pool) -> Engine:
    # A database in memory has one connection, and no pool to be told about.
    options = _pool_options(pool) if _is_file(url) else {}
    engine = create_engine(url, module=sqlite_module(), **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: object) -> None:
        # The driver must not open transactions of its own: `begin` below says which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KB if is_writer else READER_CACHE_KB}")
        cursor.execute("PRAGMA temp_store = MEMORY")
        if not is_writer:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def _postgresql_engine(url: URL, *, is_writer: bool, pool: Pool) -> Engine:
    options: dict[str, Any] = {
        **_pool_options(pool),
        "pool_pre_ping": True,
        "connect_args": _connect_arguments(url, is_writer=is_writer, pool=pool),
    }
    if not is_writer:
        return create_engine(
            url,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
            **options,
        )
    # READ COMMITTED on purpose: a snapshot taken before the lock was granted would
    # miss the change of the writer that held it.
    engine = create_engine(url, **options)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
        # Numbers must appear in commit order, or a reader of the feed meets holes.
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": WRITE_LOCK_ID})

    return engine


def _pool_options(pool: Pool) -> dict[str, Any]:
    return {"pool_size": pool.size, "max_overflow": 0, "pool_timeout": pool.timeout_s}


def _connect_arguments(url: URL, *, is_writer: bool, pool: Pool) -> dict[str, str | int]:
    """Return what libpq is told, but for what the URL says itself."""
    arguments: dict[str, str | int] = {
        "connect_timeout": pool.connect_timeout_s,
        "tcp_user_timeout": TCP_USER_TIMEOUT_MS,
        **KEEPALIVE,
    }
    if is_writer:
        # Of several hosts, and after a replica took over: whichever takes writes.
        arguments["target_session_attrs"] = "read-write"
    return {name: value for name, value in arguments.items() if name not in url.query}
