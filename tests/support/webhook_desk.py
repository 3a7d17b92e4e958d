"""An admin with webhooks, and what delivers for them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from pydantic import JsonValue
from sqlalchemy import literal, or_, select
from starlette.testclient import TestClient

from app.access.audience import Audience
from app.changes.deliver import deliver
from app.changes.feed import read_head
from app.changes.tables import Delivery, Webhook
from app.config import Settings
from app.core import stamps
from app.core.db import Database
from tests.support.receiver import Receiver


class WebhookDesk:
    """An admin, and what delivers for them."""

    def __init__(self, client: TestClient, database: Database, settings: Settings) -> None:
        self.client = client
        self.database = database
        self.settings = settings

    def make_hook(self, receiver: Receiver, **fields: JsonValue) -> dict[str, Any]:
        """Make a webhook; return what was answered."""
        answer = self.client.post("/v1/webhooks", json={"url": receiver.url, **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def read(self, hook: dict[str, Any]) -> dict[str, Any]:
        """Return a webhook as it is."""
        found: dict[str, Any] = self.client.get(f"/v1/webhooks/{hook['id']}").json()
        return found

    def deliveries(self, hook: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what a webhook was told, first change first."""
        page = self.client.get(f"/v1/webhooks/{hook['id']}/deliveries", params={"limit": 500}).json()
        found: list[dict[str, Any]] = page["items"][::-1]
        return found

    def enable(self, hook: dict[str, Any]) -> None:
        """Enable a webhook."""
        assert self.client.patch(f"/v1/webhooks/{hook['id']}", json={"enabled": True}).status_code == 200

    def deliver(self, until: Callable[[], bool] | None = None) -> None:
        """Deliver until there is nothing left to do just now, or until something holds."""
        asyncio.run(self._deliver(until or self._is_idle))

    async def _deliver(self, is_done: Callable[[], bool]) -> None:
        stop = asyncio.Event()
        delivering = asyncio.create_task(
            deliver(self.database, self.settings, agent="case-timeline/test", stop=stop)
        )
        end = time.monotonic() + 30
        while not await asyncio.to_thread(is_done):
            assert time.monotonic() < end, "There is always something left to deliver."
            await asyncio.sleep(0.02)
        stop.set()
        await delivering

    def _is_idle(self) -> bool:
        with self.database.read() as connection:
            newest = read_head(connection, Audience.PUBLIC).seq
            # After what is seen was fixed: all of it is in the past then.
            now = stamps.utc_now()
            left = select(Webhook.id).where(
                Webhook.is_enabled == literal(1),
                or_(
                    Webhook.after_seq < newest,
                    Webhook.leased_until > now,
                    select(Delivery.id)
                    .where(Delivery.webhook_id == Webhook.id, Delivery.next_attempt_at <= now)
                    .exists(),
                ),
            )
            return connection.execute(left.limit(1)).first() is None
