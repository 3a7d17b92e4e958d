"""Looks along the log for what each webhook is to be told, and queues it.

Looking reads, and may take its time; queueing is a short write that moves the
webhook's place on, and does nothing where another process moved it meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, insert, literal, select, update

from app.access.audience import Audience
from app.changes.feed import read_head, read_page
from app.changes.tables import Delivery, Webhook
from app.changes.webhooks.filters import Matcher, UnusableFilterError
from app.changes.webhooks.store import DeliveryState, disable_webhook
from app.core import stamps
from app.core.db import Database

# How many changes are looked at in one go.
BATCH: Final = 100
# A webhook with so many deliveries waiting gets no further ones: its place in the log is its queue.
BACKLOG: Final = 1_000
UNUSABLE: Final = "Its filter can no longer be read: set it again."


@dataclass(frozen=True, slots=True)
class _Told:
    """What one webhook is told of some changes."""

    webhook_id: str
    after_seq: int
    next_after: int
    # The changes by number, and whether each is bare.
    changes: tuple[tuple[int, bool], ...]
    is_unusable: bool = False


def plan(database: Database) -> bool:
    """Queue what webhooks are to be told of the next changes; tell whether any was moved on by it."""
    with database.read() as connection:
        looked = list(_look(connection))
    if not looked:
        return False
    with database.write() as connection:
        moved = [_enqueue(connection, told) for told in looked]
    return any(moved)


def _look(connection: Connection) -> Iterator[_Told]:
    head = read_head(connection, Audience.PUBLIC)
    waiting = (
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.webhook_id == Webhook.id, Delivery.next_attempt_at.is_not(None))
        .scalar_subquery()
    )
    behind = connection.execute(
        select(Webhook.id, Webhook.filter, Webhook.after_seq).where(
            Webhook.is_enabled == literal(1), Webhook.after_seq < head.seq, waiting < BACKLOG
        )
    ).all()
    for webhook in behind:
        yield _look_for(connection, webhook)


def _look_for(connection: Connection, webhook: Any) -> _Told:  # noqa: ANN401 - a row of the webhooks
    page = read_page(connection, Audience.PUBLIC, after=webhook.after_seq, limit=BATCH)
    try:
        matcher = Matcher.load(connection, webhook.filter)
    except UnusableFilterError:
        return _Told(webhook.id, webhook.after_seq, webhook.after_seq, (), is_unusable=True)
    return _Told(
        webhook.id,
        webhook.after_seq,
        page.next_after,
        tuple(
            (change["seq"], change["record"] is None)
            for change in page.items
            # Told to all, or that a record was hidden would be told by who hears of it.
            if change["record"] is None or matcher.tells(connection, change)
        ),
    )


def _enqueue(connection: Connection, told: _Told) -> bool:
    """Move a webhook on and queue what it is told; tell whether it was still where it was looked at."""
    if told.is_unusable:
        disable_webhook(connection, told.webhook_id, UNUSABLE)
        return False
    moved = connection.execute(
        update(Webhook)
        .where(
            Webhook.id == told.webhook_id,
            Webhook.after_seq == told.after_seq,
            Webhook.is_enabled == literal(1),
        )
        .values(after_seq=told.next_after)
    )
    if not moved.rowcount:
        return False
    if not told.changes:
        return True
    now = stamps.utc_now()
    connection.execute(
        insert(Delivery),
        [
            {
                "id": stamps.new_id("msg"),
                "webhook_id": told.webhook_id,
                "seq": seq,
                "is_bare": is_bare,
                "state": DeliveryState.WAITING.value,
                "attempts": 0,
                "created_at": now,
                "next_attempt_at": now,
            }
            for seq, is_bare in told.changes
        ],
    )
    return True
