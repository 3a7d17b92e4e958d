"""API keys as their holders send them."""

from datetime import datetime
from typing import Final

from httpx2 import Response

from app.access.keys import Scope, create_key
from app.core.db import Database

CHALLENGE: Final = 'Bearer realm="Case Timeline"'


def make_key(
    database: Database, *scopes: Scope, cases: list[str] | None = None, expires_at: datetime | None = None
) -> dict[str, str]:
    """Make a key; return the header that it is sent in."""
    with database.write() as connection:
        text, _ = create_key(connection, "A test", scopes, cases=cases, expires_at=expires_at)
    return bearer(text)


def bearer(text: str) -> dict[str, str]:
    """Return the header that a key is sent in."""
    return {"Authorization": f"Bearer {text}"}


def text_of(headers: dict[str, str]) -> str:
    """Return the key of a header."""
    return headers["Authorization"].removeprefix("Bearer ")


def refused(answer: Response, status: int, code: str) -> None:
    """Hold an answer to be that problem document; a 401 has its challenge."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 401:
        assert answer.headers["www-authenticate"] == CHALLENGE
        assert answer.headers["cache-control"] == "no-store"
