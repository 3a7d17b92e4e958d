"""Two real servers: reads go to the replica, writes to the primary, and either may be gone."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from httpx2 import Response
from sqlalchemy import event
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.config import Settings
from app.core.db import Database
from app.main import create_app
from tests.support.desk import Desk
from tests.support.keys import make_key
from tests.support.needs import give_up
from tests.support.postgresql import NoPostgresError
from tests.support.replication import Pair, replicated

pytestmark = pytest.mark.slow

# How long the machine may take for what should happen at once.
SOON_S: Final = 20.0


@pytest.fixture(scope="module")
def servers(run_folder: Path) -> Iterator[Pair]:
    # The path of a socket must be short.
    folder = run_folder / f"r{secrets.token_hex(3)}"
    folder.mkdir()
    folder.chmod(0o711)
    try:
        with replicated(folder) as pair:
            yield pair
    except NoPostgresError as error:
        give_up("CASE_TIMELINE_REQUIRE_POSTGRES", str(error))


@pytest.fixture
def pair(servers: Pair) -> Iterator[Pair]:
    servers.start()
    yield servers
    # A replica that was left paused would not follow the next test's primary.
    servers.start()


@pytest.fixture
def desk(pair: Pair) -> Iterator[Desk]:
    """Return someone who writes to the primary, by an application that reads the replica."""
    primary, replica = (one.url.render_as_string(hide_password=False) for one in (pair.primary, pair.replica))
    with TestClient(create_app(Settings(database_url=primary, read_database_url=replica))) as client:
        yield Desk(client, make_key(client.app.state.database, Scope.WRITE, Scope.ADMIN))  # type: ignore[attr-defined]


def database_of(desk: Desk) -> Database:
    database: Database = desk.client.app.state.database  # type: ignore[attr-defined]
    return database


def make_case(desk: Desk) -> str:
    """Make a case that the replica knows of; return its slug."""
    slug = f"case-{secrets.token_hex(4)}"
    desk.make("cases", slug=slug)
    until(lambda: desk.client.get(f"/v1/cases/{slug}").status_code == 200)
    return slug


def add_event(desk: Desk, case: str) -> int:
    """Add an event to a case; return the number of the change."""
    written = {"type": "statement", "title": "An event", "occurred": "2025-04-10", "cases": [case]}
    answer = desk.send("events", written)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Change-Seq"])


def timeline(desk: Desk, case: str, **parameters: int) -> Response:
    """Ask for a case's timeline with the key, in whose numbering `min_seq` is then."""
    return desk.client.get(f"/v1/cases/{case}/timeline", params=parameters, headers=desk.headers)


def count(answer: Response) -> int:
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"])


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.05)


