"""A request that is sent twice is done once, and answered the second time as the first."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx2
import pytest
import time_machine
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.access.tables import KeptAnswer
from app.core import stamps
from app.core.db import Database
from app.records.tables import Record, Revision
from tests.support.desk import CHANGE, NEEDED, Desk, changes, faults
from tests.support.keys import make_key
from tests.support.servers import serving

KEY: Final = "5f2a7c1e-import-17"
CROWD: Final = 16
REQUESTS: Final = 200


def post(desk: Desk, path: str = "cases", key: str = KEY, **fields: object) -> Response:
    body = {**NEEDED.get(path, {}), **fields}
    return desk.client.post(f"/v1/{path}", json=body, headers={**desk.headers, "Idempotency-Key": key})


def same(first: Response, again: Response) -> None:
    """Hold two answers to be equal, but for what is of the request."""
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for headers in (first.headers, again.headers):
        headers.pop("x-request-id")
    assert again.headers == first.headers


def test_the_same_request_is_done_once_and_answered_alike(desk: Desk, client: TestClient) -> None:
    first = post(desk)
    assert first.status_code == 201
    desk.amend("cases/a-case", title="Renamed since")

    same(first, post(desk))

    assert changes(client) == 2
    other = client.post("/v1/cases", json=NEEDED["cases"], headers=desk.headers)
    assert list(faults(other)) == ["/slug"]


def test_an_act_is_repeated_without_a_fault(desk: Desk, client: TestClient) -> None:
    made = desk.make("cases")
    headers = {**desk.headers, "If-Match": '"1"', "Idempotency-Key": KEY}
    url = f"/v1/cases/{made['id']}/retract"
    first = client.post(url, json={"change": CHANGE}, headers=headers)
    assert first.status_code == 200

    # It is stale and of a retracted record by now, but it is the same request.
    same(first, client.post(url, json={"change": CHANGE}, headers=headers))

    assert changes(client) == 2


def test_another_body_is_refused(desk: Desk, client: TestClient) -> None:
    post(desk)

    answer = post(desk, title="Another")

    assert list(faults(answer)) == ["Idempotency-Key"]
    assert answer.json()["errors"][0]["in"] == "header"
    assert changes(client) == 1


def test_what_was_refused_is_not_kept(desk: Desk, client: TestClient) -> None:
    assert list(faults(post(desk, slug="Not a slug"))) == ["/slug"]
    assert list(faults(post(desk, timezone="Mars"))) == ["/timezone"]

    assert post(desk).status_code == 201
    assert changes(client) == 1


def test_a_key_counts_for_its_api_key_its_method_and_its_path(
    desk: Desk, client: TestClient, database: Database
) -> None:
    other = Desk(client, make_key(database, Scope.WRITE))
    one = desk.make("actors", slug="one")
    two = desk.make("actors", slug="two")

    assert post(desk).status_code == 201
    assert post(desk, "actors").status_code == 201
    assert list(faults(post(other))) == ["/slug"]
    assert post(other, slug="b-case").status_code == 201
    for made in (one, two):
        answer = client.post(
            f"/v1/actors/{made['id']}/retract",
            json={"change": CHANGE},
            headers={**desk.headers, "If-Match": "*", "Idempotency-Key": KEY},
        )
        assert answer.status_code == 200
    assert changes(client) == 7


def test_an_answer_is_kept_for_a_day(desk: Desk, client: TestClient, database: Database) -> None:
    with time_machine.travel("2026-12-01T09:00:00Z", tick=False) as clock:
        first = post(desk)
        clock.shift(timedelta(hours=24) - timedelta(microseconds=1))
        same(first, post(desk))
        clock.shift(timedelta(microseconds=1))

        assert list(faults(post(desk))) == ["/slug"]
        assert post(desk, slug="b-case").status_code == 201

        with database.read() as connection:
            kept = connection.execute(select(KeptAnswer.at)).scalars().all()
        # What is too old is dropped when the next one is kept.
        assert kept == [stamps.utc_now()]
    assert changes(client) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "é\u0080"])
def test_what_is_no_key_is_refused(desk: Desk, key: str) -> None:
    answer = desk.client.post(
        "/v1/cases",
        json=NEEDED["cases"],
        headers={
            **{name.encode(): value.encode() for name, value in desk.headers.items()},
            b"Idempotency-Key": key.encode("latin-1"),
        },
    )

    assert list(faults(answer)) == ["Idempotency-Key"]


def test_a_key_is_of_no_use_to_who_may_not_write(desk: Desk, client: TestClient, database: Database) -> None:
    post(desk)
    reader = Desk(client, make_key(database, Scope.READ))

    assert post(reader).status_code == 403
    assert post(Desk(client, {})).status_code == 401


def test_the_same_request_is_told_to_wait_while_it_runs(
    desk: Desk, client: TestClient, database: Database
) -> None:
    assert post(desk, key="before", slug="before").status_code == 201
    with ThreadPoolExecutor() as pool:
        with database.write():
            running = pool.submit(post, desk)
            until = time.monotonic() + 10
            # Until the first has come as far as the lock, the second would wait there in its place.
            while (answer := _impatient(desk)).status_code != 409:
                assert time.monotonic() < until
                time.sleep(0.02)
            assert answer.json()["code"] == "request-in-progress"
            assert (answer.headers["retry-after"], answer.headers["cache-control"]) == ("1", "no-store")
            assert not running.done()
        first = running.result()

    assert first.status_code == 201
    same(first, post(desk))
    assert changes(client) == 2


def _impatient(desk: Desk) -> Response:
    """Send the request once another one that holds the key has begun."""
    from app.access import idempotency  # noqa: PLC0415

    until = time.monotonic() + 10
    while not idempotency._running:  # noqa: SLF001 - nothing else tells that it waits
        assert time.monotonic() < until
        time.sleep(0.01)
    return post(desk)


@pytest.mark.slow
def test_sixteen_identical_requests_at_once_are_one(
    database_url: str, database: Database, tmp_path: Path
) -> None:
    headers = make_key(database, Scope.WRITE)
    together = threading.Barrier(CROWD)
    with serving(database_url, tmp_path, workers=2) as server:

        def send_all() -> list[tuple[bytes, str, str]]:
            answers = []
            with httpx2.Client(base_url=server.url, headers=headers, timeout=60) as client:
                for number in range(REQUESTS):
                    together.wait(120)
                    answers.append(_until_done(client, number))
            return answers

        with ThreadPoolExecutor(CROWD) as pool:
            answered = [one.result() for one in [pool.submit(send_all) for _ in range(CROWD)]]
        assert "Traceback" not in server.log_text()

    for number, answers in enumerate(zip(*answered, strict=True)):
        assert len(set(answers)) == 1, f"Request {number} was answered in {len(set(answers))} ways."
    with database.read() as connection:
        made = connection.execute(select(Record.slug).order_by(Record.slug)).scalars().all()
        numbers = connection.execute(select(func.count(), func.max(Revision.seq))).one()
    assert made == sorted(f"actor-{number}" for number in range(REQUESTS))
    assert tuple(numbers) == (REQUESTS, REQUESTS)


def _until_done(client: httpx2.Client, number: int) -> tuple[bytes, str, str]:
    """Send a request, again while it is told to wait; return its answer."""
    body = {"slug": f"actor-{number}", "name": "An Actor", "kind": "person"}
    while True:
        answer = client.post("/v1/actors", json=body, headers={"Idempotency-Key": f"key-{number}"})
        if answer.status_code not in {409, 503}:
            assert answer.status_code == 201, answer.text
            return answer.content, answer.headers["etag"], answer.headers["change-seq"]
        time.sleep(0.01)
