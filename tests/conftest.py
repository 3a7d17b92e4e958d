"""Fixtures every test may ask for.

A test that asks for `database_url`, `database` or `client` runs twice, on SQLite
and on PostgreSQL, each time with a migrated database of its own.  A test about
one of the two asks for `sqlite_url` or `postgresql_url` instead.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import pytest
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from app.core.db import Database
from tests.support import chromium as browsers
from tests.support import postgresql
from tests.support.needs import give_up
from tests.support.sqlite import copy_template

if TYPE_CHECKING:
    from tests.support.desk import Desk

ROOT: Final = Path(__file__).resolve().parents[1]
RUN_FOLDER: Final = pytest.StashKey[Path]()
OURS: Final = ("CASE_TIMELINE_TEST_", "CASE_TIMELINE_REQUIRE_", "CASE_TIMELINE_FULL")

settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The gate must not fail on a case that nobody's change brought in.
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def _worker_input(holder: object) -> dict[str, str] | None:
    return cast("dict[str, str] | None", getattr(holder, "workerinput", None))


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the run's workers share, or learn where it is."""
    # A developer's own settings must not decide what the tests find.
    for name in list(os.environ):
        if name.startswith("CASE_TIMELINE_") and not name.startswith(OURS):
            del os.environ[name]
    given = _worker_input(config)
    if given is not None:
        config.stash[RUN_FOLDER] = Path(given["case_timeline_run_folder"])
        return
    # Not in TMPDIR: a socket's path must be short, and PostgreSQL's account must reach it.
    folder = Path(tempfile.mkdtemp(prefix="case-timeline-", dir="/tmp"))
    # PostgreSQL runs under another account and has to pass through.
    folder.chmod(0o711)
    config.stash[RUN_FOLDER] = folder
    # Being told to stop must end the run as an interrupt does, which leaves no server behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a new worker where the shared folder is."""
    given = _worker_input(node)
    config = getattr(node, "config", None)
    if given is not None and isinstance(config, pytest.Config):
        given["case_timeline_run_folder"] = str(config.stash[RUN_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove the shared folder, once every worker is done."""
    folder = config.stash.get(RUN_FOLDER, None)
    if folder is None or _worker_input(config) is not None:
        return
    try:
        postgresql.release(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    """Return the folder that all workers of this run share."""
    return pytestconfig.stash[RUN_FOLDER]


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> postgresql.Server:
    """Return the run's PostgreSQL server; skip, or fail where it is required, when there is none."""
    try:
        return postgresql.obtain(run_folder)
    except postgresql.NoPostgresError as error:
        give_up("CASE_TIMELINE_REQUIRE_POSTGRES", str(error))


@pytest.fixture
def sqlite_url(run_folder: Path, tmp_path: Path) -> str:
    """Return the URL of a migrated SQLite file."""
    return copy_template(run_folder, tmp_path / "case-timeline.sqlite")


@pytest.fixture
def postgresql_url(postgres_server: postgresql.Server) -> Iterator[str]:
    """Return the URL of a migrated PostgreSQL database."""
    with postgres_server.copy() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a migrated database, of each kind in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Return an open, migrated, empty database."""
    opened = Database.open(database_url)
    try:
        yield opened
    finally:
        opened.dispose()


@pytest.fixture
def client(database_url: str) -> Iterator[TestClient]:
    """Return a client of the application, which answers from `database_url`."""
    # Imported here, so that a broken route does not hide what the tests of pure modules say.
    from app.config import Settings  # noqa: PLC0415
    from app.main import create_app  # noqa: PLC0415

    with TestClient(create_app(Settings(database_url=database_url))) as opened:
        yield opened


@pytest.fixture
def desk(database: Database, client: TestClient) -> "Desk":
    """Return someone with a key who writes over HTTP."""
    from app.access.keys import Scope  # noqa: PLC0415
    from tests.support.desk import Desk  # noqa: PLC0415
    from tests.support.keys import make_key  # noqa: PLC0415

    return Desk(client, make_key(database, Scope.WRITE))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared data beside the checkout; skip, or fail where required, without it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        give_up("CASE_TIMELINE_REQUIRE_SHARED", "No ../shared/data beside the checkout.")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Return the path of the system's Chromium; skip, or fail where required, without it."""
    found = browsers.find_chromium()
    if found is None:
        give_up("CASE_TIMELINE_REQUIRE_CHROMIUM", browsers.ADVICE)
    return found