def unavailable(answer: Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


def readiness(desk: Desk) -> dict[str, Any]:
    answer = desk.client.get("/readyz")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    del found["database"]
    return found


def test_reads_are_the_replicas_and_whoever_wrote_is_sent_to_the_primary(pair: Pair, desk: Desk) -> None:
    case = make_case(desk)
    pair.pause()

    seq = add_event(desk, case)

    assert count(timeline(desk, case)) == 0
    assert count(timeline(desk, case, min_seq=seq)) == 1
    newest = desk.client.get("/v1/changes").json()["high_watermark"] + 1
    public = desk.client.get(f"/v1/cases/{case}/timeline", params={"min_seq": newest})
    assert count(public) == 1
    unavailable(timeline(desk, case, min_seq=seq + 1))


def test_whoever_wrote_waits_for_a_replica_that_follows(pair: Pair, desk: Desk) -> None:
    case = make_case(desk)
    pair.pause()
    seq = add_event(desk, case)
    asked_primary: list[str] = []
    primary_reads = database_of(desk).of_primary().read_engine
    event.listen(primary_reads, "before_cursor_execute", lambda *what: asked_primary.append(what[2]))

    soon = threading.Timer(0.3, pair.resume)
    soon.start()
    answer = timeline(desk, case, min_seq=seq)
    soon.join()

    assert count(answer) == 1
    assert asked_primary == []


def test_a_key_works_as_soon_as_it_is_made_and_no_longer_than_it_should(pair: Pair, desk: Desk) -> None:
    pair.pause()

    made = desk.send("keys", {"name": "new", "scopes": ["read"]})
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    before = desk.client.get("/v1/cases", headers=key)
    ended = desk.client.post(f"/v1/keys/{made.json()['id']}/revoke", headers=desk.headers)
    after = desk.client.get("/v1/cases", headers=key)

    assert (before.status_code, ended.status_code, after.status_code) == (200, 200, 401)


def test_without_the_primary_reads_go_on_and_writes_are_told_to_wait(pair: Pair, desk: Desk) -> None:
    case = make_case(desk)
    seq = add_event(desk, case)
    until(lambda: count(timeline(desk, case)) == 1)
    assert readiness(desk) == {"status": "ready", "writes": "ok", "replica": "ok"}

    pair.primary.crash()

    assert count(timeline(desk, case)) == 1
    assert count(timeline(desk, case, min_seq=seq)) == 1
    assert count(desk.client.get(f"/v1/cases/{case}/timeline")) == 1
    unavailable(desk.send("cases", {"slug": "another", "title": "Another"}))
    unavailable(timeline(desk, case, min_seq=seq + 1))
    assert readiness(desk) == {"status": "degraded", "writes": "unavailable", "replica": "ok"}

    pair.primary.start()

    add_event(desk, case)
    assert readiness(desk) == {"status": "ready", "writes": "ok", "replica": "ok"}
    until(lambda: count(timeline(desk, case)) == 2)


def test_without_the_replica_the_primary_is_read_until_it_is_back(pair: Pair, desk: Desk) -> None:
    case = make_case(desk)

    pair.replica.crash()

    add_event(desk, case)
    assert count(timeline(desk, case)) == 1
    assert count(desk.client.get(f"/v1/cases/{case}/timeline")) == 1
    assert readiness(desk) == {"status": "degraded", "writes": "ok", "replica": "unavailable"}

    pair.replica.start()
    until(
        lambda: (
            pair.replica.execute("SELECT count(*) FROM records")
            == pair.primary.execute("SELECT count(*) FROM records")
        )
    )
    pair.pause()
    add_event(desk, case)

    # What is not there yet shows that it is the replica's answer again.
    until(lambda: count(timeline(desk, case)) == 1)
    assert readiness(desk) == {"status": "ready", "writes": "ok", "replica": "ok"}


def test_without_both_nothing_is_answered_but_that(pair: Pair, desk: Desk) -> None:
    case = make_case(desk)

    pair.replica.crash()
    pair.primary.crash()

    unavailable(timeline(desk, case))
    unavailable(desk.client.get(f"/v1/cases/{case}/timeline"))
    unavailable(desk.send("cases", {"slug": "another", "title": "Another"}))
    unavailable(desk.client.get("/readyz"))
    assert desk.client.get("/healthz").status_code == 200


def test_a_read_that_the_replica_ends_is_repeated_at_the_primary(pair: Pair, desk: Desk) -> None:
    case = make_case(desk)
    add_event(desk, case)
    until(lambda: count(timeline(desk, case)) == 1)
    pair.primary.execute("DROP TABLE IF EXISTS passing")
    pair.primary.execute("CREATE TABLE passing AS SELECT generate_series(1, 1000)")
    until(lambda: pair.replica.execute("SELECT to_regclass('passing') IS NOT NULL"))
    begun, asked = threading.Event(), []

    def linger(
        _one: object, _cursor: object, statement: str, given: object, *_more: object
    ) -> tuple[str, Any]:
        asked.append(statement)
        if len(asked) != 2:
            return statement, given
        # The first question took the snapshot; the second lasts until something ends it.
        begun.set()
        return "SELECT pg_sleep(60)", ()

    event.listen(database_of(desk).read_engine, "before_cursor_execute", linger, retval=True)
    answers: list[Response] = []
    reading = threading.Thread(target=lambda: answers.append(timeline(desk, case)))
    reading.start()
    assert begun.wait(SOON_S)
    pair.primary.execute("DELETE FROM passing")
    pair.primary.execute("VACUUM passing")
    reading.join(SOON_S)

    assert [count(answer) for answer in answers] == [1]
    # A server process adds what it counted when it ends, if not before.
    database_of(desk).dispose()
    ended = "SELECT confl_snapshot FROM pg_stat_database_conflicts WHERE datname = current_database()"
    until(lambda: pair.replica.execute(ended) == 1)
