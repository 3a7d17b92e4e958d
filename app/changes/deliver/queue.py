"""Hands out one attempt at a time, and notes what became of it.

An attempt is counted when it is claimed, before it is made: whatever happens to
the process, no attempt is made twice.  While one process holds a webhook's lease
no other sends to it, so that first attempts keep their order.
"""

import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, literal, or_, select, update

from app.access.audience import Audience
from app.changes.deliver.send import GONE, Message, Outcome
from app.changes.feed import read_page
from app.changes.tables import Delivery, Webhook
from app.changes.webhooks.store import DeliveryState, disable_webhook, read_target
from app.core import stamps
from app.core.db import Database
from app.records.documents import Document, encode
from app.records.vocabulary import ID_PREFIXES

# How long after each attempt the next one is made, and up to a fifth longer.
BACK_OFF: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 21_600, 86_400))
# A webhook that nothing got through to for so long is disabled.
FAILING_FOR: Final = timedelta(days=3)
# How long what was delivered, dropped or given up can still be looked at.
KEPT_FOR: Final = timedelta(days=7)
# Longer than an attempt can take; after a crash nobody sends to the webhook for as long.
LEASE: Final = timedelta(seconds=30)

_TYPES: Final = {prefix: record_type for record_type, prefix in ID_PREFIXES.items()}


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt, which is this process's to make."""

    webhook_id: str
    message: Message
    attempt: int
    leased_until: datetime


def due_webhooks(database: Database, *, but: Collection[str], limit: int) -> list[str]:
    """Return the webhooks that can be sent to now, those that waited longest first."""
    now = stamps.utc_now()
    with database.read() as connection:
        return list(
            connection.execute(
                select(Delivery.webhook_id)
                .join(Webhook, Webhook.id == Delivery.webhook_id)
                .where(Delivery.next_attempt_at <= now, *_free(now), Webhook.id.not_in(but))
                .group_by(Delivery.webhook_id)
                .order_by(func.min(Delivery.next_attempt_at))
                .limit(limit)
            ).scalars()
        )


def _free(now: datetime) -> tuple[Any, ...]:
    """Return the conditions under which a webhook may be sent to."""
    return (
        Webhook.is_enabled == literal(1),
        or_(Webhook.leased_until.is_(None), Webhook.leased_until <= now),
    )


def claim(database: Database, webhook_id: str, *, base: str) -> Claim | None:
    """Return the next attempt for a webhook, counted and leased; `None` when there is none to make.

    `base` is what addresses of records begin with.
    """
    with database.write() as connection:
        now = stamps.utc_now()
        webhook = connection.execute(
            select(Webhook.filter).where(Webhook.id == webhook_id, *_free(now))
        ).one_or_none()
        if webhook is None:
            return None
        url, keys = read_target(connection, webhook_id)
        while (delivery := _next_due(connection, webhook_id, now)) is not None:
            change = _change(connection, delivery)
            if change is None:
                _finish(connection, delivery.id, DeliveryState.DROPPED, now)
                continue
            leased_until, attempt = now + LEASE, delivery.attempts + 1
            connection.execute(
                update(Delivery)
                .where(Delivery.id == delivery.id)
                .values(attempts=attempt, next_attempt_at=leased_until)
            )
            connection.execute(
                update(Webhook).where(Webhook.id == webhook_id).values(leased_until=leased_until)
            )
            message = Message(
                id=delivery.id,
                url=url,
                body=body_of(change, webhook.filter, base=base),
                secrets=keys,
            )
            return Claim(webhook_id, message, attempt, leased_until)
    return None


def _next_due(connection: Connection, webhook_id: str, now: datetime) -> Any:  # noqa: ANN401 - a row, or None
    return connection.execute(
        select(Delivery.id, Delivery.seq, Delivery.is_bare, Delivery.attempts)
        .where(Delivery.webhook_id == webhook_id, Delivery.next_attempt_at <= now)
        # Retries first: what comes late is then as little behind as can be.
        .order_by(Delivery.attempts == literal(0), Delivery.seq)
        .limit(1)
    ).one_or_none()


