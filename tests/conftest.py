"""Fixtures of every test: databases, a client, a browser, the shared data.

A test that asks for `database_url`, `database` or `client` runs twice, on SQLite and on
PostgreSQL, each time on its own copy of a migrated template.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, Protocol
from uuid import uuid4

import hypothesis
import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.core.db import Database, migrate
from tests.support import chromium as browser
from tests.support import postgres
from tests.support.needs import do_without

ROOT: Final = Path(__file__).parents[1]
RUN: Final = pytest.StashKey[postgres.Run]()
FOLDER_KEY: Final = "case_timeline_run_folder"
OWN_VARIABLES: Final = ("CASE_TIMELINE_TEST_", "CASE_TIMELINE_REQUIRE_")


class WorkerNode(Protocol):
    """What the starting process knows of one of its workers (pytest-xdist has no types)."""

    config: pytest.Config
    workerinput: dict[str, str]


hypothesis.settings.register_profile("local", deadline=None)
# The same examples every time: a gate must not fail by luck.
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_configure(config: pytest.Config) -> None:
    """Give the run its folder, and no setting of the developer's own."""
    for name in list(os.environ):
        if name.startswith("CASE_TIMELINE_") and not name.startswith(OWN_VARIABLES):
            del os.environ[name]
    given: dict[str, str] = getattr(config, "workerinput", {})
    # Not in TMPDIR: the path of a socket must be short, and the server's user must reach it.
    folder = given.get(FOLDER_KEY) or tempfile.mkdtemp(prefix="case-timeline-", dir="/tmp")  # noqa: S108
    config.stash[RUN] = postgres.Run(Path(folder))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    """Tell a worker where the run's folder is."""
    node.workerinput[FOLDER_KEY] = str(node.config.stash[RUN].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the run made; its workers have ended by now."""
    if not hasattr(config, "workerinput") and RUN in config.stash:
        config.stash[RUN].close()


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> str:
    """Give the URL of a PostgreSQL server on which databases may be created."""
    try:
        return pytestconfig.stash[RUN].server()
    except postgres.NoPostgresError as error:
        do_without("POSTGRES", str(error))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Give the URL of a migrated SQLite database of the test's own."""
    path = tmp_path / "case-timeline.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgres_server: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """Give the URL of a migrated PostgreSQL database of the test's own."""
    name = f"case_timeline_test_{uuid4().hex[:12]}"
    postgres.create_database(postgres_server, name, template=pytestconfig.stash[RUN].template())
    yield postgres.database_url(postgres_server, name)
    postgres.drop_database(postgres_server, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a migrated database of the test's own, of one kind and then of the other."""
    kind: Literal["sqlite", "postgresql"] = request.param
    # Asked for by name, so that a test on one database never waits for the other.
    url: str = request.getfixturevalue(f"{kind}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open the test's own database."""
    opened = Database.open(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Make the settings `client` is made with; a test module overrides this to change them."""
    return Settings(database_url=database_url)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """Open a client of the whole application, on the test's own database."""
    # Imported here, so that a test of dates does not wait for every route.
    from app.main import create_app  # noqa: PLC0415

    with TestClient(create_app(settings)) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared() -> Path:
    """Find the folder of reference data that stands beside the checkout."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        do_without("SHARED", "The folder shared/data is not beside the checkout.")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Find the system's Chromium; start it with the flags of `tests.support.chromium`."""
    found = browser.executable()
    if found is None:
        do_without("CHROMIUM", browser.ADVICE)
    return found
