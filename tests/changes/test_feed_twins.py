"""Two databases that differ in what was never public answer alike, byte for byte."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.core import stamps
from app.core.db import Database
from app.core.stamps import new_id
from app.main import create_app
from app.records.revisions import Log
from app.records.service import merge
from app.records.vocabulary import ChangeKind
from tests.support.editing import change, make_actor, make_case, make_event, make_source, restore, withdraw
from tests.support.sqlite import copy_template


@pytest.fixture
def twin_url(
    request: pytest.FixtureRequest, database_url: str, run_folder: Path, tmp_path: Path
) -> Iterator[str]:
    """Return the URL of another database of the same kind."""
    if database_url.startswith("sqlite"):
        yield copy_template(run_folder, tmp_path / "twin.sqlite")
        return
    with request.getfixturevalue("postgres_server").copy() as url:
        yield url


def test_what_was_never_public_changes_no_byte_of_the_feed(
    database_url: str, twin_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = answers_after_acts(database_url, monkeypatch, is_mixed=False)
    mixed = answers_after_acts(twin_url, monkeypatch, is_mixed=True)

    assert plain == mixed
    assert plain["/v1/changes"][1].count(b'"seq"') == 11


def answers_after_acts(
    url: str, monkeypatch: pytest.MonkeyPatch, *, is_mixed: bool
) -> dict[str, tuple[list[tuple[str, str]], bytes]]:
    """Act in public, with hidden acts in between where it is `is_mixed`; return the public's answers."""
    database = Database.open(url)
    try:
        act_in_public(database, monkeypatch, is_mixed=is_mixed)
    finally:
        database.dispose()
    found = {}
    with TestClient(create_app(Settings(database_url=url))) as client:
        for path in ("", "?limit=3", "?case=a-case", "?case=a-case&after=2&limit=2", "/verify"):
            answer = client.get(f"/v1/changes{path}")
            headers = [header for header in answer.headers.items() if header[0] != "x-request-id"]
            found[f"/v1/changes{path}"] = (headers, answer.content)
    return found


def act_in_public(database: Database, monkeypatch: pytest.MonkeyPatch, *, is_mixed: bool) -> None:
    numbers = count()

    def public(act: Callable[[], object]) -> None:
        n = next(numbers)
        with monkeypatch.context() as pinned:
            pinned.setattr(stamps, "utc_now", lambda: datetime(2026, 1, 1, 12, n, tzinfo=UTC))
            pinned.setattr(stamps, "new_id", lambda kind: f"{kind}_{n:012}")
            act()
            if is_mixed:
                pinned.setattr(stamps, "new_id", new_id)
                hide(database, f"secret-{n}")

    meeting = f"evt_{4:012}"
    public(lambda: make_case(database))
    public(lambda: make_actor(database, "a-judge"))
    public(lambda: make_actor(database, "another"))
    public(lambda: make_source(database, "An article"))
    public(lambda: make_event(database, "2025", actors=[{"actor": "a-judge", "role": "judge"}]))
    public(lambda: change(database, f"act_{1:012}", name="Another name"))
    public(lambda: change(database, meeting, ChangeKind.CORRECTION, title="As it was"))
    public(lambda: withdraw(database, meeting))
    public(lambda: restore(database, meeting))
    public(lambda: join(database, f"act_{2:012}", "a-judge"))
    public(lambda: change(database, f"cas_{0:012}", title="Another title"))


def join(database: Database, one: str, into: str) -> None:
    with database.write() as connection:
        merge(Log(connection, author="test"), one, into, kind=ChangeKind.CORRECTION, reason="The same.")


def hide(database: Database, name: str) -> None:
    """Act on records that the public never sees."""
    secret = make_actor(database, name, visibility="restricted")
    make_case(database, f"{name}-case", visibility="restricted")
    make_event(database, "2020", f"{name}-case", actors=[{"actor": secret, "role": "judge"}])
    gone = make_event(database, "2020", visibility="restricted", actors=[{"actor": secret, "role": "judge"}])
    change(database, secret, name="Another name")
    withdraw(database, gone)
