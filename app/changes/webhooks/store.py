"""Makes, changes and removes webhooks, inside a transaction that its opener commits."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from app.access.audience import Audience
from app.changes.feed import read_head
from app.changes.tables import Delivery, Webhook
from app.core import stamps
from app.core.errors import RecordNotFoundError

_SECRET_BYTES: Final = 32
# How long the secret before a rotation still signs.
OVERLAP: Final = timedelta(hours=24)


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    # Every attempt failed.
    FAILED = "failed"
    # Never sent: its record was out of the public's sight before it could be.
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """What is known of a webhook, but for its secret."""

    id: str
    url: str
    description: str | None
    filter: str
    is_enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    created_at: datetime
    author: str
    after_seq: int
    failing_since: datetime | None
    succeeded_at: datetime | None
    waiting: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What whoever makes or amends a webhook decides."""

    url: str
    description: str | None
    # As `filters.settle_filter` made it.
    filter: str
    is_enabled: bool


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def webhooks() -> Any:  # noqa: ANN401 - a SELECT of a dozen columns
    """Return the SELECT whose rows are those of `WebhookRow`."""
    waiting = (
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.webhook_id == Webhook.id, Delivery.next_attempt_at.is_not(None))
        .scalar_subquery()
    )
    return select(
        Webhook.id,
        Webhook.url,
        Webhook.description,
        Webhook.filter,
        Webhook.is_enabled,
        Webhook.disabled_at,
        Webhook.disabled_reason,
        Webhook.created_at,
        Webhook.author,
        Webhook.after_seq,
        Webhook.failing_since,
        Webhook.succeeded_at,
        waiting.label("waiting"),
    )


def read_webhook(connection: Connection, webhook_id: str) -> WebhookRow:
    """Return one webhook; `RecordNotFoundError` when there is none of that id."""
    row = connection.execute(webhooks().where(Webhook.id == webhook_id)).one_or_none()
    if row is None:
        raise RecordNotFoundError("webhook", webhook_id)
    return WebhookRow(**row._asdict())


def create_webhook(connection: Connection, wanted: Wanted, *, author: str) -> tuple[str, WebhookRow]:
    """Make a webhook that is told of the changes from now on; return its secret and its row."""
    secret, webhook_id, now = new_secret(), stamps.new_id("whk"), stamps.utc_now()
    connection.execute(
        insert(Webhook).values(
            id=webhook_id,
            url=wanted.url,
            description=wanted.description,
            filter=wanted.filter,
            secret=secret,
            is_enabled=wanted.is_enabled,
            disabled_at=None if wanted.is_enabled else now,
            created_at=now,
            author=author,
            after_seq=read_head(connection, Audience.PUBLIC).seq,
        )
    )
    return secret, read_webhook(connection, webhook_id)


def amend_webhook(connection: Connection, webhook_id: str, wanted: Wanted) -> WebhookRow:
    """Change a webhook.  Enabled again, it goes on where it stopped, and nothing has failed yet."""
    before = read_webhook(connection, webhook_id)
    now = stamps.utc_now()
    switch: dict[str, Any] = {}
    if wanted.is_enabled and not before.is_enabled:
        switch = {"disabled_at": None, "disabled_reason": None, "failing_since": None}
        connection.execute(
            update(Delivery)
            .where(Delivery.webhook_id == webhook_id, Delivery.next_attempt_at.is_not(None))
            .values(attempts=0, next_attempt_at=now)
        )
    elif before.is_enabled and not wanted.is_enabled:
        switch = {"disabled_at": now, "disabled_reason": None}
    connection.execute(
        update(Webhook)
        .where(Webhook.id == webhook_id)
        .values(
            url=wanted.url,
            description=wanted.description,
            filter=wanted.filter,
            is_enabled=wanted.is_enabled,
            **switch,
        )
    )
    return read_webhook(connection, webhook_id)


def rotate_secret(connection: Connection, webhook_id: str) -> tuple[str, WebhookRow]:
    """Give a webhook a new secret; the one before it signs too for `OVERLAP`."""
    row = read_webhook(connection, webhook_id)
    secret = new_secret()
    connection.execute(
        update(Webhook)
        .where(Webhook.id == webhook_id)
        .values(
            secret=secret,
            previous_secret=Webhook.secret,
            previous_secret_until=stamps.utc_now() + OVERLAP,
        )
    )
    return secret, row


def disable_webhook(connection: Connection, webhook_id: str, reason: str) -> None:
    """Stop telling a webhook of changes, which nobody asked for; `reason` is shown to who looks."""
    connection.execute(
        update(Webhook)
        .where(Webhook.id == webhook_id)
        .values(is_enabled=False, disabled_at=stamps.utc_now(), disabled_reason=reason)
    )


def remove_webhook(connection: Connection, webhook_id: str) -> None:
    """Remove a webhook and its deliveries; what is being sent just now still arrives."""
    read_webhook(connection, webhook_id)
    connection.execute(delete(Delivery).where(Delivery.webhook_id == webhook_id))
    connection.execute(delete(Webhook).where(Webhook.id == webhook_id))


def read_target(connection: Connection, webhook_id: str) -> tuple[str, tuple[str, ...]]:
    """Return where a webhook's messages go, and the secrets that sign them just now, the newest first."""
    row = connection.execute(
        select(Webhook.url, Webhook.secret, Webhook.previous_secret, Webhook.previous_secret_until).where(
            Webhook.id == webhook_id
        )
    ).one_or_none()
    if row is None:
        raise RecordNotFoundError("webhook", webhook_id)
    if row.previous_secret is None or row.previous_secret_until <= stamps.utc_now():
        return row.url, (row.secret,)
    return row.url, (row.secret, row.previous_secret)
