"""`python -m app`: the command line, or one line that says how to install it.

Only the standard library is used until the imports have succeeded, and only
syntax that older Pythons can read: else they would answer with a traceback.
"""

import sys
from typing import Final, NoReturn

PYTHON_FLOOR: Final = (3, 11)
INSTALL: Final = "python3 -m venv .venv && .venv/bin/pip install -q -r app/requirements.txt"


def main() -> None:
    """Run the command line; exit with 1 where this machine cannot."""
    found = tuple(sys.version_info[:2])
    if found < PYTHON_FLOOR:
        _refuse("Python {}.{} or newer is needed, this is {}.{}.".format(*PYTHON_FLOOR, *found))
    try:
        # Not at the top: what it imports may not be installed yet.
        from app.cli import main as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in {"", "app"}:
            raise
        _refuse(f"{package} is not installed: run `{INSTALL}`, then use `.venv/bin/python -m app`.")
    run()


def _refuse(reason: str) -> NoReturn:
    sys.stderr.write(f"case-timeline: {reason}\n")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
