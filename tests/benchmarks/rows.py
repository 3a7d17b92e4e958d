"""The rows of the table: what is measured, against whom, and what is wanted of it."""

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx2

from tests.benchmarks import questions, servers
from tests.benchmarks.databases import Built
from tests.benchmarks.measuring import Load, Measured, Subject, measure
from tests.benchmarks.questions import Question
from tests.benchmarks.results import Goal, Result, ceiling, floors
from tests.benchmarks.servers import Running, Server, running
from tests.benchmarks.ways import (
    CANNED,
    CHECKED,
    DRF,
    FACETS,
    LIMIT,
    OUR_FACETS,
    OURS,
    TABLE,
    Way,
    agree,
    get,
)

Series = Callable[[], Iterator[Question]]
# How many addresses are asked again and again.
FEW: Final = 20
DEPTH: Final = 400
PAGE: Final = 50
# The most a request may ask for: to get to the depth sooner.
LARGEST_PAGE: Final = 500
WINDOWS: Final = 10


@dataclass(frozen=True, slots=True)
class Bench:
    """One size of database, and how it is measured."""

    built: Built
    load: Load
    # An interpreter that has the opponents; `None` where there is none.
    python: str | None
    # Ours, if it is not the SQLite file.
    database: str | None
    # How long memory is watched.
    minutes: float

    @property
    def url(self) -> str:
        """Return the URL of our database."""
        return self.database or f"sqlite:///{self.built.ours}"

    @property
    def log(self) -> Path:
        """Return the file that servers write to."""
        return self.load.folder / "servers.log"

    def server(self, name: str) -> Server | None:
        """Return how a server is started; `None` where it is not installed."""
        match name:
            case "ours":
                return servers.ours(self.url)
            case "limit":
                return servers.limit(self.built)
            case "Datasette" if self.python:
                return servers.datasette(self.built, self.python)
            case "DRF" if self.python:
                return servers.django(self.built, self.python)
            case _:
                return None

    @contextmanager
    def running(self, ways: Sequence[Way]) -> Iterator[dict[str, Running]]:
        """Start the servers of some ways, those that are installed."""
        with ExitStack() as stack:
            wanted = {way.server: self.server(way.server) for way in ways}
            yield {
                name: stack.enter_context(running(server, self.log))
                for name, server in wanted.items()
                if server is not None
            }


def compare(bench: Bench, ways: Sequence[Way], series: Series) -> dict[str, Measured]:
    """Hold the ways to agree, and measure each with the same questions."""
    with bench.running(ways) as found:
        present = [way for way in ways if way.server in found]
        agree(present, found, questions.sample(series(), CHECKED))
        return measure(
            [Subject(way.name, found[way.server], map(way.translate, series())) for way in present],
            bench.load,
        )


def page(bench: Bench) -> Iterator[Result]:
    """Read pages of one case, 50 events by type and date, never asked before."""
    found = compare(
        bench, (OURS, LIMIT, TABLE, CANNED, DRF), lambda: questions.pages(bench.built.plain_cases)
    )
    wanted = {"limit": 0.55, "Datasette": 10, "Datasette, SQL": 10, "DRF": 12}
    yield _result(bench, "page", found, floors(found, wanted))


def again(bench: Bench) -> Iterator[Result]:
    """Read the same few pages again and again."""
    with bench.running((OURS, LIMIT)) as found:
        paths = _few(bench)
        measured = measure([Subject(name, found[name], paths) for name in ("ours", "limit")], bench.load)
    yield _result(bench, "again", measured, floors(measured, {"limit": 1.8}))


def unchanged(bench: Bench) -> Iterator[Result]:
    """Ask whether the same few pages have changed (304); the limit gives them in full."""
    with bench.running((OURS, LIMIT)) as found:
        paths = _few(bench)
        held = [f"{path}\t{_etag(found['ours'].url + path)}" for path in paths]
        subjects = [Subject("ours", found["ours"], held), Subject("limit", found["limit"], paths)]
        measured = measure(subjects, bench.load)
    yield _result(bench, "unchanged", measured, floors(measured, {"limit": 3}))


def _few(bench: Bench) -> list[str]:
    asked = questions.sample(questions.pages(bench.built.plain_cases, seed=1), FEW)
    return [questions.ours(one) for one in asked]


def _etag(url: str) -> str:
    with httpx2.Client(timeout=60) as client:
        # As the load asks: a compressed copy would have another tag.
        del client.headers["Accept-Encoding"]
        return client.get(url).raise_for_status().headers["ETag"]


def across(bench: Bench) -> Iterator[Result]:
    """Read pages across all cases, by actor, country, tag, standing and date."""
    for kind in questions.ACROSS:
        found = compare(bench, (OURS, TABLE, CANNED), partial(questions.across, kind))
        goals = floors(found, {"Datasette": 10, "Datasette, SQL": 10})
        yield replace(_result(bench, "across", found, goals), row=f"across: {kind}")


def search(bench: Bench) -> Iterator[Result]:
    """Read pages of what has two words, across all cases."""
    found = compare(bench, (OURS, TABLE), questions.searches)
    yield _result(bench, "search", found, floors(found, {"Datasette": 3}))


