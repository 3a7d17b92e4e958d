"""The rows that are no load of one kind: a rename that touches much, and memory over time."""

import itertools
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx2
from sqlalchemy import func, select

from app.core.db import Database
from app.records.tables import Participation, Record
from tests.benchmarks import questions, servers
from tests.benchmarks.measuring import Subject, run
from tests.benchmarks.questions import Question
from tests.benchmarks.results import Goal, Result
from tests.benchmarks.rows import Bench
from tests.benchmarks.servers import BenchmarkError, Running, running
from tests.benchmarks.ways import get

# Takes part in every event of the large case.
RENAMED: Final = "actor-0"
RENAMES: Final = 3
WATCHED: Final = 8
# More than are answered, as some of them take long.
MIXED_A_SECOND: Final = 3_000
MOST_MEMORY: Final = 200
# What may still be gained after a quarter of the time, of what is held by then.
FLAT: Final = 1.05


def rename(bench: Bench) -> Iterator[Result]:
    """Rename an actor that every event of the large case names."""
    with copied(bench) as url:
        database = Database.open(url)
        named = _count_named(database)
        with running(servers.ours(url), bench.log) as own:
            told = [_rename(own, database, bench.built.key, number) for number in range(RENAMES)]
        database.dispose()
    answered, held, first = (median(one) for one in zip(*told, strict=True))
    goal = Goal("s of write lock", 2, held, is_floor=False)
    note = (
        f"{RENAMED}, named by {named:,} events: answered in {answered:.2f} s; "
        f"another writer waited {held:.2f} s at the most; "
        f"every page read right after had the new name, the first of them in {1_000 * first:.0f} ms."
    )
    yield Result("rename", (rename.__doc__ or "").strip(), bench.built.title, goals=(goal,), notes=(note,))


@contextmanager
def copied(bench: Bench) -> Iterator[str]:
    """Give a database that may be changed: a copy of the file, or the server's own."""
    if bench.database:
        yield bench.database
        return
    target = bench.built.ours.with_name("renamed.sqlite")
    files = [target, Path(f"{target}-wal"), Path(f"{target}-shm")]
    try:
        shutil.copyfile(bench.built.ours, target)
        yield f"sqlite:///{target}"
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def _count_named(database: Database) -> int:
    with database.read() as connection:
        found = (
            select(func.count())
            .select_from(Participation)
            .join(Record, Record.id == Participation.actor_id)
            .where(Record.slug == RENAMED, Participation.last_seq.is_(None))
        )
        return connection.execute(found).scalar_one()


def _rename(own: Running, database: Database, key: str, number: int) -> tuple[float, float, float]:
    """Rename once; return the seconds of the answer, of the lock, and of the first page after it."""
    name = f"Renamed {time.time_ns()} {number}"
    found = httpx2.get(f"{own.url}/v1/actors/{RENAMED}", timeout=60).raise_for_status()
    actor, headers = found.json()["id"], {"Authorization": f"Bearer {key}", "If-Match": found.headers["ETag"]}
    patch = {"name": name, "change": {"kind": "update", "reason": "Measured."}}
    with _another_writer(database) as waits:
        begun = time.perf_counter()
        httpx2.patch(
            f"{own.url}/v1/actors/{actor}",
            content=json.dumps(patch),
            headers={**headers, "Content-Type": "application/merge-patch+json"},
            timeout=600,
        ).raise_for_status()
        answered = time.perf_counter() - begun
    begun = time.perf_counter()
    _hold_named(own, "/v1/cases/case-0/timeline", actor, name)
    first = time.perf_counter() - begun
    for one in ("since=2006-01-01", "since=2007-06-01", "order=-occurred", "order=-recorded"):
        _hold_named(own, f"/v1/cases/case-0/timeline?{one}", actor, name)
    _hold_named(own, f"/v1/timeline?actor={RENAMED}", actor, name)
    _hold_named(own, f"/v1/timeline?q=%22{name.replace(' ', '%20')}%22", actor, name)
    return answered, max(waits), first


def _hold_named(own: Running, path: str, actor: str, name: str) -> None:
    items: list[dict[str, Any]] = get(own.url + path)["items"]
    names = [one["name"] for item in items for one in item["actors"] if one["id"] == actor]
    if len(names) < len(items) or not items or set(names) != {name}:
        raise BenchmarkError(f"After the rename {path} has {set(names)}, not {name!r} alone.")


@contextmanager
def _another_writer(database: Database) -> Iterator[list[float]]:
    """Take the write lock again and again, as another process would; gives the seconds of each wait."""
    waits: list[float] = []
    is_over = threading.Event()

    def write() -> None:
        while not is_over.wait(0.002):
            begun = time.perf_counter()
            with database.write():
                waits.append(time.perf_counter() - begun)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield waits
    finally:
        is_over.set()
        thread.join()


def memory(bench: Bench) -> Iterator[Result]:
    """Watch the memory of a worker under a load of every kind of question."""
    seconds = 60 * bench.minutes / WATCHED
    with running(servers.ours(bench.url), bench.log) as own:
        subject = Subject("ours", own, map(questions.ours, _mixed(bench)))
        held = [own.memory()]
        for _ in range(WATCHED):
            run(subject, bench.load, seconds, MIXED_A_SECOND)
            held.append(own.memory())
    goals = (
        Goal("MiB", MOST_MEMORY, max(held), is_floor=False),
        Goal(
            "times what was held after a quarter of the time",
            FLAT,
            held[-1] / held[1 + WATCHED // 4],
            is_floor=False,
        ),
    )
    note = (
        f"MiB at the start, and after each eighth of {bench.minutes:g} minutes: {', '.join(map(str, held))}."
    )
    yield replace(
        Result("memory", (memory.__doc__ or "").strip(), bench.built.title), goals=goals, notes=(note,)
    )


def _mixed(bench: Bench) -> Iterator[Question]:
    """Yield one question of each kind in turn, none of them twice."""
    pages = questions.pages(bench.built.plain_cases, seed=3)
    kinds = [pages, questions.searches(), questions.facets(), *map(questions.across, questions.ACROSS)]
    return itertools.chain.from_iterable(zip(*kinds, strict=False))


LONG_ROWS: Final[Mapping[str, Callable[[Bench], Iterator[Result]]]] = {"memory": memory, "rename": rename}
