"""The file of Datasette and Django: the same events as plain tables, with the same indexes.

`rank` is the place of an event in the order of its date, so that the primary key is the
order; ours has to compare four columns.  What is nested in our answers stands twice:
as JSON, as Datasette shows it, and in tables, as Django joins it.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.core.engines import sqlite_module

BATCH: Final = 2_000

SCHEMA: Final = """
CREATE TABLE cases (slug TEXT PRIMARY KEY, id TEXT, title TEXT);
CREATE TABLE actors (id TEXT PRIMARY KEY, slug TEXT, name TEXT, kind TEXT);
CREATE TABLE sources (id TEXT PRIMARY KEY, publisher TEXT, title TEXT, url TEXT, published TEXT);
CREATE TABLE events (
    rank INTEGER PRIMARY KEY, id TEXT, revision INTEGER, type TEXT, title TEXT, sequence INTEGER,
    standing TEXT,
    external_id TEXT, visibility TEXT, visibility_reason TEXT, allegation TEXT, recorded_at TEXT,
    corrections INTEGER, last_corrected_at TEXT, case_slug TEXT REFERENCES cases(slug), country TEXT,
    year INTEGER,
    start_earliest INTEGER, end_latest INTEGER, occurred TEXT, place TEXT, details TEXT, summary TEXT,
    cases TEXT, actors TEXT, citations TEXT, relations TEXT, tags TEXT
);
CREATE TABLE event_actors (
    id INTEGER PRIMARY KEY, event INTEGER REFERENCES events(rank), actor TEXT REFERENCES actors(id),
    slug TEXT, role TEXT
);
CREATE TABLE event_citations (
    id INTEGER PRIMARY KEY, event INTEGER REFERENCES events(rank), source TEXT REFERENCES sources(id),
    locator TEXT, quote TEXT, occurred TEXT
);
CREATE TABLE event_relations (
    id INTEGER PRIMARY KEY, event INTEGER REFERENCES events(rank), type TEXT, target TEXT, title TEXT
);
CREATE TABLE event_tags (id INTEGER PRIMARY KEY, event INTEGER REFERENCES events(rank), tag TEXT);
CREATE VIRTUAL TABLE events_fts USING fts5(words, content='');
"""
# An index ends with the key of its row, which is the order.
INDEXES: Final = """
CREATE INDEX events_case ON events(case_slug);
CREATE INDEX events_type ON events(type);
CREATE INDEX events_country ON events(country);
CREATE INDEX events_standing ON events(standing);
CREATE UNIQUE INDEX events_id ON events(id);
CREATE INDEX event_actors_event ON event_actors(event);
CREATE INDEX event_actors_slug ON event_actors(slug, event);
CREATE INDEX event_citations_event ON event_citations(event);
CREATE INDEX event_relations_event ON event_relations(event);
CREATE INDEX event_tags_event ON event_tags(event);
CREATE INDEX event_tags_tag ON event_tags(tag, event);
INSERT INTO events_fts(events_fts) VALUES ('optimize');
ANALYZE;
"""
READY: Final = """
SELECT ready, start_earliest, end_latest, position FROM events WHERE last_seq IS NULL
ORDER BY position, start_latest, sequence, id
"""
PLAIN: Final = (
    "id", "revision", "type", "title", "sequence", "standing", "external_id", "visibility",
    "visibility_reason", "allegation", "recorded_at", "corrections", "last_corrected_at", "summary",
)  # fmt: skip
NESTED: Final = ("occurred", "place", "details", "cases", "actors", "citations", "relations", "tags")
EVENT_COLUMNS: Final = (
    *PLAIN, *NESTED, "rank", "case_slug", "country", "year", "start_earliest", "end_latest",
)  # fmt: skip

Rows = list[tuple[Any, ...]]


def write_tables(source: Path, target: Path, *, advance: Callable[[int], None]) -> None:
    """Write the events of our file into a new one; `advance` is told how many are done."""
    sqlite = sqlite_module()
    read, write = sqlite.connect(source), sqlite.connect(target)
    write.executescript(SCHEMA)
    done = 0
    cursor = read.execute(READY)
    while rows := cursor.fetchmany(BATCH):
        _insert(write, done, rows)
        done += len(rows)
        advance(done)
    write.executescript(INDEXES)
    write.commit()
    write.close()
    read.close()


def _insert(write: Any, done: int, rows: Iterable[Any]) -> None:  # noqa: ANN401 - a connection of either driver
    events: Rows = []
    words: Rows = []
    tied: dict[str, Rows] = {"actors": [], "citations": [], "relations": [], "tags": []}
    named: dict[str, Rows] = {"cases": [], "actors": [], "sources": []}
    for rank, (ready, start_earliest, end_latest, position) in enumerate(rows, start=done + 1):
        event = json.loads(ready)
        place = event["place"] or {}
        year = datetime.fromtimestamp(position, UTC).year
        filters = (rank, event["cases"][0]["slug"], place.get("country"), year, start_earliest, end_latest)
        plain = (event[name] for name in PLAIN)
        nested = (None if event[name] is None else json.dumps(event[name]) for name in NESTED)
        events.append((*plain, *nested, *filters))
        _tie(rank, event, tied, named)
        words.append((rank, _words_of(event)))
    marks = ", ".join("?" * len(EVENT_COLUMNS))
    write.executemany(f"INSERT INTO events ({', '.join(EVENT_COLUMNS)}) VALUES ({marks})", events)  # noqa: S608
    write.executemany("INSERT INTO events_fts(rowid, words) VALUES (?, ?)", words)
    write.executemany("INSERT OR IGNORE INTO cases VALUES (?, ?, ?)", named["cases"])
    write.executemany("INSERT OR IGNORE INTO actors VALUES (?, ?, ?, ?)", named["actors"])
    write.executemany("INSERT OR IGNORE INTO sources VALUES (?, ?, ?, ?, ?)", named["sources"])
    write.executemany("INSERT INTO event_actors VALUES (NULL, ?, ?, ?, ?)", tied["actors"])
    write.executemany("INSERT INTO event_citations VALUES (NULL, ?, ?, ?, ?, ?)", tied["citations"])
    write.executemany("INSERT INTO event_relations VALUES (NULL, ?, ?, ?, ?)", tied["relations"])
    write.executemany("INSERT INTO event_tags VALUES (NULL, ?, ?)", tied["tags"])


def _tie(rank: int, event: dict[str, Any], tied: dict[str, Rows], named: dict[str, Rows]) -> None:
    named["cases"] += [(case["slug"], case["id"], case["title"]) for case in event["cases"]]
    for actor in event["actors"]:
        named["actors"].append((actor["id"], actor["slug"], actor["name"], actor["kind"]))
        tied["actors"].append((rank, actor["id"], actor["slug"], actor["role"]))
    for citation in event["citations"]:
        source = citation["source"]
        named["sources"].append(
            tuple(source[name] for name in ("id", "publisher", "title", "url", "published"))
        )
        tied["citations"].append(
            (rank, source["id"], citation["locator"], citation["quote"], citation["occurred"])
        )
    for relation in event["relations"]:
        target = relation["event"]
        tied["relations"].append((rank, relation["type"], target["id"], target["title"]))
    tied["tags"] += [(rank, tag) for tag in event["tags"]]


def _words_of(event: dict[str, Any]) -> str:
    """Return what `q` searches: the event's own texts, quotes, and the names of its actors."""
    quotes = [citation["quote"] for citation in event["citations"]]
    names = [actor["name"] for actor in event["actors"]]
    found = [event["title"], event["summary"], (event["place"] or {}).get("name"), *quotes, *names]
    return "\n".join(one for one in found if one)
