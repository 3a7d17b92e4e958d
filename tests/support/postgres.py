"""PostgreSQL for the tests: one server and one migrated template for the whole run.

Several test processes share them, so whatever is made once is made under a lock in
the run's folder, by whoever comes first; the process that started the run removes it.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from app.core.db import migrate

URL_VARIABLE: Final = "CASE_TIMELINE_TEST_DATABASE_URL"
ADVICE: Final = (
    "PostgreSQL is not here: install its binaries (Debian: apt-get install postgresql), "
    f"or set {URL_VARIABLE} to a server on which databases may be created."
)
# Debian keeps initdb and pg_ctl out of PATH.
DEBIAN_FOLDERS: Final = "/usr/lib/postgresql"
# Nothing here outlives the run, so nothing has to survive a crash.
SERVER_OPTIONS: Final = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c max_connections=200 -c shared_buffers=64MB -c autovacuum=off"
)


class NoPostgresError(Exception):
    """No server is named and no binaries are installed."""

    def __init__(self) -> None:
        super().__init__(ADVICE)


def binaries() -> Path | None:
    """Return the folder that holds `initdb` and `pg_ctl`, the newest release's where there are several."""
    found = shutil.which("pg_ctl")
    if found and shutil.which("initdb"):
        return Path(found).resolve().parent
    releases = [
        folder
        for folder in Path(DEBIAN_FOLDERS).glob("*/bin")
        if (folder / "initdb").exists() and folder.parent.name.isdigit()
    ]
    return max(releases, key=lambda folder: int(folder.parent.name), default=None)


def _owner() -> str | None:
    """Return the user the server must run as: it refuses root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _call(folder: Path, *command: str | Path) -> None:
    owner = _owner()
    subprocess.run(
        command,
        check=True,
        cwd=folder,
        user=owner,
        group=pwd.getpwnam(owner).pw_gid if owner else None,
        extra_groups=[] if owner else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )


class Run:
    """What one test run has made, kept as files in a folder that its processes share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = folder / "server-url"
        self._template = folder / "template-name"
        self._cluster = folder / "pg"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def server(self) -> str:
        """Return the server's URL, starting one if need be; `NoPostgresError` without binaries."""
        with self._alone():
            if not self._server.exists():
                self._server.write_text(os.environ.get(URL_VARIABLE) or self._start())
        return self._server.read_text()

    def _start(self) -> str:
        folder = binaries()
        if folder is None:
            raise NoPostgresError
        self.folder.chmod(0o711)
        self._cluster.mkdir()
        owner = _owner()
        if owner:
            shutil.chown(self._cluster, owner)
        data = self._cluster / "data"
        _call(
            self._cluster,
            *(folder / "initdb", "--pgdata", data, "--username=postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        )
        options = f"{SERVER_OPTIONS} -k {self._cluster}"
        _call(
            self._cluster,
            *(folder / "pg_ctl", "start", "--wait", "--silent", "--pgdata", data),
            *("--log", self._cluster / "log", "--options", options),
        )
        # A socket and no port: nothing else on the machine can be in the way of it.
        return f"postgresql://postgres@/postgres?host={self._cluster}"

    def template(self) -> str:
        """Return the name of a migrated database to copy, making it once a run."""
        server = self.server()
        with self._alone():
            if not self._template.exists():
                name = f"case_timeline_template_{uuid4().hex[:12]}"
                create_database(server, name)
                # Written first: what a failed migration leaves is removed as well.
                self._template.write_text(name)
                migrate(database_url(server, name))
        return self._template.read_text()

    def close(self) -> None:
        """Stop the server this run started, remove its template from one it was given, and the folder."""
        try:
            if (self._cluster / "data" / "postmaster.pid").exists():
                folder = binaries()
                if folder is None:
                    raise NoPostgresError
                _call(
                    self._cluster,
                    *(folder / "pg_ctl", "stop", "--wait", "--silent", "--mode=immediate"),
                    *("--pgdata", self._cluster / "data"),
                )
            elif self._server.exists() and self._template.exists():
                drop_database(self._server.read_text(), self._template.read_text())
        finally:
            shutil.rmtree(self.folder)


def database_url(server: str, name: str) -> str:
    """Return the URL of another database on the same server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, statement: sql.Composed) -> None:
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    # Databases are made and dropped outside of transactions.
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def create_database(server: str, name: str, *, template: str = "template0") -> None:
    """Make a database as a copy of `template`."""
    _execute(
        server,
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)),
    )


def drop_database(server: str, name: str) -> None:
    """Remove a database, whoever is still connected to it."""
    _execute(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
