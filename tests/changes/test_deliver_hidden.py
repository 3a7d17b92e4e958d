"""What webhooks are never told: hidden records, and names that were redacted."""

from collections.abc import Callable
from typing import Final

from pydantic import JsonValue
from sqlalchemy import select

from app.changes.tables import Delivery, Webhook
from app.core.db import Database
from app.records.revisions import Log
from app.records.service import redact
from app.records.vocabulary import ChangeKind
from tests.support.editing import (
    change,
    make_actor,
    make_case,
    make_event,
)
from tests.support.receiver import Receiver
from tests.support.webhook_desk import WebhookDesk

RESTRICTED: Final = "restricted"


def test_hidden_records_are_never_told(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    make_case(database, "hidden-case", visibility=RESTRICTED)
    hook = hook_desk.make_hook(receiver)
    make_event(database, "2025-04-14", visibility=RESTRICTED)
    make_event(database, "2025-04-14", "hidden-case")
    make_actor(database, "hidden", visibility=RESTRICTED)
    shown = make_event(database, "2025-04-15")

    hook_desk.deliver()

    assert [(one.json["seq"], one.json["record"]) for one in receiver.requests] == [(2, shown)]
    assert [one["seq"] for one in hook_desk.deliveries(hook)] == [2]


def test_that_something_was_hidden_is_told_to_all_and_no_more_than_that(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    event_id = make_event(database, "2025-04-14")
    hook = hook_desk.make_hook(receiver, filter={"type": ["meeting"]})
    change(database, event_id, title="A last word")
    change(database, event_id, visibility=RESTRICTED)

    hook_desk.deliver()

    bare: dict[str, JsonValue] = {"operation": None, "record": None, "case": None, "cases": [], "url": None}
    assert [one.json for one in receiver.requests] == [{"seq": 3, **bare}, {"seq": 4, **bare}]
    assert [one["state"] for one in hook_desk.deliveries(hook)] == ["delivered", "delivered"]


def test_what_was_hidden_while_it_waited_is_not_sent(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver, filter={"type": ["statement"]})
    receiver.status = 500
    event_id = make_event(database, "2025-04-14")
    hook_desk.deliver()
    change(database, event_id, visibility=RESTRICTED)
    receiver.status = 204
    wait(seconds=7)

    hook_desk.deliver()

    assert [one["state"] for one in hook_desk.deliveries(hook)] == ["dropped", "delivered"]
    assert receiver.seqs == [2, 3]
    assert event_id.encode() not in receiver.requests[-1].body


def test_a_filter_goes_on_without_what_was_hidden(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    ann, _ = make_actor(database, "ann"), make_actor(database, "bob")
    both = hook_desk.make_hook(receiver, filter={"actor": ["ann", "bob"]})
    only = hook_desk.make_hook(receiver, filter={"actor": ["ann"]})
    change(database, ann, visibility=RESTRICTED)
    make_event(database, "2025-04-14", actors=[{"actor": "bob", "role": "speaker"}])
    make_event(database, "2025-04-14", actors=[{"actor": ann, "role": "speaker"}])

    hook_desk.deliver()

    # That the actor went is told to both; what it takes part in since then to neither.
    assert [one["seq"] for one in hook_desk.deliveries(both)] == [4, 5]
    assert [one["seq"] for one in hook_desk.deliveries(only)] == [4]
    assert hook_desk.read(only)["enabled"] is True


def test_an_event_that_becomes_a_stub_is_told_by_its_case(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    event_id = make_event(database, "2025-04-14", tags=["urgent"])
    hook_desk.make_hook(receiver, filter={"case": ["a-case"], "tag": ["urgent"]})
    hook_desk.make_hook(receiver, filter={"exclude_case": ["a-case"]})
    change(database, event_id, visibility="existence_only")

    hook_desk.deliver()

    assert [(one.json["seq"], one.json["record"]) for one in receiver.requests] == [(3, event_id)]


def test_a_redacted_name_leaves_webhooks_and_what_waits_for_them(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    actor_id = make_actor(database, "zebulon-quimby", name="Zebulon Quimby")
    hook = hook_desk.make_hook(receiver, description="About Zebulon Quimby", filter={"q": '"Zebulon Quimby"'})
    event_id = make_event(database, "2025-04-14", title="Zebulon Quimby speaks")
    receiver.status = 500
    hook_desk.deliver()
    with database.write() as connection:
        log = Log(connection, author="test")
        redact(log, actor_id, "Plaintiff A", also=[], kind=ChangeKind.UPDATE, reason="A court's order.")

    shown = hook_desk.read(hook)
    assert (shown["description"], shown["filter"]) == ("About Plaintiff A", {"q": '"Plaintiff A"'})
    with database.read() as connection:
        kept = str(connection.execute(select(Delivery)).all()) + str(
            connection.execute(select(Webhook)).all()
        )
    assert "ebulon" not in kept
    change(database, event_id, tags=["later"])
    receiver.status = 204
    hook_desk.deliver()
    assert receiver.requests[-1].json["operation"] == "amend"
    assert b"ebulon" not in b"".join(one.body for one in receiver.requests)
