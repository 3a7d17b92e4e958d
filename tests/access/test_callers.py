"""Who is let in with a key and who is not, and that a key is nowhere but in its header."""

import logging
from datetime import timedelta

import pytest
import time_machine
from fastapi import FastAPI
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from app.access.keys import MARK, Scope, create_key, find_caller, revoke_key
from app.core import stamps
from app.core.db import Database
from app.core.http import StrictRoute
from tests.support.keys import CHALLENGE, bearer, make_key, refused, text_of

UNKNOWN = f"{MARK}{'0' * 52}"


@pytest.fixture
def admin(database: Database) -> dict[str, str]:
    return make_key(database, Scope.ADMIN)


def test_a_key_reads_and_no_key_reads_what_is_public(client: TestClient, database: Database) -> None:
    assert client.get("/v1/cases").headers["cache-control"] == "public, max-age=0, must-revalidate"
    for scope in Scope:
        answer = client.get("/v1/cases", headers=make_key(database, scope))
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, max-age=0, must-revalidate"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer ctl_",
        f"Bearer {UNKNOWN}",
        f"Bearer {UNKNOWN}0",
        f"Bearer {UNKNOWN} {UNKNOWN}",
        f"Bearer {UNKNOWN[:-1]}\x7f",
        f"Bearer {MARK}{'é' * 52}",
        f"Basic {UNKNOWN}",
        UNKNOWN,
    ],
)
@pytest.mark.parametrize("path", ["/v1/cases", "/v1/timeline", "/v1/vocabulary", "/v1/keys"])
def test_what_is_no_valid_key_is_never_read_as_the_public(client: TestClient, path: str, header: str) -> None:
    answer = client.get(path, headers={b"Authorization": header.encode("latin-1")})

    refused(answer, 401, "unauthorized")
    assert UNKNOWN not in answer.text


def test_a_key_that_differs_in_one_character_is_refused(client: TestClient, database: Database) -> None:
    text = text_of(make_key(database, Scope.WRITE))
    other = text[:-1] + ("0" if text[-1] != "0" else "1")

    refused(client.get("/v1/cases", headers=bearer(other)), 401, "unauthorized")
    refused(client.get("/v1/cases", headers=bearer(text.upper())), 401, "unauthorized")


def test_two_headers_are_refused(client: TestClient, database: Database) -> None:
    key = text_of(make_key(database, Scope.READ))
    headers = [("Authorization", f"Bearer {key}"), ("Authorization", f"Bearer {key}")]

    refused(client.get("/v1/cases", headers=headers), 401, "unauthorized")


def test_a_key_ends_when_it_expires(database: Database) -> None:
    with time_machine.travel("2026-12-01T09:00:00Z", tick=False) as clock, database.write() as connection:
        end = stamps.utc_now() + timedelta(hours=1)
        text, row = create_key(connection, "An hour", [Scope.READ], expires_at=end)

        clock.move_to(end - timedelta(microseconds=1))
        found = find_caller(connection, text)
        assert found is not None
        assert (found.key_id, found.name, found.cases) == (row.id, "An hour", None)
        clock.move_to(end)
        assert find_caller(connection, text) is None


def test_an_expired_key_is_refused(client: TestClient, database: Database) -> None:
    soon = stamps.utc_now() + timedelta(days=1)
    key = make_key(database, Scope.READ, expires_at=soon)
    assert client.get("/v1/cases", headers=key).status_code == 200

    with time_machine.travel(soon):
        refused(client.get("/v1/cases", headers=key), 401, "unauthorized")


def test_a_revoked_key_is_refused_at_once_and_for_ever(database: Database, client: TestClient) -> None:
    with database.write() as connection:
        text, row = create_key(connection, "Short", [Scope.READ])
    assert client.get("/v1/cases", headers=bearer(text)).status_code == 200

    with database.write() as connection:
        first = revoke_key(connection, row.id)
    with database.write() as connection:
        again = revoke_key(connection, row.prefix)

    refused(client.get("/v1/cases", headers=bearer(text)), 401, "unauthorized")
    assert (first.revoked_at is None, again) == (False, first)


