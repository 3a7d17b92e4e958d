"""Webhooks over HTTP: made, shown, amended, tested, removed."""

import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

import pytest
from pydantic import JsonValue
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.config import Settings
from app.core.db import Database
from app.main import create_app
from app.records.vocabulary import Visibility
from tests.support.editing import change, make_actor, make_case
from tests.support.keys import make_key, refused
from tests.support.receiver import Receiver, receiving

PRIVATE: Final = "The host has an address that is not public."
PRIVATE_URLS: Final = (
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://localhost/x",
    "https://LOCALHOST:8443/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::ffff:7f00:1]/x",
    "https://[::127.0.0.1]/x",
    "https://[64:ff9b::127.0.0.1]/x",
    "https://[2002:7f00:1::]/x",
    "https://[fe80::1]/x",
    "https://[fd00:ec2::254]/x",
    "https://[ff02::1]/x",
    "https://0.0.0.0/x",
    "https://0/x",
    "https://10.0.0.8/x",
    "https://172.31.255.255/x",
    "https://192.168.1.1/x",
    "https://100.64.0.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/x",
    "https://192.0.0.192/x",
    "https://198.18.0.1/x",
    "https://224.0.0.1/x",
    "https://255.255.255.255/x",
)
WRONG_URLS: Final = (
    ("http://93.184.216.34/x", "The URL must begin with https://."),
    ("ftp://93.184.216.34/x", "The URL must begin with https://."),
    ("93.184.216.34/x", "The URL must begin with https://."),
    ("https:///x", "The URL has no host that could be reached."),
    ("https://a_b$c.example/x", "The URL has no host that could be reached."),
    ("https://[fe80::1%25eth0]/x", "The URL has no host that could be reached."),
    ("https://me:pw@a.example/x", "Leave out user name and password: what is sent is signed."),
    ("https://a.example/x#y", "Leave out what follows the #: it is never sent."),
    ("https://a.example:0/x", "A port lies between 1 and 65535."),
    ("https://a.example:99999/x", "A port lies between 1 and 65535."),
    ("https://a.example/a b", "A URL has up to 2,000 characters of ASCII, and no blanks."),
    ("https://a.example\\@127.0.0.1/x", "A URL has up to 2,000 characters of ASCII, and no blanks."),
    ("https://ⓛocalhost/x", "A URL has up to 2,000 characters of ASCII, and no blanks."),
)
WRONG_FILTERS: Final[tuple[tuple[JsonValue, str], ...]] = (
    ({"typ": ["meeting"]}, "/filter/typ"),
    ({"limit": 5}, "/filter/limit"),
    ({"as_of": "2025-01-01T00:00:00Z"}, "/filter/as_of"),
    ({"order": "changed"}, "/filter/order"),
    ({"type": ["met"]}, "/filter/type/0"),
    ({"case": ["no-such-case"]}, "/filter/case"),
    ({"actor": ["hidden"]}, "/filter/actor"),
    ({"since": "2025-13"}, "/filter/since"),
    ({"reported_until": "soon"}, "/filter/reported_until"),
    ({"bbox": "1,2,3"}, "/filter/bbox"),
    ({"timezone": "Mars/Olympus"}, "/filter/timezone"),
)


@pytest.fixture
def admin(database_url: str, database: Database) -> Iterator[TestClient]:
    """Return a client with an admin's key, of an application that may send to this machine."""
    settings = Settings(database_url=database_url, webhooks_to_private_addresses=True)
    with TestClient(create_app(settings)) as client:
        client.headers.update(make_key(database, Scope.ADMIN))
        yield client


@pytest.fixture
def strict(client: TestClient, database: Database) -> TestClient:
    """Return a client with an admin's key, of an application as it is without settings."""
    client.headers.update(make_key(database, Scope.ADMIN))
    return client


