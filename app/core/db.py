"""Engines, the declarative base, and column types that mean the same on both databases.

A read sees one snapshot; a write is one transaction that its opener commits,
and writers go one at a time.  Never open a write transaction with a plain BEGIN:
SQLite would let two writers start and fail one of them half way, whatever the
busy timeout says.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Double,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import REAL, TypeDecorator, TypeEngine

from app.core import stamps

# Older releases can lose a committed transaction when two connections share a WAL file.
SQLITE_FLOOR: Final = (3, 51, 3)
BUSY_TIMEOUT_MS: Final = 5_000
# Any constant will do, as long as every writer of this application takes the same lock.
WRITE_LOCK_ID: Final = 0x7469_6D65
# How often a write asks for the lock, `BUSY_TIMEOUT_MS` each time, before it gives up.
WRITE_ATTEMPTS: Final = 3
# How long a write waits for the others of its process.
TURN_TIMEOUT_S: Final = 30.0
# How long a write waits for those of other processes on PostgreSQL.
LOCK_TIMEOUT_S: Final = 15
# Marks columns that hold what people wrote: a redaction looks for the name there, too.
FREE_TEXT: Final[dict[str, bool]] = {"free_text": True}


class SchemaBehindError(RuntimeError):
    """The database was made by an older release and must be migrated first."""

    def __init__(self, found: str | None, expected: str | None) -> None:
        super().__init__(
            f"The database schema is at {found or 'nothing'}, this release needs {expected}: "
            "run `case-timeline migrate`."
        )


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


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored as microseconds since 1970 so that both databases order it alike."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the integer type of the dialect."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return the stored integer; a naive moment raises `ValueError`."""
        return None if value is None else stamps.to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC."""
        return None if value is None else stamps.from_micros(value)


class Flag(TypeDecorator[bool]):
    """A truth value, stored as 0 or 1: STRICT tables of SQLite know no BOOLEAN."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:  # noqa: ARG002, FBT001
        """Return 0 or 1."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:  # noqa: ARG002
        """Return the truth value."""
        return None if value is None else bool(value)


def int64() -> TypeEngine[int]:
    """Return a 64-bit integer type that STRICT tables accept."""
    return BigInteger().with_variant(Integer(), "sqlite")


def real() -> TypeEngine[float]:
    """Return a double precision type that STRICT tables accept."""
    return Double().with_variant(REAL(), "sqlite")


def bytestring() -> TypeEngine[bytes]:
    """Return a type for bytes."""
    return LargeBinary()


def ordered_text() -> TypeEngine[str]:
    """Return a text type that sorts by code point on both databases, whatever their locale."""
    return Text().with_variant(Text(collation="C"), "postgresql")


class Base(DeclarativeBase):
    """Every table; the naming convention lets Alembic alter constraints by name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _sqlite_engine(url: URL, *, is_writer: bool) -> Engine:
    engine = create_engine(url, module=sqlite_module())

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
        cursor.execute("PRAGMA cache_size = -65536")
        cursor.execute("PRAGMA temp_store = MEMORY")
        if not is_writer:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def _postgresql_engine(url: URL, *, is_writer: bool) -> Engine:
    if is_writer:
        # READ COMMITTED on purpose: a snapshot taken before the lock was granted would
        # miss the change of the writer that held it.
        engine = create_engine(url, pool_pre_ping=True)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
            # Numbers must appear in commit order, or a reader of the feed meets holes.
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": WRITE_LOCK_ID})

        return engine
    return create_engine(
        url,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )


def normalise_url(url: str) -> URL:
    """Return the SQLAlchemy URL; `postgres://`, which hosting services hand out, is understood."""
    parsed = make_url(url)
    if parsed.drivername == "postgres":
        parsed = parsed.set(drivername="postgresql")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ValueError(f"Databases are sqlite:/// or postgresql://, not {parsed.drivername}://.")
    return parsed


def _engine(url: URL, *, is_writer: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, is_writer=is_writer)
    return _postgresql_engine(url, is_writer=is_writer)


@dataclass(frozen=True, slots=True)
class Database:
    """One database: an engine for writes, and one for reads that cannot write."""

    url: URL
    engine: Engine
    read_engine: Engine
    # Whoever writes in this process takes turns here: SQLite's own waiting is a lottery.
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, url: str, *, read_url: str | None = None) -> "Database":
        """Make the engines; nothing connects yet.  A malformed URL raises `ValueError`."""
        parsed = normalise_url(url)
        return cls(
            url=parsed,
            engine=_engine(parsed, is_writer=True),
            read_engine=_engine(normalise_url(read_url) if read_url else parsed, is_writer=False),
        )

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.read_engine.dispose()
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read that sees one snapshot until it ends."""
        with self.read_engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one write transaction; it commits when the block ends without an error.

        Waits for its turn; `OperationalError` or `TimeoutError` when that takes too long.
        Nothing was done by then, so that asking again is the one way to retry.
        """
        if not self._turn.acquire(timeout=TURN_TIMEOUT_S):
            raise PoolTimeoutError("Other writes take too long.")
        try:
            with self._begin() as connection:
                yield connection
                connection.commit()
        finally:
            self._turn.release()

    def _begin(self) -> Connection:
        for attempt in range(1, WRITE_ATTEMPTS + 1):
            connection = self.engine.connect()
            try:
                connection.begin()
            except BaseException as error:
                # Not given back: whether it is in a transaction is not known.
                connection.invalidate()
                connection.close()
                is_busy = isinstance(error, OperationalError) and self.url.get_backend_name() == "sqlite"
                if not is_busy or attempt == WRITE_ATTEMPTS:
                    raise
            else:
                return connection
        raise AssertionError("unreachable")

    def checkpoint(self) -> bool:
        """Empty SQLite's write-ahead log into its file; tell whether no reader was in the way."""
        if self.url.get_backend_name() != "sqlite":
            return True
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (is_busy, *_) = cursor.fetchone() or (1,)
            cursor.close()
            return not is_busy
        finally:
            raw.close()

    def version(self) -> str:
        """Return the engine's name and version, for example `SQLite 3.53.4`."""
        if self.url.get_backend_name() == "sqlite":
            return f"SQLite {sqlite_module().sqlite_version}"
        with self.read() as connection:
            return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar_one()}"

    def check(self) -> None:
        """Raise when the database does not answer, or `SchemaBehindError` when it is not migrated."""
        with self.read() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        expected = ScriptDirectory.from_config(alembic_config()).get_current_head()
        if found != expected:
            raise SchemaBehindError(found, expected)


def alembic_config() -> Config:
    """Return Alembic's configuration, from the checkout or from inside an installed wheel."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_migrations"
    config = Config()
    config.set_main_option(
        "script_location", str(inside if inside.is_dir() else package.parent / "migrations")
    )
    return config


def migrate(url: str) -> None:
    """Bring the database at `url` to this release's schema, making it if there is none."""
    database = Database.open(url)
    config = alembic_config()
    try:
        with database.write() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        database.dispose()


__all__ = [
    "SQLITE_FLOOR",
    "Base",
    "Database",
    "Flag",
    "Moment",
    "OperationalError",
    "SchemaBehindError",
    "alembic_config",
    "bytestring",
    "int64",
    "migrate",
    "normalise_url",
    "ordered_text",
    "real",
    "sqlite_module",
]
