"""The system's Chromium, for tests that look at pages."""

import shutil
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# As root there is no sandbox to be had; the rest keeps the browser from talking to its maker.
ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ADVICE: Final = "No Chromium: install it (`apt-get install chromium`)."


def find_chromium() -> Path | None:
    """Return the browser's path, or `None`."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None
