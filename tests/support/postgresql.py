"""A PostgreSQL server for one run of the tests: a given one, or a throwaway cluster.

The workers share one server.  The first test that needs it starts it, under a
file lock; only the controller, which outlives the workers, may stop it.
"""

import fcntl
import json
import os
import pwd
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import URL

from app.core.db import migrate, normalise_url

URL_VARIABLE: Final = "CASE_TIMELINE_TEST_DATABASE_URL"
ADVICE: Final = (
    "No PostgreSQL: install its server (`apt-get install postgresql`, `brew install postgresql`), "
    f"or set {URL_VARIABLE} to a server where databases may be created."
)
# The tests crash no machine, so they need not pay for surviving a crash.
SERVER_OPTIONS: Final = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 "
    "-c shared_buffers=64MB -c listen_addresses="
)


class NoPostgresError(RuntimeError):
    """Neither a server nor the binaries of one were found."""

    def __init__(self) -> None:
        super().__init__(ADVICE)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and the migrated database in it that tests get copies of."""

    admin_url: URL
    template: str

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Lend the URL of a fresh copy of the template, dropped afterwards."""
        name = f"case_timeline_test_{secrets.token_hex(6)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        try:
            yield _render(self.admin_url.set(database=name))
        finally:
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement that no transaction may hold, such as CREATE DATABASE."""
        engine = create_engine(self.admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))


def obtain(folder: Path) -> Server:
    """Return the run's server, starting it when this is the first call; else `NoPostgresError`."""
    known, ready = folder / "server.json", folder / "server.ready"
    with (folder / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            started = Server(_admin_url(folder), f"case_timeline_template_{secrets.token_hex(6)}")
            started.execute(f'CREATE DATABASE "{started.template}"')
            known.write_text(json.dumps([_render(started.admin_url), started.template]), encoding="utf-8")
        server = _read(known)
        if not ready.exists():
            # A migration that failed must fail every test, not leave half a schema to be copied.
            migrate(_render(server.admin_url.set(database=server.template)))
            ready.touch()
    return server


def release(folder: Path) -> None:
    """Drop what the run left on a given server, or stop the cluster it started."""
    data = folder / "cluster" / "data"
    if (data / "postmaster.pid").exists():
        # The cluster goes as a whole, whatever is in it and whoever is connected.
        binaries = find_binaries()
        if binaries is not None:
            run([binaries / "pg_ctl", "stop", "-w", "-m", "immediate", "-D", data])
    elif (folder / "server.json").exists():
        server = _read(folder / "server.json")
        server.execute(f'DROP DATABASE IF EXISTS "{server.template}" WITH (FORCE)')


def find_binaries() -> Path | None:
    """Return the folder of the newest server's own binaries, or `None`."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True)
    # What PATH names may be a link, or a wrapper that knows only its own clusters.
    found = [Path(name).resolve().parent for name in (shutil.which("postgres"),) if name]
    for folder in [*packaged, *found]:
        if all((folder / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
            return folder
    return None


def _read(known: Path) -> Server:
    admin_url, template = json.loads(known.read_text(encoding="utf-8"))
    return Server(normalise_url(admin_url), template)


def _major(binaries: Path) -> int:
    digits = re.match(r"\d+", binaries.parent.name)
    return int(digits[0]) if digits else 0


def _admin_url(folder: Path) -> URL:
    given = os.environ.get(URL_VARIABLE)
    return normalise_url(given) if given else _start_cluster(folder / "cluster")


def _start_cluster(home: Path) -> URL:
    binaries = find_binaries()
    if binaries is None:
        raise NoPostgresError
    home.mkdir(mode=0o700)
    owner = account()
    if owner is not None:
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data = home / "data"
    options = ("--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8")
    run([binaries / "initdb", *options, "-D", data])
    settings = f"{SERVER_OPTIONS} -k {home}"
    run([binaries / "pg_ctl", "start", "-w", "-D", data, "-l", home / "log", "-o", settings])
    return URL.create("postgresql", username="postgres", database="postgres", query={"host": str(home)})


def account() -> pwd.struct_passwd | None:
    """Return the account that servers are to run under; `None` for our own."""
    # The binaries refuse to run as root.
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def run(command: list[str | Path]) -> None:
    """Run one of the server's own programs under its account; `RuntimeError` when it fails."""
    owner = account()
    done = subprocess.run(
        command,
        check=False,
        # A server that inherited a pipe would keep its reader waiting.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}.")


def _render(url: URL) -> str:
    return url.render_as_string(hide_password=False)
