"""`python -m app` on machines where it cannot run."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from app import __main__ as start

ROOT: Final = Path(__file__).resolve().parents[1]
INSTALL: Final = "python3 -m venv .venv && .venv/bin/pip install -q -r app/requirements.txt"


def test_without_its_dependencies_it_answers_in_one_line_that_says_how_to_install() -> None:
    # -S leaves out everything that was installed.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "app", "demo"],
        cwd=ROOT,
        env={},
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("case-timeline: ")
    assert f"is not installed: run `{INSTALL}`" in lines[0]


def test_an_older_python_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))

    with pytest.raises(SystemExit) as stopped:
        start.main()

    assert stopped.value.code == 1
    assert capsys.readouterr().err == "case-timeline: Python 3.11 or newer is needed, this is 3.9.\n"
