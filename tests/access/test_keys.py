"""API keys over HTTP: made and shown once, listed, revoked."""

from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.access.keys import Scope, create_key
from app.access.tables import ApiKey
from app.core.db import Database
from app.core.paging import Cursor, encode_cursor, fingerprint
from tests.support.editing import make_case, withdraw
from tests.support.keys import bearer, make_key, refused


@pytest.fixture
def admin(database: Database) -> dict[str, str]:
    return make_key(database, Scope.ADMIN)


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


def test_the_pages_of_the_list_are_all_keys_once(client: TestClient, database: Database) -> None:
    admin = make_key(database, Scope.ADMIN)
    for _ in range(6):
        make_key(database, Scope.READ)
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


@pytest.mark.parametrize("key", [(), ("a", "b"), (2**60, "key_000000000000"), (-1, "x"), (1, "a\x00b")])
def test_a_cursor_that_somebody_made_up_is_refused(
    client: TestClient, admin: dict[str, str], key: tuple[int | str, ...]
) -> None:
    after = encode_cursor(Cursor(fingerprint("keys"), 0, is_backwards=False, key=key))

    refused(client.get("/v1/keys", params={"after": after}, headers=admin), 400, "invalid-cursor")


@pytest.mark.parametrize("after", ["", "x", "WyJ4IiwwLGZhbHNlLFsxXV0"])
def test_a_cursor_of_something_else_is_refused(client: TestClient, admin: dict[str, str], after: str) -> None:
    refused(client.get("/v1/keys", params={"after": after}, headers=admin), 400, "invalid-cursor")


def test_answers_about_keys_are_private_and_have_tags(
    client: TestClient, admin: dict[str, str], database: Database
) -> None:
    make_key(database, Scope.READ)
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


def test_two_keys_are_never_alike(database: Database) -> None:
    with database.write() as connection:
        made = [create_key(connection, "One", [Scope.READ]) for _ in range(50)]

    assert len({text for text, _ in made}) == len({row.prefix for _, row in made}) == 50
    assert all(row.created_at.tzinfo is UTC for _, row in made)


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
