"""Many records made at once leave the rows that one after the other leaves."""

import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import text

from app.core import stamps
from app.core.db import Base, Database
from app.core.errors import AppError, CaseNotAllowedError, InvalidRequestError
from app.records.revisions import Log
from app.records.service import MODELS, amend, create, merge, retract
from app.records.service.bulk import Bulk, references_of
from app.records.service.known import Known
from app.records.vocabulary import ChangeKind, RecordType
from tests.support.sqlite import copy_template

Made = tuple[RecordType, dict[str, JsonValue]]
# What was refused, in words, by its place in the list.
Refused = dict[int, str]

WORDS = ("order", "flight", "Ábrego", "court", "release", "judge")
VISIBILITIES = ("public", "public", "public", "existence_only", "restricted")
CASES = (*("first", "second", "hidden", "stub", "other-3") * 3, "nowhere")
ACTORS = (*("ada", "bob", "merged", "secret", "new-4") * 3, "withdrawn", "nobody")
SOURCES = (*("src-1", "src-merged", "src-secret") * 3, "src-withdrawn")
PLACES: tuple[JsonValue, ...] = (None, {"name": "A house", "country": "US", "latitude": 1.5})
DATES = (*("2025-03", "[..2025-03-14]", None, "2025-04-10T11:30") * 3, "2025-13")


