"""What becomes of deliveries that fail: again with back-off, given up, or the webhook disabled."""

import time
from collections.abc import Callable

from app.changes.deliver import queue
from app.core.db import Database
from tests.support.editing import (
    make_case,
    make_event,
    make_events,
)
from tests.support.receiver import Receiver, receiving
from tests.support.webhook_desk import WebhookDesk


def test_a_failed_delivery_is_tried_again_with_back_off(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    receiver.status = 503
    make_event(database, "2025-04-14")
    pauses = (5, 30, 120, 600, 3_600, 21_600, 86_400)

    hook_desk.deliver()
    for number, pause in enumerate(pauses, start=1):
        assert len(receiver.requests) == number
        wait(seconds=pause - 1)
        hook_desk.deliver()
        assert len(receiver.requests) == number, f"Tried again less than {pause} s later."
        wait(seconds=pause * 0.2 + 1)
        hook_desk.deliver()

    assert len(receiver.requests) == 8
    assert len({(one.headers["webhook-id"], one.body) for one in receiver.requests}) == 1
    (delivery,) = hook_desk.deliveries(hook)
    assert (delivery["state"], delivery["last_error"]) == ("waiting", "The receiver answered 503.")
    receiver.status = 200
    wait(hours=30)
    hook_desk.deliver()
    assert hook_desk.deliveries(hook)[0]["state"] == "delivered"
    assert hook_desk.read(hook)["failing_since"] is None


def test_what_alone_never_gets_through_is_given_up(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    receiver.answer = lambda one: 400 if one.json["seq"] == 2 else 204
    for _ in range(12):
        make_event(database, "2025-04-14")
        hook_desk.deliver()
        wait(hours=30)

    assert hook_desk.deliveries(hook)[0]["state"] == "failed"
    assert receiver.seqs.count(2) == 8
    assert hook_desk.read(hook)["enabled"] is True


def test_three_days_without_success_disable_a_webhook_which_keeps_its_place(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 3)
    for _ in range(4):
        hook_desk.deliver()
        assert hook_desk.read(hook)["enabled"] is True
        wait(hours=20)
    hook_desk.deliver()

    disabled = hook_desk.read(hook)
    assert disabled["enabled"] is False
    assert disabled["disabled_at"] is not None
    assert disabled["disabled_reason"].startswith("Nothing got through since 20")
    assert disabled["disabled_reason"].endswith(" The receiver answered 500.")
    make_event(database, "2025-04-15")
    tried = len(receiver.requests)
    wait(days=30)
    hook_desk.deliver()
    assert len(receiver.requests) == tried

    receiver.status = 204
    hook_desk.enable(hook)
    hook_desk.deliver()
    assert receiver.seqs[tried:] == [2, 3, 4, 5]
    assert {one["state"] for one in hook_desk.deliveries(hook)} == {"delivered"}


def test_a_410_disables_at_once(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    receiver.status = 410
    make_events(database, ["2025-04-14"] * 3)

    hook_desk.deliver()
    wait(days=1)
    hook_desk.deliver()

    assert receiver.seqs == [2]
    assert hook_desk.read(hook)["disabled_reason"] == "The receiver answered 410: it is gone."


def test_a_redirect_is_a_failure(hook_desk: WebhookDesk, database: Database, receiver: Receiver) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    make_event(database, "2025-04-14")
    with receiving() as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.url}
        hook_desk.deliver()
        assert elsewhere.requests == []

    (delivery,) = hook_desk.deliveries(hook)
    assert (delivery["state"], delivery["last_status"]) == ("waiting", 307)


def test_an_attempt_that_a_crash_cut_short_is_followed_by_another(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver, wait: Callable[..., None]
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 2)
    hook_desk.deliver()
    wait(seconds=7)
    claimed = queue.claim(database, hook["id"], base="")
    assert claimed is not None
    assert (claimed.message.id, claimed.attempt) == (hook_desk.deliveries(hook)[0]["id"], 2)
    # Nobody else has a turn while the lease lasts.
    assert queue.claim(database, hook["id"], base="") is None
    receiver.status = 204
    end = time.monotonic() + 1
    hook_desk.deliver(until=lambda: time.monotonic() > end)
    assert receiver.seqs == [2, 3]

    wait(seconds=31)
    hook_desk.deliver()

    assert receiver.seqs == [2, 3, 2, 3]
    assert [one["attempts"] for one in hook_desk.deliveries(hook)] == [3, 2]
