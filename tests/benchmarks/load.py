"""How fast events are loaded, against `sqlite-utils insert` of the same rows.

`python -m tests.benchmarks.load --events 20000` makes a file of events, imports it as
the command `import` does, and gives every row of every table, the search index
included, to sqlite-utils, into an empty file with the same indexes.  All times are
processor time of one core.  `--python` names an interpreter that has
`tests/benchmarks/requirements.txt`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from app.core.db import Base, Database, migrate
from app.imports.readers import read_lines
from app.imports.runs import Plan, run_import
from app.records import search, store
from app.records.documents import decode
from app.records.store import shown_sources
from app.records.tables import Revision
from app.records.vocabulary import RecordType
from tests.benchmarks.data import make_events

HERE: Final = Path(__file__).parent
MEBIBYTE: Final = 1_024


@dataclass(frozen=True, slots=True)
class Loaded:
    """What our own import took."""

    seconds: float
    # Most memory the process has held, in MiB: when it began, and in the end.
    memory_before: int
    memory: int


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--python", required=True, help="an interpreter that has sqlite-utils")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "events.ndjson"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(f"{json.dumps(event)}\n" for event in make_events(asked.events))
        ours = load(file, folder / "ours.sqlite")
        rows, inserted = insert(folder / "ours.sqlite", folder, asked.python)
        size = (folder / "ours.sqlite").stat().st_size
    show("events", f"{asked.events:,}, {rows:,} rows, {size / MEBIBYTE**2:,.0f} MiB")
    show("import", f"{asked.events / ours.seconds:,.0f} events/s")
    for way, seconds in inserted.items():
        rate, ratio = asked.events / seconds, seconds / ours.seconds
        show(way, f"{rate:,.0f} events/s; import is {ratio:.2f} times as fast")
    show("memory", f"{ours.memory} MiB at most, {ours.memory_before} MiB before the first line")


def show(what: str, text: str) -> None:
    """Print one line of the table."""
    sys.stdout.write(f"{what:<22}{text}\n")


def load(file: Path, target: Path) -> Loaded:
    """Import a file into a new database."""
    migrate(f"sqlite:///{target}")
    database = Database.open(f"sqlite:///{target}")
    before = _memory()
    begun = time.process_time()
    with file.open("rb") as opened:
        report = run_import(database, read_lines(opened), Plan("benchmark"))
    seconds = time.process_time() - begun
    database.dispose()
    assert report.created == report.rows, report.errors[:3]
    return Loaded(seconds, before, _memory())


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEBIBYTE


def insert(source: Path, folder: Path, python: str) -> tuple[int, dict[str, float]]:
    """Give the rows of a database to sqlite-utils; return how many they are, and the seconds of each way."""
    words = folder / "words.ndjson"
    _write_words(source, words)
    rows, seconds = 0, {}
    for way in ("library", "command"):
        target = folder / f"{way}.sqlite"
        migrate(f"sqlite:///{target}")
        done = subprocess.run(
            [python, str(HERE / "sqlite_utils_insert.py"), way, str(source), str(target), str(words)],
            check=True,
            capture_output=True,
            text=True,
        )
        told = json.loads(done.stdout)
        rows, seconds[f"sqlite-utils, {way}"] = told["rows"], told["seconds"]
        assert _count(target) == _count(source)
    return rows, seconds


def _write_words(source: Path, target: Path) -> None:
    """Write the rows of the full-text index, which keeps no text that could be read back."""
    database = Database.open(f"sqlite:///{source}")
    query = select(Revision.seq, Revision.record_type, Revision.document).order_by(Revision.seq)
    with database.read() as connection, target.open("w", encoding="utf-8") as file:
        for row in connection.execution_options(yield_per=1_000).execute(query):
            record_type, document = RecordType(row.record_type), decode(row.document)
            if record_type is RecordType.EVENT:
                cited = [citation["source"] for citation in document["citations"]]
                document = store.with_citations_of(document, shown_sources(connection, cited))
            words = search.row_of(record_type, row.seq, document, dialect="sqlite")
            if words is not None:
                file.write(json.dumps({"rowid": words["seq"], "words": words["words"]}) + "\n")
    database.dispose()


def _count(path: Path) -> dict[str, int]:
    database = Database.open(f"sqlite:///{path}")
    with database.read() as connection:
        counts = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }
    database.dispose()
    # The run itself is ours alone.
    return {name: count for name, count in counts.items() if name not in {"installation", "import_runs"}}


if __name__ == "__main__":
    main()
