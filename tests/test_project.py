"""What holds for the project as a whole: its top level, its locks, its first commands, its image."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
LOCKS: Final = ("app/requirements.txt", "tests/requirements.txt")
RUN_COMMAND: Final = (
    "python3 -m venv .venv && .venv/bin/pip install -q -r app/requirements.txt "
    "&& .venv/bin/python -m app demo"
)
TEST_COMMAND: Final = ".venv/bin/pip install -q -r tests/requirements.txt && .venv/bin/python -m pytest"
# A path of somebody's machine; an address such as https://a.example/home/x is none.
MACHINE_PATH: Final = re.compile(rb"(?<![\w.:/-])/(?:work|root|home|Users)/\w")
MADE_BY_TOOLS: Final = {"__pycache__", "node_modules", ".hypothesis"}


def test_the_top_level_holds_what_the_design_says_and_nothing_else() -> None:
    # What git ignores may lie there as well: the demonstration leaves its database.
    rules = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    names = {
        path.name
        for path in ROOT.iterdir()
        if not path.name.startswith(".") and not any(fnmatch(path.name, rule) for rule in rules)
    }

    assert names == {
        "Dockerfile",
        "LICENSE",
        "README.md",
        "app",
        "migrations",
        "pyproject.toml",
        "tests",
    }


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = [str(path) for path in project_files() if MACHINE_PATH.search(path.read_bytes())]

    assert found == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_hashes(lock: str) -> None:
    entries = read_lock(lock)

    assert len(entries) > 10
    assert [
        name for name, entry in entries.items() if not re.search(r"--hash=sha256:[0-9a-f]{64}", entry)
    ] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_registry(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"://|index-url|find-links|trusted-host", text) == []


def test_the_tests_run_on_the_versions_that_are_served() -> None:
    served, tested = read_lock(LOCKS[0]), read_lock(LOCKS[1])

    assert {name: entry for name, entry in served.items() if tested.get(name) != entry} == {}


def test_starlette_has_the_fixes_for_host_path_and_range() -> None:
    installed = tuple(int(part) for part in version("starlette").split(".")[:3])

    assert installed >= (1, 3, 1)


def test_the_readme_gives_the_two_commands_in_one_block() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = [
        line
        for block in re.findall(r"^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]

    assert [line for line in lines if line.startswith("python3 -m venv")] == [RUN_COMMAND]
    assert [line for line in lines if line.endswith("-m pytest")] == [TEST_COMMAND]


def test_the_image_installs_the_lock_and_checks_its_hashes() -> None:
    assert "pip install --no-cache-dir --require-hashes -r app/requirements.txt" in " ".join(
        arguments for name, arguments in instructions() if name == "RUN"
    )


def test_the_image_is_made_in_two_stages_from_one_base() -> None:
    assert [arguments for name, arguments in instructions() if name == "FROM"] == [
        "python:3.13-slim AS build",
        "python:3.13-slim",
    ]


def test_the_image_serves_as_an_ordinary_user_with_its_data_on_a_volume() -> None:
    last = dict(instructions())

    assert last["USER"] == "timeline"
    assert last["VOLUME"] == "/data"
    assert "CASE_TIMELINE_DATABASE_URL=sqlite:////data/case-timeline.sqlite" in last["ENV"]
    assert "PYTHONDONTWRITEBYTECODE=1" in last["ENV"]
    assert last["EXPOSE"] == "8000"
    assert json.loads(last["ENTRYPOINT"]) == ["case-timeline"]
    assert json.loads(last["CMD"]) == ["serve", "--host", "0.0.0.0"]  # noqa: S104 - inside a container


def test_the_image_says_whether_it_is_healthy() -> None:
    check = dict(instructions())["HEALTHCHECK"]

    script = json.loads(check[check.index("[") :])[2]
    assert "http://127.0.0.1:8000/healthz" in script
    compile(script, "HEALTHCHECK", "exec")


def project_files() -> Iterator[Path]:
    for top in sorted(ROOT.iterdir()):
        if top.is_file():
            yield top
    for folder in (".ci", "app", "migrations", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and MADE_BY_TOOLS.isdisjoint(path.parts):
                yield path


def read_lock(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    entries: dict[str, str] = {}
    for line in lines:
        requirement = re.match(r"([a-z0-9-]+)(?:\[[a-z,-]+\])?==\S+", line)
        assert requirement, line
        entries[requirement[1]] = re.sub(r"\s+", " ", line).strip()
    return entries


def instructions() -> Iterator[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines():
        if line.strip():
            name, _, arguments = line.partition(" ")
            yield name, arguments