def _change(connection: Connection, delivery: Any) -> Document | None:  # noqa: ANN401 - a row
    """Return the change as the feed shows it now; `None` where it must not be told any more.

    That a change was of those a webhook chose says more than a bare row of the feed.
    """
    items = read_page(connection, Audience.PUBLIC, after=delivery.seq - 1, limit=1).items
    if delivery.is_bare:
        return {"seq": delivery.seq, "operation": None, "record": None, "cases": []}
    return items[0] if items and items[0]["record"] is not None else None


def body_of(change: Document, where: str, *, base: str) -> bytes:
    """Return what is sent of a row of the feed to a webhook with the filter `where`."""
    chosen: dict[str, list[str]] = json.loads(where)
    cases: list[str] = change["cases"]
    wanted = [
        one for one in cases if one in chosen.get("case", cases) and one not in chosen.get("exclude_case", [])
    ]
    return encode(
        {
            "seq": change["seq"],
            "operation": change["operation"],
            "record": change["record"],
            "case": next(iter(wanted or cases), None),
            "cases": cases,
            "url": None if change["record"] is None else f"{base}{_path_of(change['record'])}",
        }
    )


def _path_of(record_id: str) -> str:
    return f"/v1/{_TYPES[record_id.partition('_')[0]]}s/{record_id}"


def record(database: Database, claimed: Claim, outcome: Outcome) -> None:
    """Note what became of an attempt, and give the lease back."""
    with database.write() as connection:
        now = stamps.utc_now()
        webhook = connection.execute(
            select(Webhook.failing_since, Webhook.succeeded_at).where(Webhook.id == claimed.webhook_id)
        ).one_or_none()
        if webhook is None:
            # Removed while this was sent.
            return
        connection.execute(
            update(Webhook)
            .where(Webhook.id == claimed.webhook_id, Webhook.leased_until == claimed.leased_until)
            .values(leased_until=None)
        )
        connection.execute(
            update(Delivery)
            .where(Delivery.id == claimed.message.id)
            .values(last_status=outcome.status, last_error=outcome.error)
        )
        if outcome.error is None:
            _finish(connection, claimed.message.id, DeliveryState.DELIVERED, now)
            connection.execute(
                update(Webhook)
                .where(Webhook.id == claimed.webhook_id)
                .values(failing_since=None, succeeded_at=now)
            )
            return
        _note_failure(connection, claimed, outcome, webhook, now)


def _note_failure(
    connection: Connection,
    claimed: Claim,
    outcome: Outcome,
    webhook: Any,  # noqa: ANN401 - a row of the webhooks
    now: datetime,
) -> None:
    since = webhook.failing_since or now
    connection.execute(update(Webhook).where(Webhook.id == claimed.webhook_id).values(failing_since=since))
    created_at = connection.execute(
        select(Delivery.created_at).where(Delivery.id == claimed.message.id)
    ).scalar_one()
    # Where nothing gets through at all, nothing is given up: the webhook is disabled, and keeps its queue.
    others_pass = webhook.succeeded_at is not None and webhook.succeeded_at > created_at
    if claimed.attempt > len(BACK_OFF) and others_pass:
        _finish(connection, claimed.message.id, DeliveryState.FAILED, now)
    else:
        pause = BACK_OFF[min(claimed.attempt, len(BACK_OFF)) - 1]
        connection.execute(
            update(Delivery)
            .where(Delivery.id == claimed.message.id)
            .values(next_attempt_at=now + pause * (1 + secrets.randbelow(200) / 1_000))
        )
    if outcome.status == GONE:
        disable_webhook(connection, claimed.webhook_id, "The receiver answered 410: it is gone.")
    elif now - since >= FAILING_FOR:
        reason = f"Nothing got through since {stamps.moment_text(since)}. {outcome.error}"
        disable_webhook(connection, claimed.webhook_id, reason)


def _finish(connection: Connection, delivery_id: str, state: DeliveryState, now: datetime) -> None:
    connection.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=state.value, next_attempt_at=None, finished_at=now)
    )


def prune(database: Database) -> None:
    """Forget deliveries that were finished longer than `KEPT_FOR` ago."""
    with database.write() as connection:
        connection.execute(delete(Delivery).where(Delivery.finished_at < stamps.utc_now() - KEPT_FOR))
