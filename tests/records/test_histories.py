"""Whatever editors do, a question about the past is answered as it was then, byte for byte."""

import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from fastapi import FastAPI
from hypothesis import given, seed, settings
from sqlalchemy import func, select, text

from app.access.keys import Scope
from app.config import Settings
from app.core.db import Database
from app.core.stamps import moment_text
from app.main import create_app
from app.records import search
from app.records.documents import decode
from app.records.store import searchable
from app.records.tables import Record, Revision
from app.records.vocabulary import RecordType
from tests.support.asking import Answer, Request, ask
from tests.support.histories import CASE_SLUGS, PLURAL, REWRITING, SLUGS, Act, Editor, histories
from tests.support.keys import make_key, text_of
from tests.support.postgresql import Server
from tests.support.sqlite import copy_template

FILTERS: Final = (
    "",
    "total=exact",
    "limit=2",
    "actor=ada&total=exact",
    "actor=bob&role=speaker",
    "actor=ada&actor=cy",
    "q=order",
    "q=fli*&total=exact",
    "q=%22court+prison%22",
    "q=return+-order",
    "unanswered=true",
    "unanswered=false&order=-occurred",
    "publisher=Reuters",
    "publisher=AP&publisher=AFP&total=exact",
    "relation=violates",
    "relation=rules_on&relation=responds_to",
    "order=-changed",
    "order=changed&limit=2",
    "order=recorded",
    "order=-recorded&limit=1",
    "order=-occurred&limit=2",
    "since=2025-03-10&until=2025-03-31",
    "since=2025-03-15&date_match=certain&include_undated=true",
    "reported_until=2025-04-02",
    "tag=court",
    "country=US&exclude_type=meeting",
    "role=judge",
    "fields=title,actors,corrections",
)
FACETS: Final = "&".join(
    f"by={by}" for by in ("type", "actor", "role", "publisher", "tag", "standing", "country", "case", "month")
)
LISTS: Final = (
    "/v1/cases?total=exact",
    "/v1/cases?actor=ada",
    "/v1/cases?actor=bob&limit=1",
    "/v1/cases?q=order",
    "/v1/cases?tag=court&status=open",
    "/v1/actors",
    "/v1/actors?q=flight&total=exact",
    "/v1/actors?kind=person&limit=2",
    "/v1/sources?total=exact",
    "/v1/sources?publisher=Reuters",
    "/v1/sources?q=prison+-court",
)
# The parts that say the question itself.
AS_OF: Final = re.compile(rb"([?&])as_of=[^&\"]*(&?)")


def questions(editor: Editor) -> list[str]:
    """Return everything that can be asked just now."""
    found = list(LISTS)
    for case in CASE_SLUGS:
        found += [f"/v1/cases/{case}/timeline?{one}" for one in FILTERS]
        found += [f"/v1/cases/{case}/facets?{FACETS}", f"/v1/cases/{case}/facets?actor=ada&by=actor&by=role"]
        found.append(f"/v1/cases/{case}")
    found += [f"/v1/timeline?{one}" for one in (*FILTERS, "case=second", "exclude_case=first&total=exact")]
    found += [f"/v1/facets?{FACETS}", "/v1/facets?q=order&by=case&by=day"]
    found += [f"/v1/actors/{slug}" for slug in SLUGS]
    for record_type, ids in editor.ids.items():
        found += [f"/v1/{PLURAL[record_type]}/{record_id}" for record_id in ids]
        if record_type != "event":
            found += [f"/v1/timeline?{record_type}={record_id}" for record_id in ids]
    return found


def with_as_of(url: str, moment: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}as_of={moment}"


def said(answer: Answer) -> tuple[int, bytes, str]:
    """Return an answer without the parts that say the question itself."""
    location = answer.headers.get("location", "").encode()
    return answer.status, _without_as_of(answer.body), _without_as_of(location).decode()


def _without_as_of(told: bytes) -> bytes:
    return AS_OF.sub(lambda found: found[1] if found[2] else b"", told)


class Library:
    """Keeps what was answered, and asks for it again."""

    def __init__(self, app: FastAPI, database: Database, key: str) -> None:
        self.app = app
        self.database = database
        self.keys = (None, key)
        self.then: list[tuple[Request, Answer]] = []

    def keep(self, asked: list[str], key: str | None) -> None:
        """Ask, and keep what was answered for its moment, its permalink and its next page."""
        moment = self._moment()
        answers = ask(self.app, [Request(one, key) for one in asked])
        fixed: list[str] = []
        for url, answer in zip(asked, answers, strict=True):
            self.then.append((Request(with_as_of(url, moment), key), answer))
            told = json.loads(answer.body) if answer.status == 200 else {}
            fixed += [told[name] for name in ("next", "permalink") if told.get(name)]
        for url, answer in zip(fixed, ask(self.app, [Request(one, key) for one in fixed]), strict=True):
            self.then.append((Request(url, key), answer))

    def _moment(self) -> str:
        with self.database.read() as connection:
            return moment_text(connection.execute(select(func.max(Revision.at))).scalar_one())

    def check(self) -> None:
        """Hold every kept answer to be given again."""
        again = ask(self.app, [request for request, _ in self.then])
        for (request, then), now in zip(self.then, again, strict=True):
            assert said(now) == said(then), f"{request.url} {'with' if request.key else 'without'} a key"


