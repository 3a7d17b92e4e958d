"""The databases that are measured: built once, by our own import, and kept in a folder.

N events in cases of 100 and one large case besides; ten of the small cases are then
edited, so that each of their events has five revisions.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from app.access.keys import Scope, create_key
from app.cli.output import progress
from app.core import stamps
from app.core.db import Database, migrate
from app.imports.readers import Line
from app.imports.runs import Plan, run_import
from app.records.copying import copy_database
from app.records.revisions import Log
from app.records.service import amend
from app.records.tables import Installation, Record, Revision
from app.records.vocabulary import ChangeKind
from tests.benchmarks.data import EVENTS_A_CASE, make_events
from tests.benchmarks.opponents.tables import write_tables

LARGE: Final = 20_000
# From a million events on.
LARGER: Final = 100_000
MILLION: Final = 1_000_000
EDITED_CASES: Final = 10
EDITS: Final = 4
AUTHOR: Final = "benchmark"


@dataclass(frozen=True, slots=True)
class Built:
    """One size of database: ours, and the same rows for the opponents."""

    folder: str
    # In cases of 100, and in the large case, which is `case-0`.
    events: int
    large: int
    # The last moment before the edits, as a parameter.
    before_edits: str
    # A key that may read and write, and do all else.
    key: str

    @property
    def cases(self) -> int:
        """Return how many cases of 100 there are; `case-1` is the first."""
        return self.events // EVENTS_A_CASE

    @property
    def plain_cases(self) -> range:
        """Return the numbers of the small cases that nobody has edited."""
        return range(EDITED_CASES + 1, self.cases + 1)

    @property
    def edited_cases(self) -> range:
        """Return the numbers of the small cases whose events have five revisions each."""
        return range(1, EDITED_CASES + 1)

    @property
    def ours(self) -> Path:
        """Return our own file."""
        return Path(self.folder) / "ours.sqlite"

    @property
    def opponents(self) -> Path:
        """Return the file of the opponents."""
        return Path(self.folder) / "opponents.sqlite"

    @property
    def title(self) -> str:
        """Return how large it is, in words."""
        return f"{self.events:,} events and a case of {self.large:,}"


def obtain(folder: Path, events: int) -> Built:
    """Return the database of that size, which is built if it is not in the folder yet."""
    home = folder / str(events)
    told = home / "built.json"
    if told.exists():
        built = Built(**{**json.loads(told.read_text(encoding="utf-8")), "folder": str(home)})
        # Here and not by the servers, as a large file takes longer than one waits for them.
        migrate(f"sqlite:///{built.ours}")
        return built
    if events < 2 * EDITED_CASES * EVENTS_A_CASE:
        raise ValueError(f"--events: At least {2 * EDITED_CASES * EVENTS_A_CASE:,}.")
    home.mkdir(parents=True, exist_ok=True)
    for left in home.glob("*.sqlite*"):
        # Of a build that was ended early.
        left.unlink()
    large = LARGER if events >= MILLION else LARGE
    built = build(home, events, large)
    write_opponents(built)
    told.write_text(json.dumps(asdict(built)) + "\n", encoding="utf-8")
    return built


def build(home: Path, events: int, large: int) -> Built:
    """Import the events into a new file, and edit some."""
    url = f"sqlite:///{home / 'ours.sqlite'}"
    migrate(url)
    database = Database.open(url)
    total = events + large
    with progress(f"Importing {total:,} events", shows_rate=True) as advance:
        report = run_import(
            database,
            _lines(total, large),
            Plan(AUTHOR),
            advance=lambda report, _end: advance(report.rows, total),
        )
    if report.refused:
        raise ValueError(f"The import refused {report.refused} events: {report.errors[:3]}")
    before = _newest(database)
    _edit(database, large)
    with database.write() as connection:
        key, _ = create_key(connection, AUTHOR, [Scope.ADMIN])
    database.checkpoint()
    database.dispose()
    return Built(str(home), events, large, before, key)


def _lines(total: int, large: int) -> Iterator[Line]:
    for number, event in enumerate(make_events(total, large=large), start=1):
        yield Line(number, json.dumps(event).encode(), number)


def _newest(database: Database) -> str:
    with database.read() as connection:
        return stamps.moment_text(connection.execute(select(func.max(Revision.at))).scalar_one())


def _edit(database: Database, large: int) -> None:
    """Amend each event of the first small cases several times."""
    first, count = large, EDITED_CASES * EVENTS_A_CASE
    names = [f"event-{number}" for number in range(first, first + count)]
    with database.read() as connection:
        found = select(Record.id).where(Record.type == "event", Record.external_id.in_(names))
        ids = connection.execute(found).scalars().all()
    done, total = 0, len(ids) * EDITS
    with progress("Editing", shows_rate=True) as advance:
        for edit in range(1, EDITS + 1):
            for start in range(0, len(ids), EVENTS_A_CASE):
                with database.write() as connection:
                    log = Log(connection, author=AUTHOR)
                    for event_id in ids[start : start + EVENTS_A_CASE]:
                        patch = {"summary": f"Edit {edit} of {event_id}. " + "It says more now. " * 80}
                        amend(log, event_id, patch, kind=ChangeKind.UPDATE, reason="Measured.")
                        done += 1
                advance(done, total)


def write_opponents(built: Built) -> None:
    """Write the same rows into a file of plain tables."""
    built.opponents.unlink(missing_ok=True)
    total = built.events + built.large
    with progress("Copying for the opponents", shows_rate=True) as advance:
        write_tables(built.ours, built.opponents, advance=lambda done: advance(done, total))


def copy_to(built: Built, url: str) -> None:
    """Copy our file into an empty database, unless it is its copy already."""
    source, target = Database.open(f"sqlite:///{built.ours}"), Database.open(url)
    try:
        if _epoch(source) != _epoch(target):
            with progress("Copying", shows_rate=True) as advance:
                copy_database(source, target, advance=advance)
    finally:
        source.dispose()
        target.dispose()


def _epoch(database: Database) -> str | None:
    try:
        database.check()
    except Exception:  # noqa: BLE001 - empty, behind or away: the copy says which
        return None
    with database.read() as connection:
        return connection.execute(select(Installation.epoch)).scalar_one()