def make_hook(client: TestClient, url: str = "http://127.0.0.1:9/x", **fields: JsonValue) -> dict[str, Any]:
    """Make a webhook; return what was answered."""
    answer = client.post("/v1/webhooks", json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def complaints(answer: object) -> list[tuple[str, str]]:
    """Return where a problem document says what is wrong."""
    body = answer.json()  # type: ignore[attr-defined]
    return [(one["name"], one["message"]) for one in body["errors"]]


def test_the_secret_is_shown_once(admin: TestClient) -> None:
    made = admin.post("/v1/webhooks", json={"url": "https://example.org/hook", "description": "The desk"})

    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    place = made.headers["location"]
    assert place == f"/v1/webhooks/{made.json()['id']}"
    assert made.json()["secret"].startswith("whsec_")
    shown = admin.get(place)
    assert shown.status_code == 200
    assert "secret" not in shown.json()
    assert shown.json() == {name: value for name, value in made.json().items() if name != "secret"}
    assert made.json()["secret"] not in admin.get("/v1/webhooks").text


def test_a_webhook_begins_with_what_changes_next(admin: TestClient, database: Database) -> None:
    make_case(database)

    assert make_hook(admin)["after_seq"] == 1


def test_an_answer_that_cannot_be_given_again_takes_no_idempotency_key(admin: TestClient) -> None:
    answer = admin.post("/v1/webhooks", json={"url": "https://a.example/x"}, headers={"Idempotency-Key": "1"})

    refused(answer, 422, "invalid-request")
    assert admin.get("/v1/webhooks").json()["items"] == []


def test_only_an_admin_has_to_do_with_webhooks(client: TestClient, database: Database) -> None:
    headers = make_key(database, Scope.WRITE, Scope.IMPORT, Scope.READ)
    body = {"url": "https://a.example/x"}

    refused(client.get("/v1/webhooks"), 401, "unauthorized")
    refused(client.post("/v1/webhooks", json=body), 401, "unauthorized")
    refused(client.get("/v1/webhooks", headers=headers), 403, "forbidden")
    refused(client.post("/v1/webhooks", json=body, headers=headers), 403, "forbidden")


def test_private_addresses_are_refused_however_they_are_spelt(strict: TestClient) -> None:
    answers = {url: strict.post("/v1/webhooks", json={"url": url}) for url in PRIVATE_URLS}

    assert {url: answer.status_code for url, answer in answers.items()} == dict.fromkeys(PRIVATE_URLS, 422)
    assert {url: complaints(answer) for url, answer in answers.items()} == {
        url: [("/url", PRIVATE)] for url in PRIVATE_URLS
    }


def test_what_is_no_address_to_send_to_is_refused(strict: TestClient) -> None:
    for url, message in WRONG_URLS:
        answer = strict.post("/v1/webhooks", json={"url": url})

        assert answer.status_code == 422, url
        assert (url, complaints(answer)) == (url, [("/url", message)])
        assert "pw" not in answer.text


@pytest.mark.parametrize("url", ["https://93.184.216.34/x", "https://[2606:2800:220:1::1]:8443/x?y=1"])
def test_public_addresses_are_taken(strict: TestClient, url: str) -> None:
    made = make_hook(strict, url)

    answer = strict.patch(f"/v1/webhooks/{made['id']}", json={"url": "https://10.0.0.1/"})
    assert complaints(answer) == [("/url", PRIVATE)]
    assert strict.get(f"/v1/webhooks/{made['id']}").json()["url"] == url


def test_a_filter_is_kept_by_ids(admin: TestClient, database: Database) -> None:
    case_id, actor_id = make_case(database, "a-case"), make_actor(database, "ann")

    made = make_hook(
        admin, filter={"case": ["a-case", case_id], "actor": ["ann"], "type": ["hearing"], "q": None}
    )

    assert made["filter"] == {"actor": [actor_id], "case": [case_id], "type": ["hearing"]}


def test_a_wrong_filter_is_refused_where_it_is_wrong(admin: TestClient, database: Database) -> None:
    make_actor(database, "hidden", visibility="restricted")

    for where, pointer in WRONG_FILTERS:
        answer = admin.post("/v1/webhooks", json={"url": "https://a.example/x", "filter": where})

        assert answer.status_code == 422, where
        assert (where, [name for name, _ in complaints(answer)]) == (where, [pointer])


def test_a_patch_is_merged(admin: TestClient, database: Database) -> None:
    case_id = make_case(database)
    made = make_hook(admin, description="One", filter={"case": ["a-case"], "type": ["hearing"]})
    place = f"/v1/webhooks/{made['id']}"
    merge = {"Content-Type": "application/merge-patch+json"}

    first = admin.patch(place, content='{"filter": {"type": null, "tag": ["urgent"]}}', headers=merge)
    second = admin.patch(place, json={"description": None, "enabled": False})

    assert first.json()["filter"] == {"case": [case_id], "tag": ["urgent"]}
    assert first.json()["description"] == "One"
    assert (second.json()["description"], second.json()["enabled"]) == (None, False)
    assert second.json()["disabled_at"] is not None
    assert admin.get(place).json() == second.json()
    wrong = admin.patch(place, json={"filter": {"type": ["met"]}})
    assert [name for name, _ in complaints(wrong)] == ["/filter/type/0"]
    assert complaints(admin.patch(place, json={"secret": "x"})) == [("/secret", "There is no such field.")]
    assert [name for name, _ in complaints(admin.patch(place, json={"url": None}))] == ["/url"]
    enabled = admin.patch(place, json={"enabled": True}).json()
    assert (enabled["enabled"], enabled["disabled_at"]) == (True, None)


def test_a_filter_that_names_what_was_hidden_since_can_be_left_as_it_is(
    admin: TestClient, database: Database
) -> None:
    actor_id = make_actor(database, "ann")
    made = make_hook(admin, filter={"actor": ["ann"]})
    change(database, actor_id, visibility=Visibility.RESTRICTED.value)

    answer = admin.patch(f"/v1/webhooks/{made['id']}", json={"description": "Two"})

    assert answer.status_code == 200
    assert answer.json()["filter"] == {"actor": [actor_id]}


def test_a_removed_webhook_is_gone(admin: TestClient) -> None:
    place = f"/v1/webhooks/{make_hook(admin)['id']}"

    removed = admin.delete(place)

    assert (removed.status_code, removed.content) == (204, b"")
    for answer in (
        admin.get(place),
        admin.patch(place, json={"enabled": True}),
        admin.delete(place),
        admin.post(f"{place}/test"),
        admin.post(f"{place}/rotate"),
        admin.get(f"{place}/deliveries"),
    ):
        refused(answer, 404, "not-found")


def test_an_answer_that_is_held_is_not_sent_again(admin: TestClient) -> None:
    place = f"/v1/webhooks/{make_hook(admin)['id']}"

    for path in ("/v1/webhooks", place, f"{place}/deliveries"):
        first = admin.get(path)
        assert first.headers["cache-control"] == "private, max-age=0, must-revalidate"
        again = admin.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_webhooks_come_in_pages(admin: TestClient) -> None:
    made = [make_hook(admin)["id"] for _ in range(5)]

    first = admin.get("/v1/webhooks", params={"limit": 2, "total": "exact"}).json()
    second = admin.get(first["next"]).json()
    third = admin.get(second["next"]).json()

    assert [one["id"] for page in (first, second, third) for one in page["items"]] == made
    assert (first["total"], first["previous"], third["next"]) == (5, None, None)
    assert admin.get(third["previous"]).json()["items"] == second["items"]
    refused(admin.get("/v1/webhooks?after=x"), 400, "invalid-cursor")


def test_a_test_is_sent_at_once_and_signed(admin: TestClient, receiver: Receiver) -> None:
    made = make_hook(admin, receiver.url, enabled=False)

    answer = admin.post(f"/v1/webhooks/{made['id']}/test")

    assert answer.status_code == 200
    assert (answer.json()["delivered"], answer.json()["status"], answer.json()["error"]) == (True, 204, None)
    assert 0 <= answer.json()["latency_ms"] < 10_000
    (received,) = receiver.requests
    assert received.path == "/hook?to=us"
    assert received.headers["User-Agent"] == "case-timeline/0.1.0"
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["Host"] == f"127.0.0.1:{receiver.port}"
    told = Webhook(made["secret"]).verify(received.body, dict(received.headers))
    assert (told["type"], told["webhook"]) == ("test", made["id"])
    assert admin.get(f"/v1/webhooks/{made['id']}/deliveries").json()["items"] == []


def test_a_test_tells_what_went_wrong(admin: TestClient, receiver: Receiver) -> None:
    made = make_hook(admin, receiver.url)
    with receiving() as elsewhere:
        receiver.headers = {"Location": elsewhere.url}
        for status, error in (
            (500, "The receiver answered 500."),
            (404, "The receiver answered 404."),
            (302, "The receiver answered 302. Redirects are not followed."),
            (307, "The receiver answered 307. Redirects are not followed."),
        ):
            receiver.status = status

            answer = admin.post(f"/v1/webhooks/{made['id']}/test").json()

            assert (answer["delivered"], answer["status"], answer["error"]) == (False, status, error)
        assert elsewhere.requests == []


def test_a_test_tells_that_nobody_answers(admin: TestClient) -> None:
    with receiving() as gone:
        url = gone.url
    made = make_hook(admin, url)

    answer = admin.post(f"/v1/webhooks/{made['id']}/test").json()

    assert (answer["delivered"], answer["status"]) == (False, None)
    assert answer["error"] == "The connection failed."


def test_a_test_tells_that_the_receiver_speaks_no_tls(admin: TestClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(65_536)

        thread = threading.Thread(target=talk)
        thread.start()
        made = make_hook(admin, f"https://127.0.0.1:{server.getsockname()[1]}/")
        answer = admin.post(f"/v1/webhooks/{made['id']}/test").json()
        thread.join()

    assert (answer["delivered"], answer["status"]) == (False, None)
    assert answer["error"] == "The TLS handshake failed."


def test_a_host_is_checked_when_it_is_sent_to(
    admin: TestClient, strict: TestClient, receiver: Receiver
) -> None:
    """As a name would be that came to point into this network since."""
    made = make_hook(admin, f"https://localhost:{receiver.port}/")

    answer = strict.post(f"/v1/webhooks/{made['id']}/test").json()

    assert (answer["delivered"], answer["status"], answer["error"]) == (False, None, PRIVATE)
    assert receiver.requests == []


def test_after_a_rotation_both_secrets_sign(admin: TestClient, receiver: Receiver) -> None:
    made = make_hook(admin, receiver.url)

    rotated = admin.post(f"/v1/webhooks/{made['id']}/rotate")
    admin.post(f"/v1/webhooks/{made['id']}/test")

    assert rotated.headers["cache-control"] == "no-store"
    assert rotated.json()["secret"] != made["secret"]
    (received,) = receiver.requests
    for secret in (made["secret"], rotated.json()["secret"]):
        Webhook(secret).verify(received.body, dict(received.headers))
