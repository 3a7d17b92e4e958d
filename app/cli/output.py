"""What commands show while they work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

err: Final = Console(stderr=True)


class _RateColumn(ProgressColumn):
    """How many are done in a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def progress(title: str, *, shows_rate: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error; what is yielded takes how many are done, and of how many."""
    count = (MofNCompleteColumn(), *((_RateColumn(),) if shows_rate else ()))
    columns = (TextColumn("{task.description}"), BarColumn(), *count, TimeRemainingColumn())
    # In a file it would be no more than an empty line.
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
