"""What webhooks are told of which changes, and how a message looks."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook as Signed
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.changes.tables import Webhook
from app.core.db import Database
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
from tests.support.receiver import Receiver
from tests.support.webhook_desk import WebhookDesk


def test_a_change_is_told_in_a_thin_signed_message(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    case_id = make_case(database)
    hook = hook_desk.make_hook(receiver)
    event_id = make_event(database, "2025-04-14", title="What nobody may read in a message")

    hook_desk.deliver()

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
    (delivery,) = hook_desk.deliveries(hook)
    assert (delivery["id"], delivery["seq"]) == (received.headers["webhook-id"], 2)
    assert (delivery["state"], delivery["attempts"], delivery["last_status"]) == ("delivered", 1, 204)
    assert (hook_desk.read(hook)["after_seq"], hook_desk.read(hook)["waiting"]) == (2, 0)


def test_each_record_has_an_address(hook_desk: WebhookDesk, database: Database, receiver: Receiver) -> None:
    hook_desk.make_hook(receiver)
    case_id, actor_id, source_id = (
        make_case(database),
        make_actor(database, "ann"),
        make_source(database, "S"),
    )

    hook_desk.deliver()

    base = "https://timeline.example.org/v1"
    assert [one.json["url"] for one in receiver.requests] == [
        f"{base}/cases/{case_id}",
        f"{base}/actors/{actor_id}",
        f"{base}/sources/{source_id}",
    ]


def test_first_attempts_come_in_order(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook_desk.make_hook(receiver)
    refused = {5, 6, 17}
    receiver.answer = lambda one: 500 if one.json["seq"] in refused else 204
    make_events(database, ["2025-04-14"] * 20)

    hook_desk.deliver()
    assert receiver.seqs == list(range(2, 22))

    refused.clear()
    wait(seconds=7)
    hook_desk.deliver()
    assert receiver.seqs[20:] == [5, 6, 17]


def test_a_filter_chooses_events_as_a_timeline_does(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    ours, _ = make_case(database, "ours"), make_case(database, "theirs")
    hook_desk.make_hook(receiver, filter={"case": ["ours"], "type": ["meeting"], "since": "2025-04"})
    make_event(database, "2025-04-14", "theirs", type="meeting")
    make_event(database, "2025-04-14", "ours", type="statement")
    make_event(database, "2025-03-14", "ours", type="meeting")
    chosen = make_event(database, "2025-04-14", "ours", type="meeting")

    hook_desk.deliver()

    assert [(one.json["record"], one.json["case"]) for one in receiver.requests] == [(chosen, ours)]


def test_what_leaves_the_filter_is_told(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook_desk.make_hook(receiver, filter={"tag": ["urgent"]})
    event_id = make_event(database, "2025-04-14", tags=["urgent"])
    make_event(database, "2025-04-15", tags=["later"])
    change(database, event_id, tags=["done"])
    change(database, event_id, title="No longer chosen")
    change(database, event_id, tags=["urgent"])
    withdraw(database, event_id)

    hook_desk.deliver()

    assert [(one.json["seq"], one.json["operation"]) for one in receiver.requests] == [
        (2, "create"),
        (4, "amend"),
        (6, "amend"),
        (7, "retract"),
    ]
    assert {one.json["record"] for one in receiver.requests} == {event_id}


def test_other_records_are_told_by_the_cases_they_alter(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    ours, theirs = make_case(database, "ours"), make_case(database, "theirs")
    actor_id = make_actor(database, "ann")
    make_event(database, "2025-04-14", "ours", actors=[{"actor": "ann", "role": "speaker"}])
    make_event(database, "2025-04-14", "theirs", actors=[{"actor": "ann", "role": "speaker"}])
    hooks = {
        "ours": hook_desk.make_hook(receiver, filter={"case": ["ours"], "type": ["meeting"]}),
        "not theirs": hook_desk.make_hook(receiver, filter={"exclude_case": ["theirs"]}),
        "all": hook_desk.make_hook(receiver),
    }
    change(database, actor_id, name="Ann")
    change(database, theirs, title="Theirs")
    make_actor(database, "bob")

    hook_desk.deliver()

    told = {name: [one["seq"] for one in hook_desk.deliveries(hook)] for name, hook in hooks.items()}
    assert told == {"ours": [6], "not theirs": [6], "all": [6, 7, 8]}
    renamed = [one.json for one in receiver.requests if one.json["seq"] == 6]
    assert [one["cases"] for one in renamed] == [sorted([ours, theirs])] * 3
    assert [one["case"] for one in renamed].count(ours) >= 2


def test_a_filter_that_can_no_longer_be_read_disables_its_webhook_alone(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    """As one that a later release, or a redaction, makes no sense of."""
    make_case(database)
    broken, sound = hook_desk.make_hook(receiver), hook_desk.make_hook(receiver)
    with database.write() as connection:
        connection.execute(
            update(Webhook).where(Webhook.id == broken["id"]).values(filter='{"bbox": "Plaintiff A"}')
        )
    make_event(database, "2025-04-14")

    hook_desk.deliver()

    assert hook_desk.read(broken)["disabled_reason"] == "Its filter can no longer be read: set it again."
    assert [one["state"] for one in hook_desk.deliveries(sound)] == ["delivered"]


def test_a_webhook_removed_while_it_is_sent_to_is_no_trouble(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)

    def remove(_: object) -> int:
        hook_desk.client.delete(f"/v1/webhooks/{hook['id']}")
        return 204

    receiver.answer = remove
    make_events(database, ["2025-04-14"] * 2)

    hook_desk.deliver()

    assert receiver.seqs == [2]


def test_a_long_backlog_stays_in_the_log(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.changes.deliver.plan.BACKLOG", 4)
    monkeypatch.setattr("app.changes.deliver.plan.BATCH", 3)
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 12)
    hook_desk.deliver(until=lambda: len(receiver.requests) == 6)
    assert (hook_desk.read(hook)["after_seq"], hook_desk.read(hook)["waiting"]) == (7, 6)
    hook_desk.client.patch(f"/v1/webhooks/{hook['id']}", json={"enabled": False})
    hook_desk.enable(hook)
    receiver.status = 204

    hook_desk.deliver()

    assert receiver.seqs[6:] == list(range(2, 14))


def test_finished_deliveries_are_kept_for_a_week(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    make_event(database, "2025-04-14")
    hook_desk.deliver()
    wait(days=6, hours=23)
    hook_desk.deliver()
    assert [one["seq"] for one in hook_desk.deliveries(hook)] == [2]
    wait(hours=2)

    hook_desk.deliver()

    assert hook_desk.deliveries(hook) == []


def test_deliveries_come_in_pages_newest_first(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    make_events(database, ["2025-04-14"] * 5)
    hook_desk.deliver()
    path = f"/v1/webhooks/{hook['id']}/deliveries"

    first = hook_desk.client.get(path, params={"limit": 3, "total": "exact"}).json()
    second = hook_desk.client.get(first["next"].removeprefix(hook_desk.settings.public_url)).json()

    assert [one["seq"] for one in first["items"] + second["items"]] == [6, 5, 4, 3, 2]
    assert (first["total"], first["previous"], second["next"]) == (5, None, None)
    back = hook_desk.client.get(second["previous"].removeprefix(hook_desk.settings.public_url)).json()
    assert back["items"] == first["items"]


def test_a_name_is_looked_up_once_and_stays_in_the_request(
    hook_desk: WebhookDesk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    known = socket.getaddrinfo

    def look_up(host: Any, *others: Any, **options: Any) -> Any:  # noqa: ANN401 - as the library has it
        if host != "receiver.example":
            return known(host, *others, **options)
        asked.append(host)
        return known("127.0.0.1", *others, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    hook = hook_desk.client.post(
        "/v1/webhooks", json={"url": f"http://receiver.example:{receiver.port}/"}
    ).json()

    assert hook_desk.client.post(f"/v1/webhooks/{hook['id']}/test").json()["delivered"] is True

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
