"""What webhooks are told: what is sent, in which order, how often, and what never is."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import JsonValue
from sqlalchemy import literal, or_, select, update
from standardwebhooks import Webhook as Signed
from starlette.testclient import TestClient

from app.access.audience import Audience
from app.access.keys import Scope
from app.changes.deliver import deliver, queue
from app.changes.feed import read_head
from app.changes.tables import Delivery, Webhook
from app.config import Settings
from app.core import stamps
from app.core.db import Database
from app.main import create_app
from app.records.revisions import Log
from app.records.service import redact
from app.records.vocabulary import ChangeKind
from tests.support.editing import (
    change,
    make_actor,
    make_case,
    make_event,
    make_events,
    make_source,
    withdraw,
)
from tests.support.keys import make_key
from tests.support.receiver import Receiver, receiving

ROOT: Final = Path(__file__).resolve().parents[2]
NOW: Final = stamps.utc_now
RESTRICTED: Final = "restricted"


class Desk:
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
        # What is queued after this was read is due then, not now.
        now = stamps.utc_now() + timedelta(seconds=2)
        with self.database.read() as connection:
            newest = read_head(connection, Audience.PUBLIC).seq
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


@pytest.fixture
def desk(database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # Looked twenty times as often, so that no test waits for the next look.
    monkeypatch.setattr("app.changes.deliver.run.POLL_S", 0.025)
    settings = Settings(
        database_url=database_url,
        webhooks_to_private_addresses=True,
        public_url="https://timeline.example.org",
    )
    with TestClient(create_app(settings)) as client:
        client.headers.update(make_key(database, Scope.ADMIN))
        yield Desk(client, database, settings)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what moves the clock on."""
    passed = timedelta()

    def move(**duration: float) -> None:
        nonlocal passed
        passed += timedelta(**duration)
        monkeypatch.setattr(stamps, "utc_now", lambda: NOW() + passed)

    return move