def facets(bench: Bench) -> Iterator[Result]:
    """Count the events of the large case by type and year."""
    found = compare(bench, (OUR_FACETS, FACETS), questions.facets)
    yield _result(bench, "facets", found, floors(found, {"Datasette": 2}))


def deep(bench: Bench) -> Iterator[Result]:
    """Read the page after 400 others in the large case, and the first."""
    with bench.running((OURS,)) as found:
        url = found["ours"].url
        walked = [_cursor_at(url, question) for question in questions.sample(questions.firsts(), WINDOWS)]
        first = questions.firsts()
        # Those that were walked have been asked.
        questions.sample(first, WINDOWS)
        measured = measure(
            [
                Subject("first page", found["ours"], map(questions.ours, first)),
                Subject(f"after {DEPTH} pages", found["ours"], _deep_paths(walked)),
            ],
            bench.load,
        )
    yield _result(bench, "deep", measured, (ceiling(measured, f"after {DEPTH} pages", "first page", 1.1),))


def _cursor_at(url: str, question: Question) -> tuple[Question, str]:
    """Turn pages up to the depth; return the cursor there."""
    following = f"{questions.ours(question)}&limit={LARGEST_PAGE}"
    # One page less than there are in a case of 20 thousand, so that another one follows.
    for _ in range((DEPTH - 1) * PAGE // LARGEST_PAGE):
        following = get(url + following)["next"]
    return question, following.split("after=")[1].split("&")[0]


def _deep_paths(walked: Sequence[tuple[Question, str]]) -> Iterator[str]:
    """Yield addresses of the same deep pages that are all different.

    An id that is longer than the one in the cursor, and shorter than the next, stands at the same place.
    """
    for number in count():
        question, cursor = walked[number % len(walked)]
        *start, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        varied = json.dumps([*start, [*key[:-1], f"{key[-1]}{number}"]]).encode()
        after = base64.urlsafe_b64encode(varied).decode().rstrip("=")
        yield f"{questions.ours(question)}&{urlencode({'after': after})}"


def as_of(bench: Bench) -> Iterator[Result]:
    """Read pages as they were before four edits of each of their events, and as they are."""
    edited, before = bench.built.edited_cases, bench.built.before_edits
    key = f"Authorization: Bearer {bench.built.key}"

    def paths(seed: int, moment: str | None) -> Iterator[str]:
        return map(questions.ours, questions.pages(edited, as_of=moment, seed=seed))

    with bench.running((OURS,)) as found:
        own = found["ours"]
        measured = measure(
            [
                Subject("now, ready", own, paths(1, None)),
                Subject("now, assembled", own, paths(2, None), key),
                Subject("then", own, paths(3, before)),
                Subject("then, with a key", own, paths(4, before), key),
            ],
            bench.load,
        )
    goal = ceiling(measured, "then, with a key", "now, assembled", 1.5)
    ready = measured["now, ready"].rate / measured["then"].rate
    note = (
        f"Without a key, then takes {ready:.2f} times as long as now, whose answers are ready. "
        "With a key both are assembled."
    )
    yield replace(_result(bench, "as-of", measured, (goal,)), notes=(note,))


def workers(bench: Bench) -> Iterator[Result]:
    """Read the pages of the first row from two workers, and from one."""
    cores = sorted(os.sched_getaffinity(0))
    # Two for the workers, one for the client.
    shares = len(cores) < 3
    series = questions.pages(bench.built.plain_cases, seed=2)
    with (
        running(servers.ours(bench.url), bench.log) as one,
        running(servers.ours(bench.url, workers=2), bench.log, cores=tuple(cores[:2])) as two,
    ):
        measured = measure(
            [Subject(name, each, map(questions.ours, series)) for name, each in (("one", one), ("two", two))],
            bench.load,
        )
    client = "The client had to share their two cores." if shares else "The client had a core of its own."
    yield replace(_result(bench, "workers", measured, floors(measured, {"one": 1.8}, "two")), notes=(client,))


def size(benches: Sequence[Bench]) -> Iterator[Result]:
    """Read the pages of the first row from the largest database, and from the smallest."""
    small, large = benches[0], benches[-1]
    with ExitStack() as stack:
        subjects = [
            Subject(
                f"{bench.built.events:,} events",
                stack.enter_context(running(servers.ours(bench.url), bench.log)),
                map(questions.ours, questions.pages(bench.built.plain_cases)),
            )
            for bench in (small, large)
        ]
        measured = measure(subjects, small.load)
    first, last = (measured[one.name] for one in subjects)
    goal = Goal("times the p99 of the smaller", 1.3, last.p99_ms / first.p99_ms, is_floor=False)
    yield replace(_result(large, "size", measured, (goal,)), size="both")


def _result(bench: Bench, row: str, found: Mapping[str, Measured], goals: tuple[Goal, ...]) -> Result:
    return Result(row, titles()[row], bench.built.title, tuple(found.values()), goals)


def titles() -> dict[str, str]:
    """Return what each row of this module measures, by name."""
    return {name: (run.__doc__ or "").strip() for name, run in {**ROWS, "size": size}.items()}


ROWS: Final[Mapping[str, Callable[[Bench], Iterator[Result]]]] = {
    "page": page,
    "again": again,
    "unchanged": unchanged,
    "across": across,
    "search": search,
    "facets": facets,
    "deep": deep,
    "as-of": as_of,
    "workers": workers,
}
