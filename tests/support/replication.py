"""A PostgreSQL primary with a streaming replica, made from the installed binaries; either may be crashed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import URL

from app.core.db import migrate
from tests.support import postgresql

DATABASE: Final = "case_timeline"
# The machine does not crash here, so that nothing need be forced to disk.  A standing read is ended
# by what the replica is to apply after a moment; what its primary says is asked for often.
OPTIONS: Final = (
    "-c fsync=off -c max_connections=50 -c shared_buffers=16MB -c listen_addresses= "
    "-c max_standby_streaming_delay=200ms -c wal_retrieve_retry_interval=200ms"
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One server; it listens on a socket in its own folder."""

    home: Path
    binaries: Path

    @property
    def url(self) -> URL:
        """Return the address of its database."""
        return URL.create(
            "postgresql", username="postgres", database=DATABASE, query={"host": str(self.home)}
        )

    @property
    def is_running(self) -> bool:
        """Tell whether it was started and not stopped since."""
        return (self.home / "data" / "postmaster.pid").exists()

    def start(self) -> None:
        """Start it, unless it runs, and return once it takes connections."""
        if not self.is_running:
            settings = f"{OPTIONS} -k {self.home}"
            self._control("start", "-l", self.home / "log", "-o", settings)

    def crash(self) -> None:
        """End it at once, if it runs, as a loss of power would end its processes."""
        if self.is_running:
            self._control("stop", "-m", "immediate")

    def execute(self, statement: str, *, database: str = DATABASE) -> Any:  # noqa: ANN401 - whatever is asked for
        """Run one statement outside a transaction; return the first value, if it has any."""
        engine = create_engine(
            self.url.set(database=database), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        with engine.connect() as connection:
            found = connection.execute(text(statement))
            return found.scalar() if found.returns_rows else None

    def _control(self, *arguments: str | Path) -> None:
        postgresql.run([self.binaries / "pg_ctl", "-w", "-D", self.home / "data", *arguments])


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary and its replica."""

    primary: Cluster
    replica: Cluster

    def start(self) -> None:
        """Start whichever does not run, and let the replica follow."""
        self.primary.start()
        self.replica.start()
        self.resume()

    def pause(self) -> None:
        """Let the replica stay as it is, whatever is written."""
        self.replica.execute("SELECT pg_wal_replay_pause()")

    def resume(self) -> None:
        """Let the replica follow again."""
        self.replica.execute("SELECT pg_wal_replay_resume()")


@contextmanager
def replicated(folder: Path) -> Iterator[Pair]:
    """Run a migrated primary and its replica in a folder; else `NoPostgresError`."""
    binaries = postgresql.find_binaries()
    if binaries is None or not (binaries / "pg_basebackup").exists():
        raise postgresql.NoPostgresError
    pair = Pair(*(Cluster(_make_home(folder / name), binaries) for name in ("primary", "replica")))
    primary, replica = pair.primary, pair.replica
    made = ("--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8")
    try:
        postgresql.run([binaries / "initdb", *made, "-D", primary.home / "data"])
        primary.start()
        primary.execute(f"CREATE DATABASE {DATABASE}", database="postgres")
        migrate(primary.url.render_as_string(hide_password=False))
        copied = ("--no-sync", "--checkpoint=fast", "-R", "-U", "postgres", "-h", primary.home)
        postgresql.run([binaries / "pg_basebackup", *copied, "-D", replica.home / "data"])
        replica.start()
        yield pair
    finally:
        replica.crash()
        primary.crash()


def _make_home(home: Path) -> Path:
    home.mkdir(mode=0o700)
    owner = postgresql.account()
    if owner is not None:
        os.chown(home, owner.pw_uid, owner.pw_gid)
    return home
