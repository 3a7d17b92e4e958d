"""Requests that may be sent twice: the first answer is kept for a day, and given again.

It is kept in the transaction that did what was asked.  So after a crash there
are both or neither, and nothing is ever left marked as running.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from sqlalchemy import Connection, delete, insert, select

from app.access.tables import KeptAnswer
from app.core import stamps
from app.core.errors import ConflictError, FieldProblem, InvalidRequestError

KEPT_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request with an `Idempotency-Key`; the key counts for its API key, method and path."""

    api_key_id: str
    # SHA-256 of the method, the path and the key; and of the body, which must be the same each time.
    request: str
    body: str

    @classmethod
    def of(cls, api_key_id: str, *, method: str, path: str, key: str, body: str) -> Self:
        """Return what identifies a request, of whose body the digest is given."""
        request = hashlib.sha256(json.dumps([method, path, key]).encode()).hexdigest()
        return cls(api_key_id, request, body)


def digest_of(body: bytes) -> str:
    """Return the digest of a body."""
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it is sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


_running: set[tuple[str, str]] = set()
_guard: Final = threading.Lock()


@contextmanager
def in_progress(asked: Repeatable | None) -> Iterator[None]:
    """Hold the request's key; `ConflictError` while another request of this process holds it.

    One that another process runs is waited for instead, as writes take turns.
    """
    if asked is None:
        yield
        return
    mine = (asked.api_key_id, asked.request)
    with _guard:
        if mine in _running:
            raise ConflictError
        _running.add(mine)
    try:
        yield
    finally:
        with _guard:
            _running.discard(mine)


def recall(connection: Connection, asked: Repeatable) -> Answered | None:
    """Return the answer to the same request before; `InvalidRequestError` when that had another body."""
    row = connection.execute(
        select(*KeptAnswer.__table__.columns).where(
            KeptAnswer.api_key_id == asked.api_key_id,
            KeptAnswer.request == asked.request,
            KeptAnswer.at > stamps.utc_now() - KEPT_FOR,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.digest != asked.body:
        message = "This key was used for a request with another body."
        raise InvalidRequestError((FieldProblem("header", "Idempotency-Key", message),))
    return Answered(row.status, json.loads(row.headers), bytes(row.body))


def keep(connection: Connection, asked: Repeatable, answer: Answered) -> None:
    """Keep the first answer to a request, and drop those that are too old."""
    now = stamps.utc_now()
    connection.execute(delete(KeptAnswer).where(KeptAnswer.at <= now - KEPT_FOR))
    connection.execute(
        insert(KeptAnswer).values(
            api_key_id=asked.api_key_id,
            request=asked.request,
            digest=asked.body,
            at=now,
            status=answer.status,
            headers=json.dumps(dict(answer.headers)),
            body=answer.body,
        )
    )
