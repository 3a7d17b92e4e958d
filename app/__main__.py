"""`python -m app`: the command line, started from a checkout.

Only the standard library may be imported at the top: on a fresh machine this file
runs before anything is installed, and has to say what to install.
"""

import sys
from typing import Final

PYTHON_FLOOR: Final = (3, 11)
INSTALL: Final = "python3 -m venv .venv && .venv/bin/pip install -q -r app/requirements.txt"


def complain(message: str) -> int:
    """Print one line to stderr and return the exit status."""
    sys.stderr.write(f"case-timeline: {message}\n")
    return 1


def run() -> int:
    """Hand over to the command line; return 1 when this Python cannot run it."""
    if sys.version_info[:2] < PYTHON_FLOOR:
        needed, found = (".".join(map(str, pair)) for pair in (PYTHON_FLOOR, sys.version_info[:2]))
        return complain(f"needs Python {needed} or newer, and this is {found}.")
    try:
        from app.cli import main  # noqa: PLC0415 - it needs what may not be installed yet
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == __package__:
            # Not an installation to mend: one of our own modules is gone.
            raise
        return complain(f"{missing} is not installed. Run: {INSTALL} && .venv/bin/python -m app")
    main()
    return 0


if __name__ == "__main__":
    sys.exit(run())
