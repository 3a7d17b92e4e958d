"""Load, and the medians of it.

All servers of a row run while it is measured, and only one of them is asked at a time:
its turns come round between those of the others, so that what the machine does besides
weighs on all of them alike.
"""

import itertools
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.benchmarks.servers import ROOT, BenchmarkError, Running, core_of_clients, pinned

WRK: Final = Path(__file__).with_name("wrk.lua")
WARM_UP_S: Final = 1.0
PATIENCE_S: Final = 60.0
# How many addresses are made for each second: more than any server has answered, or than this one has.
FASTEST: Final = 10_000
SPARE: Final = 1.5


@dataclass(frozen=True, slots=True)
class Load:
    """How servers are asked."""

    folder: Path
    connections: int
    seconds: float
    runs: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A server in a row, and what it is asked: a path, or a path, a tab and an ETag."""

    name: str
    running: Running
    paths: Iterator[str] | Sequence[str]
    # A header of every request, as `Name: value`.
    header: str = ""

    @property
    def is_fresh(self) -> bool:
        """Tell whether nothing is asked twice."""
        return not isinstance(self.paths, Sequence)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run saw."""

    rate: float
    p50_ms: float
    p99_ms: float
    # Bytes of an answer, head and body.
    size: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of a server's runs."""

    name: str
    # Requests per second.
    rate: float
    p50_ms: float
    p99_ms: float
    size: int
    rates: tuple[float, ...]


def measure(subjects: Sequence[Subject], load: Load) -> dict[str, Measured]:
    """Return the medians of each subject by name; `BenchmarkError` when an answer is an error."""
    fastest = {one.name: max(FASTEST, SPARE * run(one, load, WARM_UP_S).rate) for one in subjects}
    found: dict[str, list[Run]] = {one.name: [] for one in subjects}
    for _ in range(load.runs):
        for one in subjects:
            found[one.name].append(run(one, load, load.seconds, round(fastest[one.name])))
    return {name: _medians(name, runs) for name, runs in found.items()}


def _medians(name: str, runs: Iterable[Run]) -> Measured:
    rates, p50, p99, sizes = zip(*((one.rate, one.p50_ms, one.p99_ms, one.size) for one in runs), strict=True)
    return Measured(name, median(rates), median(p50), median(p99), int(median(sizes)), rates)


def run(subject: Subject, load: Load, seconds: float, fastest: int = FASTEST) -> Run:
    """Ask a server for so long; of addresses that are not to be repeated, `fastest` a second are made.

    A server that does not answer even once in the time is given more of it.
    """
    lines = list(itertools.islice(subject.paths, math.ceil(fastest * max(1, seconds))))
    file = load.folder / "paths.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = _told(subject, load, seconds, file)
    while not told["requests"] and seconds < PATIENCE_S:
        seconds *= 4
        told = _told(subject, load, seconds, file)
    if told["errors"] or not told["requests"]:
        raise BenchmarkError(f"{subject.name}: {told['errors']} errors and {told['requests']} answers.")
    if subject.is_fresh and told["sent"] > len(lines):
        raise BenchmarkError(f"{subject.name} was faster than was prepared for, and was asked things twice.")
    size = told["bytes"] // told["requests"]
    return Run(told["requests"] / told["seconds"], told["p50_ms"], told["p99_ms"], size)


def _told(subject: Subject, load: Load, seconds: float, file: Path) -> dict[str, Any]:
    """Return what the client tells of a run."""
    done = subprocess.run(
        pinned(_command(subject, load, seconds, file), core_of_clients()),
        cwd=ROOT,
        env={**os.environ, "BENCHMARK_PATHS": str(file), "BENCHMARK_HEADER": subject.header},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise BenchmarkError(f"The client failed: {done.stderr.strip() or done.stdout.strip()}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _command(subject: Subject, load: Load, seconds: float, file: Path) -> list[str]:
    url, connections = subject.running.url, str(load.connections)
    if (wrk := shutil.which("wrk")) is not None:
        # wrk counts in whole seconds.
        return [
            *(
                wrk,
                "--threads",
                "1",
                "--connections",
                connections,
                "--duration",
                f"{max(1, round(seconds))}s",
            ),
            *("--timeout", "60s", "--script", str(WRK), url),
        ]
    client = [sys.executable, "-m", "tests.benchmarks.client", str(file), url, connections, str(seconds)]
    return [*client, *([subject.header] if subject.header else [])]
