"""The system's Chromium, for the tests that look at a page."""

import shutil
from pathlib import Path
from typing import Final

ADVICE: Final = "Chromium is not here: install it (Debian: apt-get install chromium)."
NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# Root has no sandbox to offer; the rest keeps the browser from calling home.
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> Path | None:
    """Return the browser's path, or `None` when there is none."""
    return next((Path(path) for name in NAMES if (path := shutil.which(name))), None)
