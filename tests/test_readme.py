"""The README's tables say what the code does."""

import re
from collections.abc import Iterator
from pathlib import Path

from typer import Typer

from app.cli import app
from app.config import setting_rows
from app.timeline.filters import TimelineQuestion

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows_under(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, its head left out."""
    part = README.split(f"{heading}\n", 1)[1]
    lines = re.findall(r"^\|.*\|$", part.split("\n#", 1)[0], flags=re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_the_table_of_settings_is_that_of_the_code() -> None:
    shown = [
        (row[0].strip("` "), row[1].strip("` ").replace("empty", ""), row[2].strip("| "))
        for row in rows_under("## Settings")
    ]

    assert shown == [(row.variable, row.default, row.description) for row in setting_rows()]


def test_the_table_of_filters_names_every_parameter_once() -> None:
    named = [
        name for row in rows_under("### Filters of a timeline") for name in re.findall(r"`(\w+)`", row[0])
    ]

    assert sorted(named) == sorted(TimelineQuestion.model_fields)


def test_the_table_of_commands_names_every_command() -> None:
    named = [row[0].strip("` ") for row in rows_under("## Commands")]

    assert sorted(named) == sorted(command_names(app))


def command_names(group: Typer, prefix: str = "") -> Iterator[str]:
    """Yield the commands of a group and of the groups within, such as `keys create`."""
    for command in group.registered_commands:
        yield f"{prefix}{command.name or getattr(command.callback, '__name__', '')}"
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from command_names(inner.typer_instance, f"{prefix}{inner.name} ")


def test_every_path_of_the_guide_exists() -> None:
    paths = [row[0].strip("` ") for row in rows_under("## Finding your way")]

    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_it_is_short_enough_to_be_read() -> None:
    # With the tables of how allegations, orders and obligations stand, which are its longest.
    assert len(README.splitlines()) < 340
