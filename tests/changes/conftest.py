"""Fixtures of what is delivered."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.config import Settings
from app.core import stamps
from app.core.db import Database
from app.main import create_app
from tests.support.keys import make_key
from tests.support.receiver import Receiver, receiving
from tests.support.webhook_desk import WebhookDesk


@pytest.fixture
def hook_desk(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WebhookDesk]:
    # Looked twenty times as often, so that no test waits for the next look.
    monkeypatch.setattr("app.changes.deliver.run.POLL_S", 0.025)
    settings = Settings(
        database_url=database_url,
        webhooks_to_private_addresses=True,
        public_url="https://timeline.example.org",
    )
    with TestClient(create_app(settings)) as client:
        client.headers.update(make_key(database, Scope.ADMIN))
        yield WebhookDesk(client, database, settings)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Stop the clock; return what moves it on."""
    now = stamps.utc_now()
    monkeypatch.setattr(stamps, "utc_now", lambda: now)

    def move(**duration: float) -> None:
        nonlocal now
        now += timedelta(**duration)

    return move
