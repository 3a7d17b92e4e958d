"""Delivering as processes do: several at once, killed, stopped, beside a server."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from app.core.db import Database
from tests.support.editing import (
    make_case,
    make_events,
)
from tests.support.receiver import Receiver
from tests.support.webhook_desk import WebhookDesk

ROOT: Final = Path(__file__).resolve().parents[2]


def test_two_processes_make_each_attempt_once_and_in_order(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hooks = [hook_desk.make_hook(receiver) for _ in range(3)]

    def linger(_: object) -> int:
        time.sleep(0.01)
        return 204

    receiver.answer = linger
    make_events(database, ["2025-04-14"] * 20)
    other = Database.open(hook_desk.settings.database_url)
    both = [hook_desk, WebhookDesk(hook_desk.client, other, hook_desk.settings)]
    threads = [threading.Thread(target=one.deliver) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()

    assert len({one.headers["webhook-id"] for one in receiver.requests}) == len(receiver.requests) == 60
    for hook in hooks:
        ids = [one["id"] for one in hook_desk.deliveries(hook)]
        sent = [
            one.headers["webhook-id"] for one in receiver.requests if one.headers["webhook-id"] in set(ids)
        ]
        assert sent == ids
        assert {one["attempts"] for one in hook_desk.deliveries(hook)} == {1}


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
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)
    receiver.status = 500
    make_events(database, ["2025-04-14"] * 2)
    with running(hook_desk.settings.database_url, "deliver") as process:
        receiver.wait_for(2)
        eventually(lambda: all(one["last_status"] == 500 for one in hook_desk.deliveries(hook)))
        process.send_signal(signal.SIGKILL)
        process.wait()
    receiver.status = 204

    with running(hook_desk.settings.database_url, "deliver"):
        receiver.wait_for(4)
        eventually(lambda: all(one["state"] == "delivered" for one in hook_desk.deliveries(hook)))

    first, second = receiver.requests[:2], receiver.requests[2:]
    for before, after in zip(first, second, strict=True):
        assert after.headers["webhook-id"] == before.headers["webhook-id"]
        assert after.body == before.body
        assert after.at - before.at >= 5
    assert [one["attempts"] for one in hook_desk.deliveries(hook)] == [2, 2]


@pytest.mark.slow
def test_being_told_to_stop_finishes_what_is_being_sent(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    make_case(database)
    hook = hook_desk.make_hook(receiver)

    def linger(_: object) -> int:
        time.sleep(2)
        return 204

    receiver.answer = linger
    make_events(database, ["2025-04-14"] * 2)
    with running(hook_desk.settings.database_url, "deliver") as process:
        receiver.wait_for(1)
        process.terminate()
        assert process.wait(timeout=10) == 0

    assert [(one["state"], one["attempts"]) for one in hook_desk.deliveries(hook)] == [
        ("delivered", 1),
        ("waiting", 0),
    ]


@pytest.mark.slow
def test_a_server_delivers_besides_if_it_is_asked_to(
    hook_desk: WebhookDesk, database: Database, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    make_case(database)
    hook_desk.make_hook(receiver)
    with running(hook_desk.settings.database_url, "serve", "--deliver", "--workers", "2", "--port", port):
        make_events(database, ["2025-04-14"] * 10)
        receiver.wait_for(10)
        time.sleep(1)

    assert receiver.seqs == list(range(2, 12))


@pytest.mark.slow
def test_a_receiver_that_dawdles_is_given_ten_seconds(hook_desk: WebhookDesk) -> None:
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
        hook = hook_desk.client.post("/v1/webhooks", json={"url": url}).json()
        answer = hook_desk.client.post(f"/v1/webhooks/{hook['id']}/test").json()
        thread.join()

    assert answer["error"] == "There was no answer within 10 s."
    assert 9_000 < answer["latency_ms"] < 12_000
