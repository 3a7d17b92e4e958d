"""API keys: made, found, listed and revoked.

A key is shown once, to whoever makes it.  What is kept is its SHA-256, since a
key is 260 random bits and no dictionary lists it; and its first characters, so
that one look-up finds it.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, func, insert, literal, select, tuple_, update

from app.access.tables import ApiKey
from app.core import stamps
from app.core.db import Moment
from app.core.errors import FieldProblem, InvalidRequestError, Json, RecordNotFoundError

MARK: Final = "ctl_"
NAME_LENGTH: Final = 200
_SECRET_LENGTH: Final = 52
_PREFIX_LENGTH: Final = len(MARK) + 10
_KEY: Final = re.compile(rf"{MARK}[{stamps.ALPHABET}]{{{_SECRET_LENGTH}}}")


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

    def may(self, scope: Scope) -> bool:
        """Tell whether the key has the scope: `admin` has every one, and every one reads."""
        return scope is Scope.READ or not self.scopes.isdisjoint({scope, Scope.ADMIN})


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

    @property
    def position(self) -> tuple[int, str]:
        """Return what keys are listed by."""
        return stamps.to_micros(self.created_at), self.id

    def as_json(self) -> dict[str, Json]:
        """Return the key as it is shown."""
        return {
            "id": self.id,
            "name": self.name,
            "prefix": self.prefix,
            "scopes": list(self.scopes),
            "cases": None if self.cases is None else list(self.cases),
            "created_at": stamps.moment_text(self.created_at),
            "expires_at": None if self.expires_at is None else stamps.moment_text(self.expires_at),
            "revoked_at": None if self.revoked_at is None else stamps.moment_text(self.revoked_at),
        }


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
    Raises `InvalidRequestError`, with pointers into the body of `POST /v1/keys`.
    """
    now = stamps.utc_now()
    problems = tuple(_problems(name, scopes, cases=cases, expires_at=expires_at, now=now))
    if problems:
        raise InvalidRequestError(problems)
    text = MARK + "".join(secrets.choice(stamps.ALPHABET) for _ in range(_SECRET_LENGTH))
    row = KeyRow(
        id=stamps.new_id("key"),
        name=name,
        prefix=text[:_PREFIX_LENGTH],
        scopes=tuple(sorted(set(scopes))),
        cases=None if cases is None else tuple(sorted(set(cases))),
        created_at=now,
        expires_at=None if expires_at is None else expires_at.astimezone(UTC),
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
    if not _KEY.fullmatch(text):
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


def list_keys(
    connection: Connection,
    *,
    limit: int | None = None,
    beyond: tuple[int, str] | None = None,
    is_backwards: bool = False,
) -> list[KeyRow]:
    """Return every key there has been, oldest first, or at most `limit` of them.

    `beyond` is a position to start after, or to end before when `is_backwards`.
    """
    place = tuple_(ApiKey.created_at, ApiKey.id)
    query = select(*ApiKey.__table__.columns).limit(limit)
    if beyond is not None:
        start = tuple_(literal(stamps.from_micros(beyond[0]), Moment()), literal(beyond[1]))
        query = query.where(place < start if is_backwards else place > start)
    if is_backwards:
        query = query.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    else:
        query = query.order_by(ApiKey.created_at, ApiKey.id)
    rows = [_row(row) for row in connection.execute(query)]
    return rows[::-1] if is_backwards else rows


def count_keys(connection: Connection) -> int:
    """Return how many keys there have been."""
    return connection.execute(select(func.count()).select_from(ApiKey)).scalar_one()


def read_key(connection: Connection, key_id: str) -> KeyRow:
    """Return one key by id or prefix; `RecordNotFoundError` when there is none."""
    # A whole key is shortened first, so that no error repeats it.
    reference = key_id[:_PREFIX_LENGTH] if key_id.startswith(MARK) else key_id
    column = ApiKey.prefix if key_id.startswith(MARK) else ApiKey.id
    found = connection.execute(select(*ApiKey.__table__.columns).where(column == reference)).one_or_none()
    if found is None:
        raise RecordNotFoundError("key", reference)
    return _row(found)


def revoke_key(connection: Connection, key_id: str) -> KeyRow:
    """End a key, named as `read_key` takes it, at once and for ever; a second time changes nothing."""
    found = read_key(connection, key_id)
    connection.execute(
        update(ApiKey)
        .where(ApiKey.id == found.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=stamps.utc_now())
    )
    return read_key(connection, found.id)


def _problems(
    name: str,
    scopes: Collection[Scope],
    *,
    cases: Collection[str] | None,
    expires_at: datetime | None,
    now: datetime,
) -> Iterator[FieldProblem]:
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable() or name != name.strip():
        # It is shown in a table on a terminal.
        message = f"This is 1 to {NAME_LENGTH} printable characters, without blanks around them."
        yield FieldProblem("body", "/name", message)
    if not scopes:
        yield FieldProblem("body", "/scopes", "A key needs a scope.", allowed=tuple(Scope))
    if cases is not None and Scope.ADMIN in scopes:
        # It could make itself a key without the limit.
        yield FieldProblem("body", "/cases", "A key with the scope admin cannot be limited to cases.")
    if expires_at is not None and expires_at <= now:
        yield FieldProblem("body", "/expires_at", "That moment is past.")
    if expires_at is not None and expires_at.year == MAXYEAR:
        # With its offset it may lie in the year 10000, which cannot be read again.
        yield FieldProblem("body", "/expires_at", "That is too late: leave it out for a key that stays.")


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
