"""How fast timelines are read, against Datasette, Django REST framework, and the limit.

Builds a database of N events by our own import, starts the servers on one core and loads
them from another, and writes a table, a picture (report.svg) and report.json into a folder.
Every ratio is of medians that were measured side by side.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import httpx2

from tests.benchmarks.databases import Built, copy_to, obtain
from tests.benchmarks.long_rows import LONG_ROWS
from tests.benchmarks.measuring import Load
from tests.benchmarks.overdue import DUTY_ROWS
from tests.benchmarks.report import Machine, show, write
from tests.benchmarks.results import Result
from tests.benchmarks.rows import ROWS, Bench, size
from tests.benchmarks.servers import HOW_TO_INSTALL, BenchmarkError, has_opponents

CHUNK: Final = 16_777_216
EACH: Final = {**ROWS, **LONG_ROWS, **DUTY_ROWS}
# The one that compares sizes comes last.
NAMES: Final = (*EACH, "size")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what is asked for."""
    lines = [f"  {name:<10} {(run.__doc__ or '').strip()}" for name, run in {**EACH, "size": size}.items()]
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        epilog="rows:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--events",
        type=int,
        action="append",
        metavar="N",
        help="events in cases of 100, besides a case of 20,000, or 100,000 from a million on; repeatable "
        "(default: 10000)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "case-timeline-benchmarks",
        help="keeps databases and results (default: %(default)s)",
    )
    parser.add_argument(
        "--only", nargs="+", action="extend", choices=NAMES, metavar="ROW", help="measure these rows only"
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of each server (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="length of a run (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=8, help="of the client (default: %(default)s)")
    parser.add_argument(
        "--minutes", type=float, default=1, help="how long memory is watched (default: %(default)s)"
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        help="measure ours on this PostgreSQL database, which must be empty or from an earlier run",
    )
    parser.add_argument(
        "--python", default=sys.executable, help=f"an interpreter that has the opponents: {HOW_TO_INSTALL}"
    )
    asked = parser.parse_args(arguments)
    asked.events = asked.events or [10_000]
    if asked.database and len(asked.events) > 1:
        parser.error("--database holds one size: give --events once.")
    return asked


def main() -> None:
    """Measure, and show what came of it."""
    asked = parse()
    try:
        is_whole = measure(asked)
    except (BenchmarkError, ValueError) as error:
        raise SystemExit(f"benchmarks: {error}") from None
    tell(f"Written: {asked.folder / 'report.svg'} and {asked.folder / 'report.json'}")
    if not is_whole:
        raise SystemExit(1)


def measure(asked: argparse.Namespace) -> bool:
    """Build what there is not yet, measure the rows that are asked for, and write the report.

    Tells whether all of them could be measured.
    """
    asked.folder.mkdir(parents=True, exist_ok=True)
    folder = asked.folder.resolve()
    python = shutil.which(asked.python) if has_opponents(asked.python) else None
    if python is None:
        tell(f"Without Datasette and Django: {HOW_TO_INSTALL}")
    if shutil.which("wrk") is None:
        tell("Without wrk the load comes from Python, which tells fast servers apart less well.")
    load = Load(folder, asked.connections, asked.seconds, asked.runs)
    benches = []
    for events in sorted(asked.events):
        built = obtain(folder, events)
        if asked.database:
            copy_to(built, asked.database)
        benches.append(Bench(built, load, python, asked.database, asked.minutes))
    results: list[Result] = []
    machine = Machine.here("PostgreSQL" if asked.database else "SQLite")
    for result in _results(benches, asked.only or NAMES):
        show(result)
        results.append(result)
        # After each, so that what ends early leaves what it has found.
        write(asked.folder, results, machine)
    return all(result.is_whole for result in results)


def _results(benches: Sequence[Bench], names: Sequence[str]) -> Iterator[Result]:
    for bench in benches:
        read_into_memory(bench.built)
        for name, run in EACH.items():
            if name in names:
                yield from _results_of(name, bench.built.title, run(bench))
    if "size" in names and len(benches) > 1:
        yield from _results_of("size", "both", size(benches))


def _results_of(name: str, of: str, results: Iterator[Result]) -> Iterator[Result]:
    """Yield what a row finds; where it cannot go on, that is what it found, and the others go on."""
    try:
        yield from results
    except (BenchmarkError, httpx2.HTTPError) as error:
        yield Result(name, "This could not be measured:", of, notes=(str(error),), is_whole=False)


def read_into_memory(built: Built) -> None:
    """Read the files once, so that no server is the first to wait for the disk."""
    for path in (built.ours, built.opponents):
        with path.open("rb") as file:
            while file.read(CHUNK):
                pass


def tell(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
