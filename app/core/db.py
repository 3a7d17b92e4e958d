"""The database: reads, the one write, and the declarative base.

A read sees one snapshot; a write is one transaction that its opener commits,
and writers go one at a time.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase

from app.core.columns import Flag, Moment, bytestring, int64, ordered_text, real
from app.core.engines import (
    SQLITE_FLOOR,
    Pool,
    make_brief_engine,
    make_engine,
    normalise_url,
    sqlite_module,
)

# How often a write asks for the lock, the time of SQLite's busy timeout each, before it gives up.
WRITE_ATTEMPTS: Final = 3
# How long a write waits for the others of its process.
TURN_TIMEOUT_S: Final = 30.0
# Connections of a process for what is looked up beside an answer, such as keys.
ASIDE_CONNECTIONS: Final = 3
# How long a server that did not answer is left alone.
AWAY_S: Final = 5.0
_IS_REPLICA: Final = "is_replica"
# Marks columns that hold what people wrote: a redaction looks for the name there, too.
FREE_TEXT: Final[dict[str, bool]] = {"free_text": True}


_log = logging.getLogger(__name__)


class SchemaBehindError(RuntimeError):
    """The database was made by an older release and must be migrated first."""

    def __init__(self, found: str | None, expected: str | None) -> None:
        super().__init__(
            f"The database schema is at {found or 'nothing'}, this release needs {expected}: "
            "run `case-timeline migrate`."
        )


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


@dataclass(frozen=True, slots=True)
class Database:
    """One database: an engine for writes, and others for reads, which cannot write.

    Where it has a replica, that one is read; the primary is where the replica does
    not answer.
    """

    url: URL
    engine: Engine
    # For the reads that answers are made of: those of the first that answers.
    _readers: tuple[Engine, ...]
    # For the short ones beside them, the primary first.
    _asides: tuple[Engine, ...]
    # For reads that end by themselves when they take too long; SQLite's only.
    _brief: Engine | None
    # The servers that did not answer, and until when they are asked last.
    _away: dict[Engine, float] = field(default_factory=dict)
    # Whoever writes in this process takes turns here: SQLite's own waiting is a lottery.
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, url: str, *, read_url: str | None = None, pool: Pool = Pool()) -> "Database":  # noqa: B008 - frozen
        """Make the engines; nothing connects yet.  A malformed URL raises `ValueError`.

        `read_url` is the replica's; `pool` is about reads, and that of each server.
        """
        primary = normalise_url(url)
        # A pool of their own: requests that hold a connection and wait for another of the same
        # pool would wait for each other.
        few = Pool(ASIDE_CONNECTIONS, pool.timeout_s, pool.connect_timeout_s)
        readers = [make_engine(primary, is_writer=False, pool=pool)]
        asides = [make_engine(primary, is_writer=False, pool=few)]
        if read_url:
            replica = normalise_url(read_url)
            reader = make_engine(replica, is_writer=False, pool=pool)
            readers.insert(0, reader.execution_options(**{_IS_REPLICA: True}))
            asides.append(make_engine(replica, is_writer=False, pool=few))
        return cls(
            url=primary,
            engine=make_engine(primary, is_writer=True, pool=pool),
            _readers=tuple(readers),
            _asides=tuple(asides),
            _brief=make_brief_engine(primary),
        )

    @property
    def read_engine(self) -> Engine:
        """Return the engine that reads use as long as it answers."""
        return self._readers[0]

    @property
    def reading_engines(self) -> tuple[Engine, ...]:
        """Return every engine that answers are read with."""
        return self._readers if self._brief is None else (*self._readers, self._brief)

    @property
    def has_replica(self) -> bool:
        """Tell whether reads go to another server than writes."""
        return len(self._readers) > 1

    def of_primary(self) -> "Database":
        """Return the same database, read at the primary first: for work that must see its own writes."""
        return replace(self, _readers=self._readers[::-1])

    def dispose(self) -> None:
        """Close every pooled connection."""
        for engine in (*self.reading_engines, *self._asides, self.engine):
            engine.dispose()

    @contextmanager
    def read(self, *, primary_first: bool = False) -> Iterator[Connection]:
        """Open a read that sees one snapshot until it ends."""
        with self._connect(self._readers[::-1] if primary_first else self._readers) as connection:
            yield connection

    @property
    def reads_briefly(self) -> bool:
        """Tell whether there is `read_briefly`: with SQLite, whose reads wait for no server."""
        return self._brief is not None

    @contextmanager
    def read_briefly(self) -> Iterator[Connection]:
        """Open a read that does not wait, and fails when it takes more than about a millisecond.

        For one thread, the event loop's: to send a short read to another one takes longer
        than the read.  `is_too_long` tells such a failure.
        """
        if self._brief is None:
            raise RuntimeError("Only SQLite is read briefly.")
        with self._brief.connect() as connection:
            yield connection

    @contextmanager
    def read_aside(self) -> Iterator[Connection]:
        """Open a short read of the newest state, also while the same request holds another one."""
        with self._connect(self._asides) as connection:
            yield connection

    def _connect(self, engines: Sequence[Engine]) -> Connection:
        """Connect to the first that answers; one that lately did not is asked last."""
        now = time.monotonic()
        *others, last = sorted(engines, key=lambda one: self._away.get(one, 0.0) > now)
        for engine in others:
            try:
                return engine.connect()
            except OperationalError:
                self._away[engine] = now + AWAY_S
                _log.warning("A database server does not answer, another one is read.", exc_info=True)
        return last.connect()

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

    def takes_writes(self) -> bool:
        """Tell whether the server that writes go to answers, and is no replica itself."""
        if self.url.get_backend_name() == "sqlite":
            return True
        return self._answers(self._asides[0], "SELECT NOT pg_is_in_recovery()")

    def replica_answers(self) -> bool:
        """Tell whether the replica answers."""
        return self._answers(self._asides[-1], "SELECT true")

    def _answers(self, engine: Engine, question: str) -> bool:
        try:
            with engine.connect() as connection:
                return bool(connection.execute(text(question)).scalar_one())
        except (OperationalError, PoolTimeoutError):
            return False


def is_replica(connection: Connection) -> bool:
    """Tell whether a read is one of a replica, which may be behind its primary."""
    return bool(connection.get_execution_options().get(_IS_REPLICA))


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
    "Pool",
    "SchemaBehindError",
    "alembic_config",
    "bytestring",
    "int64",
    "is_replica",
    "migrate",
    "normalise_url",
    "ordered_text",
    "real",
    "sqlite_module",
]
