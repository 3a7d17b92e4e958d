"""API keys: made, found and revoked.

A key is shown once, to whoever makes it.  What is kept is its SHA-256, since a
key is 260 random bits and no dictionary lists it; and its first characters, so
that one look-up finds it.
"""

import hashlib
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from app.access.tables import ApiKey
from app.core import stamps
from app.core.errors import RecordNotFoundError

MARK: Final = "ctl_"
_SECRET_LENGTH: Final = 52
_PREFIX_LENGTH: Final = len(MARK) + 10
_LONGEST: Final = 200


class Scope(StrEnum):
    """What a key may do; any key reads everything."""

    READ = "read"
    WRITE = "write"
    IMPORT = "import"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a valid key."""

    key_id: str
    name: str
    scopes: frozenset[Scope]
    # The cases the key may write to; `None` is all of them.
    cases: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """What is known of a key: everything but the key."""

    id: str
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    cases: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def create_key(
    connection: Connection,
    name: str,
    scopes: Collection[Scope],
    *,
    cases: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, KeyRow]:
    """Make a key; return its text, which nobody can find out again, and its row.

    `cases` are ids of cases that exist; `None` lets the key write to all of them.
    """
    text = MARK + "".join(secrets.choice(stamps.ALPHABET) for _ in range(_SECRET_LENGTH))
    row = KeyRow(
        id=stamps.new_id("key"),
        name=name,
        prefix=text[:_PREFIX_LENGTH],
        scopes=tuple(sorted(set(scopes))),
        cases=None if cases is None else tuple(sorted(set(cases))),
        created_at=stamps.utc_now(),
        expires_at=expires_at,
        revoked_at=None,
    )
    connection.execute(
        insert(ApiKey).values(
            id=row.id,
            name=row.name,
            prefix=row.prefix,
            digest=_digest(text),
            scopes=json.dumps(row.scopes),
            cases=None if row.cases is None else json.dumps(row.cases),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=None,
        )
    )
    return text, row


def find_caller(connection: Connection, text: str) -> Caller | None:
    """Return who holds the key; `None` for one that is unknown, expired or revoked."""
    if not text.startswith(MARK) or not text.isascii() or len(text) > _LONGEST:
        return None
    found = connection.execute(
        select(*ApiKey.__table__.columns).where(ApiKey.prefix == text[:_PREFIX_LENGTH])
    ).one_or_none()
    if found is None or not secrets.compare_digest(found.digest, _digest(text)):
        return None
    row = _row(found)
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= stamps.utc_now()):
        return None
    return Caller(
        key_id=row.id,
        name=row.name,
        scopes=frozenset(row.scopes),
        cases=None if row.cases is None else frozenset(row.cases),
    )


def list_keys(connection: Connection) -> list[KeyRow]:
    """Return every key there has been, oldest first."""
    rows = connection.execute(select(*ApiKey.__table__.columns).order_by(ApiKey.created_at, ApiKey.id))
    return [_row(row) for row in rows]


def read_key(connection: Connection, key_id: str) -> KeyRow:
    """Return one key; `RecordNotFoundError` when there is none of that id."""
    found = connection.execute(select(*ApiKey.__table__.columns).where(ApiKey.id == key_id)).one_or_none()
    if found is None:
        raise RecordNotFoundError("key", key_id)
    return _row(found)


def revoke_key(connection: Connection, key_id: str) -> KeyRow:
    """End a key at once, for ever; return its row.  A second time changes nothing."""
    read_key(connection, key_id)
    connection.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=stamps.utc_now())
    )
    return read_key(connection, key_id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _row(row: Any) -> KeyRow:  # noqa: ANN401 - a row of the keys
    return KeyRow(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(map(Scope, json.loads(row.scopes))),
        cases=None if row.cases is None else tuple(json.loads(row.cases)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
