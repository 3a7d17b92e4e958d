"""`case-timeline import`, run as its users run it, and killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.records.tables import Event, Revision
from tests.benchmarks.data import make_events

ROOT: Final = Path(__file__).resolve().parents[2]


def environment(url: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CASE_TIMELINE_")}
    return {**ours, "CASE_TIMELINE_DATABASE_URL": url, "NO_COLOR": "1", "COLUMNS": "100"}


def run(url: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", "import", *arguments],
        cwd=ROOT,
        env=environment(url),
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def write(path: Path, lines: Iterable[object]) -> str:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)
    return str(path)


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(Event)).scalar_one()


def moments(database: Database) -> list[object]:
    with database.read() as connection:
        return list(connection.execute(select(Revision.seq, Revision.at).order_by(Revision.seq)))


def test_it_says_what_came_of_each_file(database: Database, database_url: str, tmp_path: Path) -> None:
    one = write(tmp_path / "one.ndjson", make_events(30))
    two = write(tmp_path / "two.ndjson", [{"type": "meeting"}, *make_events(31)])

    done = run(database_url, one, two)

    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{one}: 30 rows, 30 created, 0 updated, 0 unchanged, 0 refused, imp_")
    assert second.startswith(f"{two}: 32 rows, 1 created, 0 updated, 30 unchanged, 1 refused, imp_")
    assert f"{two}:1: /title: This is required.\n" in done.stderr
    assert count(database) == 31


def test_it_reads_its_input_and_a_dry_run_does_nothing(database: Database, database_url: str) -> None:
    text = "".join(f"{json.dumps(line)}\n" for line in make_events(5))

    tried = run(database_url, "-", "--dry-run", text=text)
    assert (tried.returncode, count(database)) == (0, 0)
    assert "5 created" in tried.stdout
    assert tried.stdout.endswith(" (a dry run: nothing was done)\n")

    assert run(database_url, "-", "--mode", "atomic", text=text).returncode == 0
    assert count(database) == 5


def test_a_wrong_case_or_file_is_said_in_one_line(sqlite_url: str, tmp_path: Path) -> None:
    wrong_case = run(sqlite_url, "-", "--case", "nowhere")
    no_file = run(sqlite_url, str(tmp_path / "missing.ndjson"))

    assert (wrong_case.returncode, no_file.returncode) == (1, 1)
    assert wrong_case.stderr == "case-timeline: case: There is no case 'nowhere'.\n"
    assert len(no_file.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_what_is_killed_leaves_whole_batches_and_the_same_file_completes_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    file = write(tmp_path / "events.ndjson", make_events(10_000))
    with subprocess.Popen(
        [sys.executable, "-m", "app", "import", file],
        cwd=ROOT,
        env=environment(database_url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as importing:
        until = time.monotonic() + 60
        while count(database) == 0:
            assert time.monotonic() < until
            time.sleep(0.01)
        importing.send_signal(signal.SIGKILL)
    held = count(database)
    before = moments(database)
    assert held % 2_000 == 0
    assert 0 < held < 10_000

    again = run(database_url, file)

    assert f"10000 rows, {10_000 - held} created, 0 updated, {held} unchanged, 0 refused" in again.stdout
    assert count(database) == 10_000
    assert moments(database)[: len(before)] == before
