"""A copy answers as its original does, at every change, and goes on from there."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import MetaData, Table, inspect, select

from app.access.keys import Scope
from app.config import Settings
from app.core.db import Base, Database, migrate
from app.core.stamps import moment_text
from app.main import create_app
from app.records.copying import TargetNotEmptyError, copy_database
from app.records.tables import Revision
from tests.support.asking import Answer, Request, ask
from tests.support.histories import ACTS, CASE_SLUGS, PLURAL, REWRITING, SLUGS, Editor
from tests.support.keys import make_key, text_of
from tests.support.whole import faults_of

ROOT: Final = Path(__file__).resolve().parents[2]
SEARCHES: Final = ("order", "fli*", "%22court+prison%22", "return+-order", "because")
FILTERS: Final = (
    "total=exact",
    "limit=2",
    "actor=ada&total=exact",
    "unanswered=true&order=-occurred",
    "publisher=Reuters",
    "order=-changed",
    "since=2025-03-10&until=2025-03-31",
    *(f"q={one}&total=exact" for one in SEARCHES),
)
PRESENT: Final = (
    "/v1/changes?limit=500",
    "/v1/changes/verify",
    "/v1/corrections",
    "/v1/keys",
    "/v1/webhooks",
)
CHOICE: Final = (*ACTS, *REWRITING)


@dataclass(frozen=True, slots=True)
class Place:
    """A database, and an application on it."""

    database: Database
    editor: Editor

    def answers(self, requests: list[Request]) -> list[tuple[int, str, bytes]]:
        return [_said(answer) for answer in ask(self.editor.app, requests)]


def _said(answer: Answer) -> tuple[int, str, bytes]:
    return answer.status, answer.headers.get("location", ""), answer.body


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def place(stack: ExitStack, url: str, key: str, ids: dict[str, list[str]] | None = None) -> Place:
    database = Database.open(url)
    stack.callback(database.dispose)
    app = create_app(Settings(database_url=url))
    app.state.database = database
    return Place(database, Editor(app, key, ids) if ids else Editor(app, key))


def copied(stack: ExitStack, source: Place, url: str) -> Place:
    target = place(stack, url, source.editor.key, source.editor.ids)
    copy_database(source.database, target.database, advance=lambda _done, _total: None)
    return target


def live_through(original: Place, *, acts: int, seed: int) -> None:
    """Do some of everything."""
    chance, editor = random.Random(seed), original.editor
    editor.begin()
    for _ in range(acts):
        editor.do((chance.choice(CHOICE), chance.randrange(10_000)))
    again = {"slug": "once", "name": "Once Only", "kind": "person"}
    send(original, "/v1/actors", again, ("Idempotency-Key", "once"))
    send(original, "/v1/webhooks", {"url": "https://hooks.example.org/x"})
    send(original, "/v1/snapshots", {"filter": {"type": ["statement"]}})


def send(where: Place, path: str, body: object, *headers: tuple[str, str]) -> Answer:
    request = Request(path, where.editor.key, "POST", json.dumps(body).encode(), headers)
    (answer,) = ask(where.editor.app, [request])
    assert answer.status < 300, answer
    return answer


def moments(database: Database) -> list[str]:
    with database.read() as connection:
        return [
            moment_text(at) for at in connection.execute(select(Revision.at).order_by(Revision.seq)).scalars()
        ]


def questions(where: Place, *, asked: int) -> list[Request]:
    """Return what is asked as of every change, and of now: some of all there is."""
    ids = where.editor.ids
    about = [f"/v1/timeline?{one}" for one in FILTERS]
    for case in CASE_SLUGS:
        about += [f"/v1/cases/{case}/timeline?{one}" for one in FILTERS]
        about += [f"/v1/cases/{case}", f"/v1/cases/{case}/facets?by=type&by=actor&by=tag&by=publisher"]
    about += [f"/v1/actors/{slug}" for slug in SLUGS]
    for kind in ("cases", "actors", "sources"):
        about += [f"/v1/{kind}?q={one}&total=exact" for one in SEARCHES]
    records = [f"/v1/{PLURAL[kind]}/{one}" for kind, known in ids.items() for one in known]
    about += records
    chance = random.Random(0)
    found = [*PRESENT, *chance.sample(about, min(len(about), 15 * asked))]
    found += [f"/v1/cases/{case}/diff?from=1970-01-01T00:00:00Z" for case in CASE_SLUGS]
    found += [f"{one}/revisions" for one in chance.sample(records, min(len(records), 5 * asked))]
    for moment in moments(where.database):
        for one in chance.sample(about, asked):
            found.append(f"{one}{'&' if '?' in one else '?'}as_of={moment}")
    return [Request(one, key) for one in found for key in (None, where.editor.key)]


def original_at(stack: ExitStack, url: str, *, acts: int, seed: int) -> Place:
    migrate(url)
    opened = Database.open(url)
    key = text_of(make_key(opened, Scope.WRITE, Scope.ADMIN))
    opened.dispose()
    original = place(stack, url, key)
    live_through(original, acts=acts, seed=seed)
    return original


def same_answers(stack: ExitStack, urls: tuple[str, str, str], *, acts: int, seed: int, asked: int) -> None:
    original = original_at(stack, urls[0], acts=acts, seed=seed)
    there = copied(stack, original, urls[1])
    back = copied(stack, there, urls[2])

    requests = questions(original, asked=asked)
    expected = original.answers(requests)
    statuses = {status for status, _, _ in expected}
    assert {200, 404} <= statuses, statuses
    for copy in (there, back):
        for request, then, now in zip(requests, expected, copy.answers(requests), strict=True):
            assert now == then, f"{request.url} {'with' if request.key else 'without'} a key"
        assert faults_of(copy.database) == []


def test_a_copy_to_postgresql_and_back_answers_the_same(
    stack: ExitStack, sqlite_url: str, empty_postgresql_url: str, tmp_path: Path
) -> None:
    back = f"sqlite:///{tmp_path / 'back.sqlite'}"
    same_answers(stack, (sqlite_url, empty_postgresql_url, back), acts=12, seed=1, asked=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_copies_of_long_histories_answer_the_same(
    stack: ExitStack, sqlite_url: str, empty_postgresql_url: str, tmp_path: Path, seed: int
) -> None:
    back = f"sqlite:///{tmp_path / 'back.sqlite'}"
    same_answers(stack, (sqlite_url, empty_postgresql_url, back), acts=40, seed=seed, asked=5)


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> str:
    """Return the URL of a PostgreSQL database that was not migrated."""
    database = Database.open(postgresql_url)
    with database.write() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    database.dispose()
    return postgresql_url


def test_writing_goes_on_in_a_copy(stack: ExitStack, sqlite_url: str, postgresql_url: str) -> None:
    original = original_at(stack, sqlite_url, acts=10, seed=5)
    copy = copied(stack, original, postgresql_url)
    (before,) = ask(original.editor.app, [Request("/v1/changes", original.editor.key)])
    told = json.loads(before.body)

    same = send(
        copy,
        "/v1/actors",
        {"slug": "once", "name": "Once Only", "kind": "person"},
        ("Idempotency-Key", "once"),
    )
    made = send(copy, "/v1/actors", {"slug": "later", "name": "Later On", "kind": "person"})
    after, proof, found = ask(
        copy.editor.app,
        [
            Request(f"/v1/changes?after={told['high_watermark']}", copy.editor.key),
            Request("/v1/changes/verify", copy.editor.key),
            Request("/v1/actors?q=later"),
        ],
    )

    assert json.loads(same.body)["slug"] == "once"
    assert made.headers["change-seq"] == str(told["high_watermark"] + 1)
    following = json.loads(after.body)
    assert [one["seq"] for one in following["items"]] == [told["high_watermark"] + 1]
    assert following["epoch"] == told["epoch"]
    assert json.loads(proof.body)["valid"] is True
    assert [one["slug"] for one in json.loads(found.body)["items"]] == ["later"]
    assert faults_of(copy.database) == []


def test_every_row_of_every_table_is_copied(stack: ExitStack, sqlite_url: str, tmp_path: Path) -> None:
    original = original_at(stack, sqlite_url, acts=20, seed=6)
    copy = copied(stack, original, f"sqlite:///{tmp_path / 'copy.sqlite'}")

    held = {one.name: rows_of(original.database, one) for one in Base.metadata.sorted_tables}

    assert {one.name: rows_of(copy.database, one) for one in Base.metadata.sorted_tables} == held
    filled = ("api_keys", "kept_answers", "merges", "revisions", "snapshots", "webhooks")
    assert [name for name in filled if not held[name]] == []


def test_the_command_knows_every_table_there_is(sqlite_url: str) -> None:
    # Asked in a process of its own, as the tests have imported more than the command does.
    known = "import app.cli.copy; from app.core.db import Base; print(*Base.metadata.tables)"
    answer = subprocess.run(
        [sys.executable, "-c", known], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    database = Database.open(sqlite_url)
    with database.read() as connection:
        found = set(inspect(connection).get_table_names())
    database.dispose()

    # Alembic makes its own, and the index of words, with what FTS5 keeps it in, is made anew.
    left_out = {name for name in found - set(answer.stdout.split()) if not name.startswith("search_words")}
    assert left_out == {"alembic_version"}


def rows_of(database: Database, one: Table) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return sorted((tuple(row) for row in connection.execute(select(one))), key=repr)


def test_a_copy_that_is_interrupted_leaves_nothing_and_can_be_made_again(
    stack: ExitStack, database_url: str, tmp_path: Path
) -> None:
    original = original_at(stack, f"sqlite:///{tmp_path / 'original.sqlite'}", acts=5, seed=7)
    target = place(stack, database_url, original.editor.key)

    def stop_half_way(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_database(original.database, target.database, advance=stop_half_way)
    assert moments(target.database) == []
    copy_database(original.database, target.database, advance=lambda _done, _total: None)

    assert moments(target.database) == moments(original.database)


def test_what_holds_something_is_not_copied_to(stack: ExitStack, database_url: str, tmp_path: Path) -> None:
    original = original_at(stack, f"sqlite:///{tmp_path / 'original.sqlite'}", acts=3, seed=8)
    target = place(stack, database_url, original.editor.key)
    make_key(target.database, Scope.READ)

    with pytest.raises(TargetNotEmptyError, match="must be empty, and has rows in `api_keys`"):
        copy_database(original.database, target.database, advance=lambda _done, _total: None)


def test_a_database_of_something_else_is_left_alone(
    stack: ExitStack, sqlite_url: str, tmp_path: Path
) -> None:
    foreign = Database.open(f"sqlite:///{tmp_path / 'foreign.sqlite'}")
    stack.callback(foreign.dispose)
    with foreign.write() as connection:
        connection.exec_driver_sql("CREATE TABLE recipes (name TEXT)")
    source = Database.open(sqlite_url)
    stack.callback(source.dispose)

    with pytest.raises(TargetNotEmptyError, match="has the table `recipes`"):
        copy_database(source, foreign, advance=lambda _done, _total: None)

    found = MetaData()
    with foreign.read() as connection:
        found.reflect(connection)
    assert list(found.tables) == ["recipes"]


def test_the_command_says_what_it_copied_and_refuses_in_one_line(sqlite_url: str, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'copy.sqlite'}"

    first, second, itself = (run(sqlite_url, "copy", "--to", to) for to in (target, target, sqlite_url))
    holder = Database.open(target)
    make_key(holder, Scope.READ)
    holder.dispose()
    full = run(sqlite_url, "copy", "--to", target)

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("Copied and compared: 1 rows, 0 changes, epoch ")
    assert first.stdout.endswith(f"The hash of the last change: {'0' * 64}\n")
    assert (second.returncode, second.stderr) == (0, "")
    assert (itself.returncode, itself.stderr) == (
        1,
        "case-timeline: --to: This is the database to copy from.\n",
    )
    assert (full.returncode, full.stderr) == (
        1,
        "case-timeline: The database to copy to must be empty, and has rows in `api_keys`.\n",
    )


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={"CASE_TIMELINE_DATABASE_URL": url, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
