"""API keys, and the answers kept for requests that may be repeated."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import FREE_TEXT, Base, Moment, bytestring, int64, ordered_text

STRICT: Final = {"sqlite_strict": True}


class ApiKey(Base):
    """A key, of which only the digest is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, info=FREE_TEXT)
    # The first characters of the key, by which it is found.
    prefix: Mapped[str] = mapped_column(ordered_text(), unique=True)
    # SHA-256 of the whole key, in hexadecimal.
    digest: Mapped[str] = mapped_column(Text)
    # JSON arrays: the scopes, and the ids of the cases it may write to (null: all).
    scopes: Mapped[str] = mapped_column(Text)
    cases: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = STRICT


class KeptAnswer(Base):
    """The first answer to a request with an `Idempotency-Key`."""

    __tablename__ = "kept_answers"

    api_key_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("api_keys.id"), primary_key=True)
    # SHA-256 of the method, the path and the `Idempotency-Key`, in hexadecimal.
    request: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    # SHA-256 of the body, which must be the same each time, in hexadecimal.
    digest: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)
    status: Mapped[int] = mapped_column(int64())
    # A JSON object.
    headers: Mapped[str] = mapped_column(Text, info=FREE_TEXT)
    body: Mapped[bytes] = mapped_column(bytestring(), info=FREE_TEXT)

    __table_args__ = (Index("ix_kept_answers_at", "at"), STRICT)
