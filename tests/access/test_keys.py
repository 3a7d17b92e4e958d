"""API keys: who is let in, what they may do, and that a key is shown once."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
import time_machine
from fastapi import FastAPI
from openapi_spec_validator import validate
from sqlalchemy import select
from starlette.testclient import TestClient

from app.access.keys import MARK, Scope, create_key, find_caller, revoke_key
from app.access.tables import ApiKey
from app.core import stamps
from app.core.db import Database
from app.core.http import StrictRoute
from tests.support.editing import make_case, withdraw

CHALLENGE = 'Bearer realm="Case Timeline"'
UNKNOWN = f"{MARK}{'0' * 52}"

MakeKey: TypeAlias = Callable[..., dict[str, str]]


@pytest.fixture
def make_key(database: Database) -> MakeKey:
    """Return what makes a key and returns the header that it is sent in."""

    def make(*scopes: Scope, expires_at: datetime | None = None) -> dict[str, str]:
        with database.write() as connection:
            text, _ = create_key(connection, "A test", scopes, expires_at=expires_at)
        return bearer(text)

    return make


@pytest.fixture
def admin(make_key: MakeKey) -> dict[str, str]:
    return make_key(Scope.ADMIN)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def text_of(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


# Who is let in


def test_a_key_reads_and_no_key_reads_what_is_public(client: TestClient, make_key: MakeKey) -> None:
    assert client.get("/v1/cases").headers["cache-control"] == "public, max-age=0, must-revalidate"
    for scope in Scope:
        answer = client.get("/v1/cases", headers=make_key(scope))
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


def test_a_key_that_differs_in_one_character_is_refused(client: TestClient, make_key: MakeKey) -> None:
    text = text_of(make_key(Scope.WRITE))
    other = text[:-1] + ("0" if text[-1] != "0" else "1")

    refused(client.get("/v1/cases", headers=bearer(other)), 401, "unauthorized")
    refused(client.get("/v1/cases", headers=bearer(text.upper())), 401, "unauthorized")


def test_two_headers_are_refused(client: TestClient, make_key: MakeKey) -> None:
    key = text_of(make_key(Scope.READ))
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


def test_an_expired_key_is_refused(client: TestClient, make_key: MakeKey) -> None:
    soon = stamps.utc_now() + timedelta(days=1)
    key = make_key(Scope.READ, expires_at=soon)
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
    client: TestClient, make_key: MakeKey, scope: Scope
) -> None:
    key = make_key(scope)

    for answer in (
        client.get("/v1/keys", headers=key),
        client.post("/v1/keys", json={"name": "More", "scopes": ["admin"]}, headers=key),
        client.get("/v1/keys/key_7k3mq9xw2h0d", headers=key),
        client.post("/v1/keys/key_7k3mq9xw2h0d/revoke", headers=key),
    ):
        refused(answer, 403, "forbidden")
        assert answer.json()["detail"] == "The API key lacks the scope 'admin'."


# Making, listing, revoking


def test_a_key_is_made_and_shown_once(database: Database, client: TestClient, admin: dict[str, str]) -> None:
    case = make_case(database, "a-case")
    body = {
        "name": "The desk",
        "scopes": ["write", "import", "write"],
        "cases": ["a-case", case],
        "expires_at": "2100-01-01T00:00:00+02:00",
    }

    answer = client.post("/v1/keys", json=body, headers=admin)

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    text = made.pop("key")
    assert answer.headers["location"] == f"/v1/keys/{made['id']}"
    assert (made["name"], made["scopes"], made["cases"]) == ("The desk", ["import", "write"], [case])
    assert made["expires_at"] == "2099-12-31T22:00:00.000000Z"
    assert made["revoked_at"] is None
    assert text.startswith(made["prefix"])
    assert len(text) == 56
    read = client.get(answer.headers["location"], headers=admin)
    assert read.json() == made
    assert client.get("/v1/cases", headers=bearer(text)).status_code == 200
    with database.read() as connection:
        stored = str(connection.execute(select(*ApiKey.__table__.columns)).all())
    assert text not in stored
    for path in ("/v1/keys", answer.headers["location"]):
        assert text not in client.get(path, headers=admin).text


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": "n" * 201}, ["/name"]),
        ({"name": " n"}, ["/name"]),
        ({"name": "a\nb"}, ["/name"]),
        ({"name": "a\x1b[31m"}, ["/name"]),
        ({"name": "a\x00"}, ["/name"]),
        ({"name": None}, ["/name"]),
        ({"scopes": []}, ["/scopes"]),
        ({"scopes": ["wriet"]}, ["/scopes/0"]),
        ({"scopes": "write"}, ["/scopes"]),
        ({"cases": []}, ["/cases"]),
        ({"cases": ["nowhere", "a-case", "cas_000000000000"]}, ["/cases/0", "/cases/2"]),
        ({"cases": ["a\x00b"]}, ["/cases/0"]),
        ({"cases": ["a-case"], "scopes": ["admin"]}, ["/cases"]),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ["/expires_at"]),
        ({"expires_at": "0001-01-01T00:00:00+12:00"}, ["/expires_at"]),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, ["/expires_at"]),
        ({"expires_at": "2100-01-01T00:00:00"}, ["/expires_at"]),
        ({"expires_at": "2100-01-01"}, ["/expires_at"]),
        ({"expires_at": 4102444800}, ["/expires_at"]),
        ({"expires": "2100-01-01T00:00:00Z"}, ["/expires"]),
    ],
)
def test_what_cannot_be_made_is_refused_at_its_place(
    database: Database, client: TestClient, admin: dict[str, str], change: dict[str, Any], names: list[str]
) -> None:
    make_case(database, "a-case")

    answer = client.post("/v1/keys", json={"name": "The desk", "scopes": ["write"], **change}, headers=admin)

    refused(answer, 422, "invalid-request")
    assert [error["name"] for error in answer.json()["errors"]] == names
    assert len(client.get("/v1/keys", headers=admin).json()["items"]) == 1


def test_an_unknown_case_is_named(client: TestClient, admin: dict[str, str]) -> None:
    body = {"name": "The desk", "scopes": ["write"], "cases": ["abrego-garcai"]}

    answer = client.post("/v1/keys", json=body, headers=admin)

    assert answer.json()["errors"] == [
        {"in": "body", "name": "/cases/0", "message": "There is no case 'abrego-garcai'."}
    ]


def test_a_key_can_be_for_a_case_that_is_hidden_or_retracted(
    database: Database, client: TestClient, admin: dict[str, str]
) -> None:
    hidden = make_case(database, "hidden", visibility="restricted", visibility_reason="Not yet.")
    gone = make_case(database, "gone")
    withdraw(database, gone)
    body = {"name": "The desk", "scopes": ["write"], "cases": ["hidden", "gone"]}

    answer = client.post("/v1/keys", json=body, headers=admin)

    assert answer.json()["cases"] == sorted([hidden, gone])


def test_making_a_key_cannot_be_repeated(client: TestClient, admin: dict[str, str]) -> None:
    body = {"name": "The desk", "scopes": ["write"]}

    answer = client.post("/v1/keys", json=body, headers={**admin, "Idempotency-Key": "1"})

    refused(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["name"] == "Idempotency-Key"


def test_the_pages_of_the_list_are_all_keys_once(client: TestClient, make_key: MakeKey) -> None:
    admin = make_key(Scope.ADMIN)
    for _ in range(6):
        make_key(Scope.READ)
    everything = [item["id"] for item in client.get("/v1/keys", headers=admin).json()["items"]]
    assert len(everything) == 7

    pages = [client.get("/v1/keys?limit=3&total=exact", headers=admin)]
    while url := pages[-1].json()["next"]:
        pages.append(client.get(url, headers=admin))

    assert [[item["id"] for item in page.json()["items"]] for page in pages] == [
        everything[:3],
        everything[3:6],
        everything[6:],
    ]
    assert [page.json()["total"] for page in pages] == [7, 7, 7]
    assert [page.json()["previous"] is None for page in pages] == [True, False, False]
    back = client.get(pages[2].json()["previous"], headers=admin).json()
    assert [item["id"] for item in back["items"]] == everything[3:6]
    first = client.get(back["previous"], headers=admin).json()
    assert [item["id"] for item in first["items"]] == everything[:3]
    assert first["previous"] is None
    assert 'rel="next"' in pages[0].headers["link"]


@pytest.mark.parametrize("after", ["", "x", "WyJ4IiwwLGZhbHNlLFsxXV0"])
def test_a_cursor_of_something_else_is_refused(client: TestClient, admin: dict[str, str], after: str) -> None:
    refused(client.get("/v1/keys", params={"after": after}, headers=admin), 400, "invalid-cursor")


def test_answers_about_keys_are_private_and_have_tags(
    client: TestClient, admin: dict[str, str], make_key: MakeKey
) -> None:
    make_key(Scope.READ)
    listed = client.get("/v1/keys", headers=admin)
    path = f"/v1/keys/{listed.json()['items'][1]['id']}"
    one = client.get(path, headers=admin)

    for url, answer in (("/v1/keys", listed), (path, one)):
        assert answer.headers["cache-control"] == "private, max-age=0, must-revalidate"
        held = {**admin, "If-None-Match": answer.headers["etag"]}
        again = client.get(url, headers=held)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == "private, max-age=0, must-revalidate"

    revoked = client.post(f"{path}/revoke", headers=admin)
    assert (revoked.status_code, revoked.headers["cache-control"]) == (200, listed.headers["cache-control"])
    assert client.get(path, headers={**admin, "If-None-Match": one.headers["etag"]}).json() == revoked.json()
    assert (
        client.get("/v1/keys", headers={**admin, "If-None-Match": listed.headers["etag"]}).status_code == 200
    )


def test_a_key_is_revoked_once(client: TestClient, admin: dict[str, str]) -> None:
    made = client.post("/v1/keys", json={"name": "Short", "scopes": ["read"]}, headers=admin).json()

    first = client.post(f"/v1/keys/{made['id']}/revoke", headers={**admin, "Idempotency-Key": "1"})
    again = client.post(f"/v1/keys/{made['id']}/revoke", headers=admin)

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["revoked_at"] is not None
    refused(client.get("/v1/cases", headers=bearer(made["key"])), 401, "unauthorized")


def test_a_key_there_is_none_of_is_not_found(client: TestClient, admin: dict[str, str]) -> None:
    refused(client.get("/v1/keys/key_000000000000", headers=admin), 404, "not-found")
    refused(client.post("/v1/keys/key_000000000000/revoke", headers=admin), 404, "not-found")


# Where a key never is


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


def test_two_keys_are_never_alike(database: Database) -> None:
    with database.write() as connection:
        made = [create_key(connection, "One", [Scope.READ]) for _ in range(50)]

    assert len({text for text, _ in made}) == len({row.prefix for _, row in made}) == 50
    assert all(row.created_at.tzinfo is UTC for _, row in made)


# What the documentation says


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


def test_what_the_document_says_about_keys_is_what_is_sent(client: TestClient, admin: dict[str, str]) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert list(paths["/v1/keys"]["post"]["responses"]["201"]["content"]) == ["application/json"]
    for operation in (paths["/v1/keys"]["get"], paths["/v1/keys/{key}"]["get"]):
        assert {"200", "304", "401", "403", "422"} <= {*operation["responses"]}
    key = client.get("/v1/keys", headers=admin).json()["items"][0]
    for path, methods in paths.items():
        if path.startswith("/v1/keys/"):
            for operation in methods.values():
                shown = operation["responses"]["200"]["content"]["application/json"]["example"]
                assert [*shown] == [*key]


def refused(answer: Any, status: int, code: str) -> None:  # noqa: ANN401 - the client's answer
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 401:
        assert answer.headers["www-authenticate"] == CHALLENGE
        assert answer.headers["cache-control"] == "no-store"