def test_a_change_is_told_in_a_thin_signed_message(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    case_id = make_case(database)
    hook = desk.make_hook(receiver)
    event_id = make_event(database, "2025-04-14", title="What nobody may read in a message")

    desk.deliver()

    (received,) = receiver.requests
    told = Signed(hook["secret"]).verify(received.body, dict(received.headers))
    assert told == {
        "seq": 2,
        "operation": "create",
        "record": event_id,
        "case": case_id,
        "cases": [case_id],
        "url": f"https://timeline.example.org/v1/events/{event_id}",
    }
    assert received.headers["User-Agent"] == "case-timeline/test"
    assert received.headers["Content-Type"] == "application/json"
    (delivery,) = desk.deliveries(hook)
    assert (delivery["id"], delivery["seq"]) == (received.headers["webhook-id"], 2)
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("delivered", 1, 204)
    assert (desk.read(hook)["after_seq"], desk.read(hook)["waiting"]) == (2, 0)


def test_each_record_has_an_address(desk: Desk, database: Database, receiver: Receiver) -> None:
    desk.make_hook(receiver)
    case_id, actor_id, source_id = (
        make_case(database),
        make_actor(database, "ann"),
        make_source(database, "S"),
    )

    desk.deliver()

    base = "https://timeline.example.org/v1"
    assert [one.json["url"] for one in receiver.requests] == [
        f"{base}/cases/{case_id}",
        f"{base}/actors/{actor_id}",
        f"{base}/sources/{source_id}",
    ]


def test_first_attempts_come_in_order(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    desk.make_hook(receiver)
    refused = {5, 6, 17}
    receiver.answer = lambda one: 500 if one.json["seq"] in refused else 204
    make_events(database, ["2025-04-14"] * 20)

    desk.deliver()
    assert receiver.seqs == list(range(2, 22))

    refused.clear()
    wait(seconds=7)
    desk.deliver()
    assert receiver.seqs[20:] == [5, 6, 17]


def test_a_filter_chooses_events_as_a_timeline_does(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    ours, _ = make_case(database, "ours"), make_case(database, "theirs")
    desk.make_hook(receiver, filter={"case": ["ours"], "type": ["meeting"], "since": "2025-04"})
    make_event(database, "2025-04-14", "theirs", type="meeting")
    make_event(database, "2025-04-14", "ours", type="statement")
    make_event(database, "2025-03-14", "ours", type="meeting")
    chosen = make_event(database, "2025-04-14", "ours", type="meeting")

    desk.deliver()

    assert [(one.json["record"], one.json["case"]) for one in receiver.requests] == [(chosen, ours)]


def test_what_leaves_the_filter_is_told(desk: Desk, database: Database, receiver: Receiver) -> None:
    make_case(database)
    desk.make_hook(receiver, filter={"tag": ["urgent"]})
    event_id = make_event(database, "2025-04-14", tags=["urgent"])
    make_event(database, "2025-04-15", tags=["later"])
    change(database, event_id, tags=["done"])
    change(database, event_id, title="No longer chosen")
    change(database, event_id, tags=["urgent"])
    withdraw(database, event_id)

    desk.deliver()

    assert [(one.json["seq"], one.json["operation"]) for one in receiver.requests] == [
        (2, "create"),
        (4, "amend"),
        (6, "amend"),
        (7, "retract"),
    ]
    assert {one.json["record"] for one in receiver.requests} == {event_id}


def test_other_records_are_told_by_the_cases_they_alter(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    ours, theirs = make_case(database, "ours"), make_case(database, "theirs")
    actor_id = make_actor(database, "ann")
    make_event(database, "2025-04-14", "ours", actors=[{"actor": "ann", "role": "speaker"}])
    make_event(database, "2025-04-14", "theirs", actors=[{"actor": "ann", "role": "speaker"}])
    hooks = {
        "ours": desk.make_hook(receiver, filter={"case": ["ours"], "type": ["meeting"]}),
        "not theirs": desk.make_hook(receiver, filter={"exclude_case": ["theirs"]}),
        "all": desk.make_hook(receiver),
    }
    change(database, actor_id, name="Ann")
    change(database, theirs, title="Theirs")
    make_actor(database, "bob")

    desk.deliver()

    told = {name: [one["seq"] for one in desk.deliveries(hook)] for name, hook in hooks.items()}
    assert told == {"ours": [6], "not theirs": [6], "all": [6, 7, 8]}
    renamed = [one.json for one in receiver.requests if one.json["seq"] == 6]
    assert [one["cases"] for one in renamed] == [sorted([ours, theirs])] * 3
    assert [one["case"] for one in renamed].count(ours) >= 2


def test_a_failed_delivery_is_tried_again_with_back_off(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    receiver.status = 503
    make_event(database, "2025-04-14")
    pauses = (5, 30, 120, 600, 3_600, 21_600, 86_400)

    desk.deliver()
    for number, pause in enumerate(pauses, start=1):
        assert len(receiver.requests) == number
        wait(seconds=pause - 2)
        desk.deliver()
        assert len(receiver.requests) == number, f"Tried again less than {pause} s later."
        wait(seconds=pause * 0.2 + 2)
        desk.deliver()

    assert len(receiver.requests) == 8
    assert len({(one.headers["webhook-id"], one.body) for one in receiver.requests}) == 1
    (delivery,) = desk.deliveries(hook)
    assert (delivery["state"], delivery["last_error"]) == ("waiting", "The receiver answered 503.")
    receiver.status = 200
    wait(hours=30)
    desk.deliver()
    assert desk.deliveries(hook)[0]["state"] == "delivered"
    assert desk.read(hook)["failing_since"] is None


def test_what_alone_never_gets_through_is_given_up(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    receiver.answer = lambda one: 400 if one.json["seq"] == 2 else 204
    for _ in range(12):
        make_event(database, "2025-04-14")
        desk.deliver()
        wait(hours=30)

    assert desk.deliveries(hook)[0]["state"] == "failed"
    assert receiver.seqs.count(2) == 8
    assert desk.read(hook)["enabled"] is True


def test_three_days_without_success_disable_a_webhook_which_keeps_its_place(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 3)
    for _ in range(4):
        desk.deliver()
        assert desk.read(hook)["enabled"] is True
        wait(hours=20)
    desk.deliver()

    disabled = desk.read(hook)
    assert disabled["enabled"] is False
    assert disabled["disabled_at"] is not None
    assert disabled["disabled_reason"].startswith("Nothing got through since 20")
    assert disabled["disabled_reason"].endswith(" The receiver answered 500.")
    make_event(database, "2025-04-15")
    tried = len(receiver.requests)
    wait(days=30)
    desk.deliver()
    assert len(receiver.requests) == tried

    receiver.status = 204
    desk.enable(hook)
    desk.deliver()
    assert receiver.seqs[tried:] == [2, 3, 4, 5]
    assert {one["state"] for one in desk.deliveries(hook)} == {"delivered"}


def test_a_410_disables_at_once(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    receiver.status = 410
    make_events(database, ["2025-04-14"] * 3)

    desk.deliver()
    wait(days=1)
    desk.deliver()

    assert receiver.seqs == [2]
    assert desk.read(hook)["disabled_reason"] == "The receiver answered 410: it is gone."


def test_a_redirect_is_a_failure(desk: Desk, database: Database, receiver: Receiver) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    make_event(database, "2025-04-14")
    with receiving() as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        desk.deliver()
        assert elsewhere.requests == []

    (delivery,) = desk.deliveries(hook)
    assert (delivery["state"], delivery["last_status"]) == ("waiting", 307)


def test_hidden_records_are_never_told(desk: Desk, database: Database, receiver: Receiver) -> None:
    make_case(database)
    make_case(database, "hidden-case", visibility=RESTRICTED)
    hook = desk.make_hook(receiver)
    make_event(database, "2025-04-14", visibility=RESTRICTED)
    make_event(database, "2025-04-14", "hidden-case")
    make_actor(database, "hidden", visibility=RESTRICTED)
    shown = make_event(database, "2025-04-15")

    desk.deliver()

    assert [(one.json["seq"], one.json["record"]) for one in receiver.requests] == [(2, shown)]
    assert [one["seq"] for one in desk.deliveries(hook)] == [2]


def test_that_something_was_hidden_is_told_to_all_and_no_more_than_that(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    event_id = make_event(database, "2025-04-14")
    hook = desk.make_hook(receiver, filter={"type": ["meeting"]})
    change(database, event_id, title="A last word")
    change(database, event_id, visibility=RESTRICTED)

    desk.deliver()

    bare: dict[str, JsonValue] = {"operation": None, "record": None, "case": None, "cases": [], "url": None}
    assert [one.json for one in receiver.requests] == [{"seq": 3, **bare}, {"seq": 4, **bare}]
    assert [one["state"] for one in desk.deliveries(hook)] == ["delivered", "delivered"]


def test_what_was_hidden_while_it_waited_is_not_sent(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver, filter={"type": ["statement"]})
    receiver.status = 500
    event_id = make_event(database, "2025-04-14")
    desk.deliver()
    change(database, event_id, visibility=RESTRICTED)
    receiver.status = 204
    wait(seconds=7)

    desk.deliver()

    assert [one["state"] for one in desk.deliveries(hook)] == ["dropped", "delivered"]
    assert receiver.seqs == [2, 3]
    assert event_id.encode() not in receiver.requests[-1].body


def test_a_filter_goes_on_without_what_was_hidden(desk: Desk, database: Database, receiver: Receiver) -> None:
    make_case(database)
    ann, _ = make_actor(database, "ann"), make_actor(database, "bob")
    both = desk.make_hook(receiver, filter={"actor": ["ann", "bob"]})
    only = desk.make_hook(receiver, filter={"actor": ["ann"]})
    change(database, ann, visibility=RESTRICTED)
    make_event(database, "2025-04-14", actors=[{"actor": "bob", "role": "speaker"}])
    make_event(database, "2025-04-14", actors=[{"actor": ann, "role": "speaker"}])

    desk.deliver()

    # That the actor went is told to both; what it takes part in since then to neither.
    assert [one["seq"] for one in desk.deliveries(both)] == [4, 5]
    assert [one["seq"] for one in desk.deliveries(only)] == [4]
    assert desk.read(only)["enabled"] is True


def test_an_event_that_becomes_a_stub_is_told_by_its_case(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    event_id = make_event(database, "2025-04-14", tags=["urgent"])
    desk.make_hook(receiver, filter={"case": ["a-case"], "tag": ["urgent"]})
    desk.make_hook(receiver, filter={"exclude_case": ["a-case"]})
    change(database, event_id, visibility="existence_only")

    desk.deliver()

    assert [(one.json["seq"], one.json["record"]) for one in receiver.requests] == [(3, event_id)]


def test_a_filter_that_can_no_longer_be_read_disables_its_webhook_alone(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    """As one that a later release, or a redaction, makes no sense of."""
    make_case(database)
    broken, sound = desk.make_hook(receiver), desk.make_hook(receiver)
    with database.write() as connection:
        connection.execute(
            update(Webhook).where(Webhook.id == broken["id"]).values(filter='{"bbox": "Plaintiff A"}')
        )
    make_event(database, "2025-04-14")

    desk.deliver()

    assert desk.read(broken)["disabled_reason"] == "Its filter can no longer be read: set it again."
    assert [one["state"] for one in desk.deliveries(sound)] == ["delivered"]


def test_a_redacted_name_leaves_webhooks_and_what_waits_for_them(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    actor_id = make_actor(database, "zebulon-quimby", name="Zebulon Quimby")
    hook = desk.make_hook(receiver, description="About Zebulon Quimby", filter={"q": '"Zebulon Quimby"'})
    event_id = make_event(database, "2025-04-14", title="Zebulon Quimby speaks")
    receiver.status = 500
    desk.deliver()
    with database.write() as connection:
        log = Log(connection, author="test")
        redact(log, actor_id, "Plaintiff A", also=[], kind=ChangeKind.UPDATE, reason="A court's order.")

    shown = desk.read(hook)
    assert (shown["description"], shown["filter"]) == ("About Plaintiff A", {"q": '"Plaintiff A"'})
    with database.read() as connection:
        kept = str(connection.execute(select(Delivery)).all()) + str(
            connection.execute(select(Webhook)).all()
        )
    assert "ebulon" not in kept
    change(database, event_id, tags=["later"])
    receiver.status = 204
    desk.deliver()
    assert receiver.requests[-1].json["operation"] == "amend"
    assert b"ebulon" not in b"".join(one.body for one in receiver.requests)


def test_two_processes_make_each_attempt_once_and_in_order(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hooks = [desk.make_hook(receiver) for _ in range(3)]

    def linger(_: object) -> int:
        time.sleep(0.01)
        return 204

    receiver.answer = linger
    make_events(database, ["2025-04-14"] * 20)
    other = Database.open(desk.settings.database_url)
    both = [desk, Desk(desk.client, other, desk.settings)]
    threads = [threading.Thread(target=one.deliver) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()

    assert len({one.headers["webhook-id"] for one in receiver.requests}) == len(receiver.requests) == 60
    for hook in hooks:
        ids = [one["id"] for one in desk.deliveries(hook)]
        sent = [
            one.headers["webhook-id"] for one in receiver.requests if one.headers["webhook-id"] in set(ids)
        ]
        assert sent == ids
        assert {one["attempts"] for one in desk.deliveries(hook)} == {1}


def test_an_attempt_that_a_crash_cut_short_is_followed_by_another(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 2)
    desk.deliver()
    wait(seconds=7)
    claimed = queue.claim(database, hook["id"], base="")
    assert claimed is not None
    assert (claimed.message.id, claimed.attempt) == (desk.deliveries(hook)[0]["id"], 2)
    # Nobody else has a turn while the lease lasts.
    assert queue.claim(database, hook["id"], base="") is None
    receiver.status = 204
    end = time.monotonic() + 1
    desk.deliver(until=lambda: time.monotonic() > end)
    assert receiver.seqs == [2, 3]

    wait(seconds=31)
    desk.deliver()

    assert receiver.seqs == [2, 3, 2, 3]
    assert [one["attempts"] for one in desk.deliveries(hook)] == [3, 2]


def test_a_webhook_removed_while_it_is_sent_to_is_no_trouble(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)

    def remove(_: object) -> int:
        desk.client.delete(f"/v1/webhooks/{hook['id']}")
        return 204

    receiver.answer = remove
    make_events(database, ["2025-04-14"] * 2)

    desk.deliver()

    assert receiver.seqs == [2]


def test_a_long_backlog_stays_in_the_log(
    desk: Desk, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.changes.deliver.plan.BACKLOG", 4)
    monkeypatch.setattr("app.changes.deliver.plan.BATCH", 3)
    make_case(database)
    hook = desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 12)
    desk.deliver(until=lambda: len(receiver.requests) == 6)
    assert (desk.read(hook)["after_seq"], desk.read(hook)["waiting"]) == (7, 6)
    desk.client.patch(f"/v1/webhooks/{hook['id']}", json={"enabled": False})
    desk.enable(hook)
    receiver.status = 204

    desk.deliver()

    assert receiver.seqs[6:] == list(range(2, 14))


def test_finished_deliveries_are_kept_for_a_week(
    desk: Desk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    make_event(database, "2025-04-14")
    desk.deliver()
    wait(days=6, hours=23)
    desk.deliver()
    assert [one["seq"] for one in desk.deliveries(hook)] == [2]
    wait(hours=2)

    desk.deliver()

    assert desk.deliveries(hook) == []


def test_deliveries_come_in_pages_newest_first(desk: Desk, database: Database, receiver: Receiver) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    make_events(database, ["2025-04-14"] * 5)
    desk.deliver()
    path = f"/v1/webhooks/{hook['id']}/deliveries"

    first = desk.client.get(path, params={"limit": 3, "total": "exact"}).json()
    second = desk.client.get(first["next"].removeprefix(desk.settings.public_url)).json()

    assert [one["seq"] for one in first["items"] + second["items"]] == [6, 5, 4, 3, 2]
    assert (first["total"], first["previous"], second["next"]) == (5, None, None)
    back = desk.client.get(second["previous"].removeprefix(desk.settings.public_url)).json()
    assert back["items"] == first["items"]


def test_a_name_is_looked_up_once_and_stays_in_the_request(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    known = socket.getaddrinfo

    def look_up(host: Any, *others: Any, **options: Any) -> Any:  # noqa: ANN401 - as the library has it
        if host != "receiver.example":
            return known(host, *others, **options)
        asked.append(host)
        return known("127.0.0.1", *others, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    hook = desk.client.post("/v1/webhooks", json={"url": f"http://receiver.example:{receiver.port}/"}).json()

    assert desk.client.post(f"/v1/webhooks/{hook['id']}/test").json()["delivered"] is True

    assert asked == ["receiver.example"]
    assert receiver.requests[0].headers["Host"] == f"receiver.example:{receiver.port}"


def test_one_private_address_among_several_is_one_too_many(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = socket.getaddrinfo

    def look_up(host: Any, *others: Any, **options: Any) -> Any:  # noqa: ANN401 - as the library has it
        if host != "both.example":
            return known(host, *others, **options)
        return [
            *known("93.184.216.34", *others, **options),
            *known("10.0.0.8", *others, **options),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    answer = client.post(
        "/v1/webhooks", json={"url": "https://both.example/"}, headers=make_key(database, Scope.ADMIN)
    )

    assert answer.status_code == 422


@contextmanager
def running(url: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a process of its own; it is told to stop at the end, if it still runs."""
    environment = {
        **os.environ,
        "CASE_TIMELINE_DATABASE_URL": url,
        "CASE_TIMELINE_WEBHOOKS_TO_PRIVATE_ADDRESSES": "true",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "app", *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            # Not killed: a server could not stop its workers.
            process.terminate()
            process.wait(timeout=30)


def eventually(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_retries_survive_that_the_process_is_killed(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 2)
    with running(desk.settings.database_url, "deliver") as process:
        receiver.wait_for(2)
        eventually(lambda: all(one["last_status"] == 500 for one in desk.deliveries(hook)))
        process.send_signal(signal.SIGKILL)
        process.wait()
    receiver.status = 204

    with running(desk.settings.database_url, "deliver"):
        receiver.wait_for(4)
        eventually(lambda: all(one["state"] == "delivered" for one in desk.deliveries(hook)))

    first, second = receiver.requests[:2], receiver.requests[2:]
    for before, after in zip(first, second, strict=True):
        assert after.headers["webhook-id"] == before.headers["webhook-id"]
        assert after.body == before.body
        assert after.at - before.at >= 5
    assert [one["attempts"] for one in desk.deliveries(hook)] == [2, 2]


@pytest.mark.slow
def test_being_told_to_stop_finishes_what_is_being_sent(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook = desk.make_hook(receiver)

    def linger(_: object) -> int:
        time.sleep(2)
        return 204

    receiver.answer = linger
    make_events(database, ["2025-04-14"] * 2)
    with running(desk.settings.database_url, "deliver") as process:
        receiver.wait_for(1)
        process.terminate()
        assert process.wait(timeout=10) == 0

    assert [(one["state"], one["attempts"]) for one in desk.deliveries(hook)] == [
        ("delivered", 1),
        ("waiting", 0),
    ]


@pytest.mark.slow
def test_a_server_delivers_besides_if_it_is_asked_to(
    desk: Desk, database: Database, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    make_case(database)
    desk.make_hook(receiver)
    with running(desk.settings.database_url, "serve", "--deliver", "--workers", "2", "--port", port):
        make_events(database, ["2025-04-14"] * 10)
        receiver.wait_for(10)
        time.sleep(1)

    assert receiver.seqs == list(range(2, 12))


@pytest.mark.slow
def test_a_receiver_that_dawdles_is_given_ten_seconds(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dawdle() -> None:
            connection, _ = server.accept()
            with connection:
                # Never silent for long, and never done.
                for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100:
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.5)

        thread = threading.Thread(target=dawdle)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        hook = desk.client.post("/v1/webhooks", json={"url": url}).json()
        answer = desk.client.post(f"/v1/webhooks/{hook['id']}/test").json()
        thread.join()

    assert answer["error"] == "There was no answer within 10 s."
    assert 9_000 < answer["latency_ms"] < 12_000
