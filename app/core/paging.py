"""Cursors and the links between pages.

A cursor holds the whole sort key of an item, the change its answer is pinned
to, and a fingerprint of the query; it is opaque to clients, and it proves
nothing: what a reader may see is decided anew for each page.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from app.core.errors import InvalidCursorError


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts."""

    fingerprint: str
    # In the numbering of the audience, as all that leaves the service.
    seq: int
    is_backwards: bool
    key: tuple[int | str, ...]


_PARTS: TypeAdapter[tuple[str, int, bool, tuple[int | str, ...]]] = TypeAdapter(
    tuple[str, int, bool, tuple[int | str, ...]]
)


_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*")


def fingerprint(*parts: object) -> str:
    """Return a short digest of what a cursor belongs to."""
    return hashlib.sha256(to_json(parts)).hexdigest()[:16]


def encode_cursor(cursor: Cursor) -> str:
    """Return the text of a cursor."""
    parts = to_json((cursor.fingerprint, cursor.seq, cursor.is_backwards, cursor.key))
    return base64.urlsafe_b64encode(parts).decode().rstrip("=")


def decode_cursor(text: str, *, expected: str) -> Cursor:
    """Return the cursor of a text; `InvalidCursorError` when it is none or was made for another query."""
    try:
        parts = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = Cursor(*_PARTS.validate_json(parts, strict=False))
    except (ValueError, binascii.Error, ValidationError):
        raise InvalidCursorError from None
    if cursor.fingerprint != expected or any(
        isinstance(part, int) and abs(part) > 2**62 for part in (cursor.seq, *cursor.key)
    ):
        raise InvalidCursorError
    return cursor


def link(path: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Return a path with its query string."""
    query = "&".join(f"{_quote(name)}={_quote(value)}" for name, value in parameters)
    return f"{path}?{query}" if query else path


def _quote(text: str) -> str:
    # Most need nothing, and quoting them all took as long as a query.
    return text if _PLAIN.fullmatch(text) else quote_plus(text)
