"""SQLite files for tests: copies of one that was migrated once a run."""

import fcntl
import shutil
from pathlib import Path

from app.core.db import migrate


def copy_template(folder: Path, target: Path) -> str:
    """Return the URL of `target`, made a copy of the run's migrated file."""
    template = folder / "template.sqlite"
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            # Renamed only when whole: a migration that failed must fail every test, not be copied.
            draft = folder / "draft.sqlite"
            draft.unlink(missing_ok=True)
            migrate(f"sqlite:///{draft}")
            draft.rename(template)
    shutil.copyfile(template, target)
    return f"sqlite:///{target}"