@pytest.fixture(autouse=True)
def pinned(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Make ids and moments follow one another; what is returned begins anew."""
    counters: dict[str, itertools.count[int]] = {}

    def begin() -> None:
        counters.update(id=itertools.count(1), now=itertools.count(1))

    def new_id(prefix: str) -> str:
        return f"{prefix}_{next(counters['id']):012}"

    def utc_now() -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(counters["now"]))

    monkeypatch.setattr(stamps, "new_id", new_id)
    monkeypatch.setattr(stamps, "utc_now", utc_now)
    begin()
    return begin


def prepare(database: Database) -> None:
    """Make what is there before: open, hidden, merged and withdrawn records."""
    begun: list[Made] = [
        (RecordType.ACTOR, {"slug": "ada", "name": "Ada", "kind": "person"}),
        (RecordType.ACTOR, {"slug": "bob", "name": "Bob", "kind": "court"}),
        (RecordType.ACTOR, {"slug": "new-4", "name": "Four", "kind": "group"}),
        (RecordType.ACTOR, {"slug": "merged", "name": "Ada M.", "kind": "person"}),
        (RecordType.ACTOR, {"slug": "withdrawn", "name": "W", "kind": "person"}),
        (RecordType.ACTOR, {"slug": "secret", "name": "S", "kind": "person", "visibility": "restricted"}),
        (RecordType.SOURCE, {"kind": "article", "title": "One", "external_id": "src-1"}),
        (RecordType.SOURCE, {"kind": "article", "title": "Same", "external_id": "src-merged"}),
        (RecordType.SOURCE, {"kind": "article", "title": "W", "external_id": "src-withdrawn"}),
        (
            RecordType.SOURCE,
            {"kind": "article", "title": "S", "external_id": "src-secret", "visibility": "restricted"},
        ),
        (RecordType.CASE, {"slug": "first", "title": "First", "timezone": "America/New_York"}),
        (RecordType.CASE, {"slug": "second", "title": "Second", "tags": ["z", "a"]}),
        (RecordType.CASE, {"slug": "other-3", "title": "Third"}),
        (RecordType.CASE, {"slug": "hidden", "title": "Hidden", "visibility": "restricted"}),
        (RecordType.CASE, {"slug": "stub", "title": "Stub", "visibility": "existence_only"}),
        (RecordType.EVENT, event("An old one", external_id="evt-old", cases=["first", "hidden"])),
        (RecordType.EVENT, event("In hiding", external_id="evt-hidden", cases=["hidden"])),
        (RecordType.EVENT, event("Secret", external_id="evt-secret", visibility="restricted")),
        (RecordType.EVENT, event("The same", external_id="evt-merged")),
        (RecordType.EVENT, event("Gone", external_id="evt-withdrawn")),
    ]
    names = (str(row.get("external_id") or row["slug"]) for _, row in begun)
    ids = dict(zip(names, one_by_one(database, begun)[1], strict=True))
    with database.write() as connection:
        log = Log(connection, author="test")
        why: Any = {"kind": ChangeKind.CORRECTION, "reason": "A test."}
        merge(log, ids["merged"], ids["ada"], **why)
        merge(log, ids["src-merged"], ids["src-1"], **why)
        merge(log, ids["evt-merged"], ids["evt-old"], **why)
        for name in ("withdrawn", "src-withdrawn", "evt-withdrawn"):
            retract(log, ids[name], **why)
        amend(log, ids["evt-old"], {"title": "An old one, corrected"}, **why)


def event(title: str, **fields: JsonValue) -> dict[str, JsonValue]:
    return {"type": "statement", "title": title, "occurred": "2025-04-10", "cases": ["first"], **fields}


def story(seed: int, length: int = 60) -> list[Made]:
    """Return records to make, of which some are refused: a slug is taken, a reference names nothing."""
    chance = random.Random(seed)
    return [_any_record(number, chance) for number in range(length)]


def _any_record(number: int, chance: random.Random) -> Made:
    words = " ".join(chance.choices(WORDS, k=3))
    shown: dict[str, JsonValue] = {"visibility": chance.choice(VISIBILITIES)}
    match chance.randrange(10):
        case 0:
            party: JsonValue = {"actor": chance.choice(ACTORS), "role": "plaintiff"}
            docket: JsonValue = {"court": "mdd", "docket_number": f"8:25-cv-{number}", "parties": [party]}
            named: dict[str, JsonValue] = {"slug": f"other-{number % 10}"}
            return RecordType.CASE, {
                "title": words,
                "dockets": [docket],
                "tags": ["a", "b"],
                **named,
                **shown,
            }
        case 1:
            slug = f"new-{number % 10}"
            return RecordType.ACTOR, {"slug": slug, "name": words, "kind": "court", **shown}
        case 2:
            source: dict[str, JsonValue] = {"kind": "article", "title": words, "published": "2025-04"}
            return RecordType.SOURCE, {**source, "external_id": f"src-new-{number % 5}", **shown}
        case _:
            return RecordType.EVENT, event(words, **shown, **_event_fields(number, chance))


def _event_fields(number: int, chance: random.Random) -> dict[str, JsonValue]:
    actors: list[JsonValue] = list(chance.choices(ACTORS, k=chance.randrange(3)))
    if chance.random() < 0.3:
        actors.append({"slug": f"in-{number % 20}", "name": "Inline", "kind": "group"})
    sources: list[JsonValue] = list(chance.choices(SOURCES, k=chance.randrange(3)))
    if chance.random() < 0.3:
        inline: dict[str, JsonValue] = {"kind": "video", "title": "Inline", "published": "2025"}
        sources.append({**inline, "visibility": chance.choice(VISIBILITIES)})
    targets = ["evt-old", "evt-hidden", "evt-secret", "evt-merged", f"evt-{number - 1}", f"evt-{number - 2}"]
    return {
        "occurred": chance.choice(DATES),
        "cases": list(chance.choices(CASES, k=chance.choice([1, 1, 2]))),
        "actors": [{"actor": actor, "role": "speaker"} for actor in actors],
        "citations": [{"source": source, "quote": "as they said"} for source in sources],
        "relations": [
            {"type": "rules_on", "event": target}
            for target in chance.sample(targets, chance.choice([0, 0, 1]))
        ],
        "tags": list(chance.sample(("b", "a", "c"), 2)),
        "external_id": f"evt-{number}",
        "place": chance.choice(PLACES),
    }


def one_by_one(
    database: Database, made: list[Made], cases: frozenset[str] | None = None
) -> tuple[Refused, list[str]]:
    refused: Refused = {}
    ids: list[str] = []
    for number, (record_type, row) in enumerate(made):
        try:
            with database.write() as connection:
                log = Log(connection, author="test", cases=cases)
                ids.append(create(log, record_type, MODELS[record_type].validate_python(row))[0])
        except (InvalidRequestError, CaseNotAllowedError) as error:
            refused[number] = _words(error)
    return refused, ids


def at_once(
    database: Database, made: list[Made], cases: frozenset[str] | None = None, *, batch: int = 25
) -> Refused:
    refused: Refused = {}
    with database.write() as connection:
        known = Known(connection)
        bulk = Bulk(Log(connection, author="test", cases=cases), known)
        for number, (record_type, row) in enumerate(made):
            written = MODELS[record_type].validate_python(row)
            if record_type is RecordType.EVENT:
                for named_type, names in references_of([written]).items():
                    known.look_up(named_type, names)
            try:
                with bulk.all_or_nothing():
                    bulk.create(record_type, written)
            except (InvalidRequestError, CaseNotAllowedError) as error:
                refused[number] = _words(error)
            if number % batch == batch - 1:
                bulk.flush()
        bulk.flush()
    return refused


def _words(error: AppError) -> str:
    return repr((error.code, error.detail, error.members))


def rows_of(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table."""
    tables = {table.name: table for table in Base.metadata.sorted_tables if table.name != "installation"}
    with database.read() as connection:
        rows: dict[str, list[Any]] = {
            name: sorted(map(repr, connection.execute(table.select()))) for name, table in tables.items()
        }
        if connection.dialect.name == "sqlite":
            # A contentless index shows which revisions each of its words is in, and where.
            connection.rollback()
            words = "SELECT term, doc, offset FROM temp.search_terms ORDER BY 1, 2, 3"
            connection.exec_driver_sql("PRAGMA query_only = OFF")
            connection.exec_driver_sql(
                "CREATE VIRTUAL TABLE temp.search_terms USING fts5vocab(main, search_words, instance)"
            )
        else:
            words = "SELECT seq, words::text FROM search_words ORDER BY seq"
        rows["search_words"] = [tuple(row) for row in connection.execute(text(words))]
    return rows


@pytest.fixture
def other(request: pytest.FixtureRequest, database: Database) -> Iterator[Database]:
    """Yield a second empty database of the same kind."""
    with ExitStack() as stack:
        if database.url.get_backend_name() == "sqlite":
            folder = request.getfixturevalue("tmp_path")
            url = copy_template(request.getfixturevalue("run_folder"), folder / "other.sqlite")
        else:
            url = stack.enter_context(request.getfixturevalue("postgres_server").copy())
        opened = Database.open(url)
        stack.callback(opened.dispose)
        yield opened


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_rows_are_those_of_one_record_after_the_other(
    database: Database, other: Database, pinned: Callable[[], None], seed: int
) -> None:
    made = story(seed)
    pinned()
    prepare(database)
    single, ids = one_by_one(database, made)
    pinned()
    prepare(other)
    bulk = at_once(other, made)

    assert len(ids) > 15
    assert single == bulk
    expected, found = rows_of(database), rows_of(other)
    for name, rows in expected.items():
        assert found[name] == rows, name


def test_a_writer_limited_to_a_case_is_refused_alike(
    database: Database, other: Database, pinned: Callable[[], None]
) -> None:
    made = story(7, 40)
    prepare(database)
    limit = frozenset({"cas_000000000011", "cas_000000000012"})
    single, ids = one_by_one(database, made, limit)
    pinned()
    prepare(other)
    bulk = at_once(other, made, limit)

    assert single == bulk
    assert len(ids) > 5
    assert rows_of(database) == rows_of(other)
