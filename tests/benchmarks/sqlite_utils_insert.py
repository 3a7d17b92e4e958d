"""Gives every row of one SQLite file to sqlite-utils, into an empty file of the same schema.

Runs in an environment that has `requirements.txt` of this folder, and not the
application.  Prints how many rows it was and how many seconds of processor time
it took: by the library (making the rows is not counted), or by the command
`sqlite-utils insert` (its start is not counted).
"""

import base64
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import sqlite_utils

Row = dict[str, Any]

CHUNK = 5_000
# First what the others refer to; the index of words is filled from a file, as it keeps no text.
FIRST = ("records", "revisions")
WORDS = "search_words"
LEFT_OUT = ("installation", "import_runs")


def main(way: str, source: str, target: str, words: str) -> None:
    """Copy `source` into `target`; `words` holds the rows of the index, one a line."""
    read = sqlite_utils.Database(source)
    names = [name for name in read.table_names() if not name.startswith((WORDS, "sqlite_", "alembic_"))]
    count, seconds = 0, 0.0
    insert = by_library if way == "library" else by_command
    for name in sorted(names, key=lambda name: (name not in FIRST, name)):
        if name not in LEFT_OUT:
            inserted, spent = insert(target, name, rows_of(read, name))
            count, seconds = count + inserted, seconds + spent
    with Path(words).open(encoding="utf-8") as lines:
        inserted, spent = insert(target, WORDS, map(json.loads, lines))
    sys.stdout.write(json.dumps({"rows": count + inserted, "seconds": seconds + spent}) + "\n")


def rows_of(database: sqlite_utils.Database, name: str) -> Iterator[Row]:
    """Yield the rows of a table in the order they were added."""
    cursor = database.execute(f"SELECT * FROM [{name}] ORDER BY rowid")  # noqa: S608 - a table's own name
    columns = [column[0] for column in cursor.description]
    return (dict(zip(columns, row, strict=True)) for row in cursor)


def by_library(target: str, name: str, rows: Iterable[Row]) -> tuple[int, float]:
    """Insert the rows with `Table.insert_all`; return how many they were, and the time."""
    write = sqlite_utils.Database(target)
    # What the application's own connections have.
    write.execute("PRAGMA cache_size = -65536")
    seconds, count, remaining = 0.0, 0, iter(rows)
    while chunk := list(itertools.islice(remaining, CHUNK)):
        begun = time.process_time()
        write.table(name).insert_all(chunk)
        seconds += time.process_time() - begun
        count += len(chunk)
    write.close()
    return count, seconds


def by_command(target: str, name: str, rows: Iterable[Row]) -> tuple[int, float]:
    """Insert the rows with `sqlite-utils insert`; return how many they were, and the time."""
    count = 0
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        for row in rows:
            coded = {column: _coded(value) for column, value in row.items()}
            file.write(json.dumps(coded) + "\n")
            count += 1
        file.flush()
        if count == 0:
            return 0, 0.0
        took = _time("insert", target, name, file.name, "--nl", "--silent")
    return count, took - _time("--version")


def _coded(value: object) -> object:
    if isinstance(value, bytes):
        return {"$base64": True, "encoded": base64.b64encode(value).decode()}
    return value


def _time(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [str(Path(sys.executable).with_name("sqlite-utils")), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
