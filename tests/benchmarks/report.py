"""Shows the results: row by row on the screen, all of them as JSON and as a picture."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.benchmarks.picture import draw
from tests.benchmarks.results import Result

LIMIT: Final = "limit"

out: Final = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it was measured."""

    at: str
    system: str
    python: str
    cores: int
    # How busy it was when the measuring began: 1 is one core.
    busy: float
    database: str

    @classmethod
    def here(cls, database: str) -> "Machine":
        """Return this machine."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        cores = len(os.sched_getaffinity(0))
        version, busy = platform.python_version(), round(os.getloadavg()[1], 2)
        return cls(now, platform.platform(), version, cores, busy, database)


def show(result: Result) -> None:
    """Print one row."""
    out.print(Text(f"\n{result.row}", "bold"), Text(f"{result.title} {result.size}.", "dim"))
    if result.measured:
        rates = {one.name: one.rate for one in result.measured}
        table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
        table.add_column("server", no_wrap=True)
        for name in ("requests/s", "p50 ms", "p99 ms", "kB", "runs", "of limit"):
            table.add_column(name, justify="right")
        for one in result.measured:
            ratio = f"{one.rate / rates[LIMIT]:.2f}" if LIMIT in rates else ""
            span = f"{min(one.rates):,.0f}..{max(one.rates):,.0f}"
            figures = (
                f"{one.rate:,.0f}",
                f"{one.p50_ms:.2f}",
                f"{one.p99_ms:.2f}",
                f"{one.size / 1_000:,.0f}",
            )
            table.add_row(one.name, *figures, span, ratio)
        out.print(table)
    for goal in result.goals:
        out.print(Text(str(goal), "green" if goal.is_met else "red"))
    for note in result.notes:
        out.print(Text(note, "" if result.is_whole else "red"))


def write(folder: Path, results: Sequence[Result], machine: Machine) -> None:
    """Write `report.json` and `report.svg`."""
    rows = [
        {**asdict(result), "goals": [{**asdict(goal), "is_met": goal.is_met} for goal in result.goals]}
        for result in results
    ]
    text = json.dumps({"machine": asdict(machine), "results": rows}, indent=1, ensure_ascii=False)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    under = (
        f"{machine.database}; one core for each server, {machine.cores} in all; "
        f"Python {machine.python}; {machine.at[:10]}"
    )
    (folder / "report.svg").write_text(draw(results, under), encoding="utf-8")
