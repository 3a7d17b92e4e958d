"""After a redaction: empties what can be emptied, and says where the name may still be."""

import time
from collections.abc import Collection
from typing import Final

from app.core.db import Database
from app.core.remains import count_in_files
from app.records.documents import Document

_BACKUPS: Final = {
    "place": "backups and copies",
    "advice": "Whatever was copied before holds the name: delete it, or redact again after restoring it.",
}
_LOGS: Final = {
    "place": "logs and caches outside this service",
    "advice": "Proxies may have logged addresses with the old slug; caches ask again by themselves.",
}
_READERS: Final = {
    "place": "readers",
    "advice": "Whoever follows the feed is told by it; copies that others made are theirs to correct.",
}
_WAL: Final = {
    "place": "the write-ahead log of SQLite",
    "advice": "A reader kept it from being emptied. Send the request again with its `Idempotency-Key`, "
    "or start the service anew: either empties it.",
}
_SERVER: Final = {
    "place": "PostgreSQL's dead rows, write-ahead log, archives and replicas",
    "advice": "Run VACUUM FULL on every table of the database, then CHECKPOINT, and let the archives expire.",
}
PATIENCE: Final = 2.0
PAUSE: Final = 0.1
TELLING: Final = 4


def clear_files(database: Database, spellings: Collection[str] | None) -> Document:
    """Empty the write-ahead log and search the files for the name as it was written.

    `None` searches for nothing.  Returns the members `found_in_file` and `remains` of the answer.
    """
    if database.url.get_backend_name() != "sqlite":
        return {"found_in_file": None, "remains": [_SERVER, _BACKUPS, _LOGS, _READERS]}
    until = time.monotonic() + PATIENCE
    is_empty = database.checkpoint()
    while not is_empty and time.monotonic() < until:
        time.sleep(PAUSE)
        is_empty = database.checkpoint()
    # Shorter ones are everywhere, by chance.
    telling = None if spellings is None else [one for one in spellings if len(one) >= TELLING]
    found = None if telling is None else count_in_files(database.url, telling)
    remains = [_BACKUPS, _LOGS, _READERS]
    return {"found_in_file": found, "remains": remains if is_empty else [_WAL, *remains]}
