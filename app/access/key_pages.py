"""Pages of the list of keys.  Keys have no history, so that a page has no `as_of`."""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from app.access.keys import KeyRow, count_keys, list_keys
from app.core.errors import InvalidCursorError
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link

_LIST: Final = fingerprint("keys")
_KEY_ID: Final = re.compile(r"key_[a-z0-9]{12}")
# The year 4253, in microseconds.
_LAST_MOMENT: Final = 2**56


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some of the keys, oldest first."""

    rows: list[KeyRow]
    next: str | None
    previous: str | None
    total: int | None


def read_page(connection: Connection, *, limit: int, after: str | None, exact: bool, path: str) -> KeyPage:
    """Return a page; `path` is what its links start with.  Raises `InvalidCursorError`."""
    cursor = None if after is None else decode_cursor(after, expected=_LIST)
    is_backwards = cursor is not None and cursor.is_backwards
    rows = list_keys(
        connection,
        # One more, which tells whether there are more.
        limit=limit + 1,
        beyond=None if cursor is None else _position(cursor),
        is_backwards=is_backwards,
    )
    has_more = len(rows) > limit
    rows = rows[-limit:] if is_backwards else rows[:limit]
    asked = [("limit", str(limit)), *([("total", "exact")] if exact else [])]

    def at(row: KeyRow, *, is_backwards: bool) -> str:
        text = encode_cursor(Cursor(_LIST, 0, is_backwards, row.position))
        return link(path, [*asked, ("after", text)])

    has_next = is_backwards or has_more
    has_previous = cursor is not None and (has_more or not is_backwards)
    return KeyPage(
        rows=rows,
        next=at(rows[-1], is_backwards=False) if rows and has_next else None,
        previous=at(rows[0], is_backwards=True) if rows and has_previous else None,
        total=count_keys(connection) if exact else None,
    )


def _position(cursor: Cursor) -> tuple[int, str]:
    match cursor.key:
        # Anyone can make a cursor: what the database could not hold is refused here.
        case (int(micros), str(key_id)) if 0 <= micros <= _LAST_MOMENT and _KEY_ID.fullmatch(key_id):
            return micros, key_id
        case _:
            raise InvalidCursorError
