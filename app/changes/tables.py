"""Webhooks, and what each of them is told.

The log is the queue: a webhook keeps its place in it, and `deliveries` holds no
more than what is being told just now and what was told lately.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import FREE_TEXT, Base, Flag, Moment, int64, ordered_text
from app.records.tables import where

STRICT: Final = {"sqlite_strict": True}


class Webhook(Base):
    """An address that is told of the public's changes."""

    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text, info=FREE_TEXT)
    # JSON: the parameters of the timeline that choose events, with records by their ids.
    filter: Mapped[str] = mapped_column(Text, info=FREE_TEXT)
    # Kept as it is, unlike an API key: it signs what is sent.
    secret: Mapped[str] = mapped_column(Text)
    # The one before it, which signs too for a while after it was replaced.
    previous_secret: Mapped[str | None] = mapped_column(Text)
    previous_secret_until: Mapped[datetime | None] = mapped_column(Moment)
    is_enabled: Mapped[bool] = mapped_column(Flag)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[str] = mapped_column(Text)
    # The last change that was looked at, in the public's numbering.
    after_seq: Mapped[int] = mapped_column(int64())
    # Since when nothing got through, and when something last did.
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    succeeded_at: Mapped[datetime | None] = mapped_column(Moment)
    # Whoever set it sends, and nobody else does until then.
    leased_until: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = STRICT


class Delivery(Base):
    """One change that one webhook is told of; its id is that of the message, the same at each attempt."""

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("webhooks.id"))
    # In the public's numbering.
    seq: Mapped[int] = mapped_column(int64())
    # True where the record was out of sight already when this was queued: no more than the number is told.
    is_bare: Mapped[bool] = mapped_column(Flag)
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(int64())
    created_at: Mapped[datetime] = mapped_column(Moment)
    # Null once there will be no further attempt.
    next_attempt_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    last_status: Mapped[int | None] = mapped_column(int64())
    last_error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("webhook_id", "seq"),
        Index("ix_deliveries_due", "webhook_id", "next_attempt_at", **where("next_attempt_at IS NOT NULL")),
        Index("ix_deliveries_finished_at", "finished_at", **where("finished_at IS NOT NULL")),
        STRICT,
    )