def test_without_a_key_nothing_of_the_keys_is_answered(client: TestClient) -> None:
    for method, path in [
        ("GET", "/v1/keys"),
        ("HEAD", "/v1/keys"),
        ("POST", "/v1/keys"),
        ("GET", "/v1/keys/key_7k3mq9xw2h0d"),
        ("POST", "/v1/keys/key_7k3mq9xw2h0d/revoke"),
    ]:
        answer = client.request(method, path, json={"name": "x"} if method == "POST" else None)
        assert (method, path, answer.status_code) == (method, path, 401)
        assert answer.headers["www-authenticate"] == CHALLENGE


@pytest.mark.parametrize("scope", [Scope.READ, Scope.WRITE, Scope.IMPORT])
def test_what_a_key_may_not_do_names_the_scope_it_lacks(
    client: TestClient, database: Database, scope: Scope
) -> None:
    key = make_key(database, scope)

    for answer in (
        client.get("/v1/keys", headers=key),
        client.post("/v1/keys", json={"name": "More", "scopes": ["admin"]}, headers=key),
        client.get("/v1/keys/key_7k3mq9xw2h0d", headers=key),
        client.post("/v1/keys/key_7k3mq9xw2h0d/revoke", headers=key),
    ):
        refused(answer, 403, "forbidden")
        assert answer.json()["detail"] == "The API key lacks the scope 'admin'."


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/timeline", "/v1/keys", "/v1/vocabulary", "/healthz"])
@pytest.mark.parametrize("name", ["key", "api_key", "token", "access_token"])
def test_a_key_is_not_taken_from_the_address(
    client: TestClient, admin: dict[str, str], path: str, name: str
) -> None:
    answer = client.get(path, params={name: text_of(admin)})

    assert answer.status_code in {401, 422}
    assert text_of(admin) not in answer.text
    with_key = client.get(path, params={name: text_of(admin)}, headers=admin)
    refused(with_key, 422, "invalid-request")
    assert text_of(admin) not in with_key.text


def test_no_log_line_and_no_error_has_the_key(
    client: TestClient, admin: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    app = client.app
    assert isinstance(app, FastAPI)

    def fail() -> None:
        raise ValueError("A mistake.")

    app.router.add_api_route("/v1/failing", fail, methods=["GET"], route_class_override=StrictRoute)
    unsaid = TestClient(app, raise_server_exceptions=False)
    key = text_of(admin)

    with caplog.at_level(logging.DEBUG):
        answers = [
            unsaid.get("/v1/failing", headers=admin),
            unsaid.get("/v1/cases", headers=admin),
            unsaid.get("/v1/cases?typ=1", headers=admin),
            unsaid.get("/v1/nowhere", headers=admin),
            unsaid.get(f"/v1/keys/{key}", headers=admin),
            unsaid.post("/v1/keys", json={"name": "x", "scopes": ["admin"]}, headers=admin),
            unsaid.post("/v1/keys", json={"name": key, "scopes": [key]}, headers=admin),
            unsaid.get("/v1/cases", headers=bearer(key + "0")),
        ]

    assert [answer.status_code for answer in answers] == [500, 200, 422, 404, 422, 201, 422, 401]
    assert "failed, request" in caplog.text
    # The client logs the address it asks for, which is its own affair.
    records = [record for record in caplog.records if not record.name.startswith("httpx")]
    logged = "".join(f"{logging.Formatter().format(record)}{record.__dict__}" for record in records)
    made = answers[5].json()["key"]
    assert key not in logged
    assert made not in logged
    for answer in answers:
        assert key not in "".join(answer.headers.values())
        # An address that a client made is told back as `instance`; nothing else of it is.
        assert key not in answer.text.replace(f'"instance":"/v1/keys/{key}"', "")


def test_the_document_says_which_routes_need_a_key(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    validate(document)
    scheme = document["components"]["securitySchemes"]["ApiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    operations = {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert operations["get", "/v1/cases"]["security"] == [{}, {"ApiKey": []}]
    assert operations["get", "/v1/keys"]["security"] == [{"ApiKey": ["admin"]}]
    assert operations["post", "/v1/keys"]["security"] == [{"ApiKey": ["admin"]}]
    assert "security" not in operations["get", "/healthz"]
    for (method, path), operation in operations.items():
        if not path.startswith("/v1/"):
            continue
        needs_key = {} not in operation["security"]
        assert needs_key or method == "get", (method, path)
        assert "401" in operation["responses"], (method, path)
        assert ("403" in operation["responses"]) or not needs_key, (method, path)
        if method != "get":
            assert next(iter(operation["security"][0].values())), (method, path)
