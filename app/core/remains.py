"""Looks whether a text that was taken out is still in the files of an SQLite database, as bytes."""

from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

_CHUNK: Final = 4 * 1024 * 1024


def count_in_files(url: URL, texts: Collection[str]) -> int | None:
    """Return how often the texts are in the database's file and its write-ahead log.

    `None` where there is no file to look at: on a server, or in memory.
    """
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    file = Path(url.database)
    wanted = [text.encode() for text in texts if text]
    beside = (file, file.with_name(f"{file.name}-wal"))
    return sum(_count(one, wanted) for one in beside if one.exists())


def _count(file: Path, wanted: Collection[bytes]) -> int:
    overlap = max(map(len, wanted), default=1) - 1
    found = 0
    before = b""
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            window = before + chunk
            # What lies wholly in the overlap was counted with the chunk before.
            found += sum(window.count(one) - before.count(one) for one in wanted)
            before = window[-overlap:] if overlap else b""
    return found