# Lends the URL of a fresh database.
Lend: TypeAlias = Callable[[], AbstractContextManager[str]]


class Workshop:
    """One application, and a fresh database for each history."""

    def __init__(self, lend: Lend) -> None:
        self.app = create_app(Settings(database_url="sqlite://"))
        self.lend = lend

    @contextmanager
    def open(self) -> Iterator[tuple[Database, Editor]]:
        """Open a database and give an editor its first records."""
        with self.lend() as url:
            database = Database.open(url)
            self.app.state.database = database
            try:
                editor = Editor(self.app, text_of(make_key(database, Scope.WRITE)))
                editor.begin()
                yield database, editor
            finally:
                database.dispose()

    def live_through(self, acts: list[Act]) -> None:
        """Do the acts, ask some questions after each, and all of them again in the end."""
        with self.open() as (database, editor):
            library = Library(self.app, database, editor.key)
            for act in acts:
                editor.do(act)
                chance = random.Random(act[1])
                library.keep(chance.sample(questions(editor), 2), chance.choice(library.keys))
            library.check()


@pytest.fixture
def sqlite_workshop(run_folder: Path, tmp_path: Path) -> Workshop:
    @contextmanager
    def lend() -> Iterator[str]:
        copy = tmp_path / "copy.sqlite"
        yield copy_template(run_folder, copy)
        for beside in ("", "-wal", "-shm"):
            Path(f"{copy}{beside}").unlink(missing_ok=True)

    return Workshop(lend)


def live_through_some(workshop: Workshop, *, number: int, first: int) -> None:
    """Live through some histories; those of another `first` are others."""

    @seed(first)
    @settings(max_examples=number)
    @given(histories())
    def live(acts: list[Act]) -> None:
        workshop.live_through(acts)

    live()


def test_what_was_served_is_served_again_as_of_then(sqlite_workshop: Workshop) -> None:
    live_through_some(sqlite_workshop, number=3, first=0)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(1, 5))
def test_so_it_is_through_two_hundred_histories(sqlite_workshop: Workshop, part: int) -> None:
    live_through_some(sqlite_workshop, number=50, first=part)


@pytest.mark.slow
def test_so_it_is_on_postgresql(postgres_server: Server) -> None:
    live_through_some(Workshop(postgres_server.copy), number=12, first=5)


def held_words(database: Database) -> set[tuple[str, int, int]]:
    """Return every word of the index with its revision and place, once the index has checked itself."""
    with database.write() as connection:
        connection.execute(text("INSERT INTO search_words(search_words) VALUES ('integrity-check')"))
        connection.execute(
            text("CREATE VIRTUAL TABLE temp.held USING fts5vocab('main', 'search_words', 'instance')")
        )
        rows = connection.execute(text("SELECT term, doc, offset FROM temp.held")).all()
        connection.execute(text("DROP TABLE temp.held"))
    return {(row[0], row[1], row[2]) for row in rows}


def fresh_words(database: Database) -> set[tuple[str, int, int]]:
    """Return what the index would hold if it were made from the log just now."""
    found: set[tuple[str, int, int]] = set()
    with database.read() as connection:
        rows = connection.execute(
            select(Revision.seq, Revision.record_type, Revision.document, Record.visibility)
            .join(Record, Record.id == Revision.record_id)
            .where(Revision.document.is_not(None))
        ).all()
        for seq, kind, raw, now in rows:
            if kind != "event" and now != "public":
                continue
            document = searchable(connection, RecordType(kind), decode(raw or b"{}"))
            row = search.row_of(RecordType(kind), seq, document, dialect="sqlite")
            # The index folds its words itself, too.
            words = str(row["words"]).lower().split() if row else []
            found |= {(word, seq, place) for place, word in enumerate(words)}
    return found


@pytest.mark.slow
def test_the_index_is_what_it_would_be_if_made_anew(sqlite_workshop: Workshop) -> None:
    @seed(6)
    @settings(max_examples=30)
    @given(histories(also=REWRITING * 2))
    def live(acts: list[Act]) -> None:
        with sqlite_workshop.open() as (database, editor):
            for act in acts:
                editor.do(act)
            assert held_words(database) == fresh_words(database)

    live()
