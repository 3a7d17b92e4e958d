"""A key may do what its scopes say, and change the cases it is limited to and no others."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.core.db import Database
from tests.support.desk import CHANGE, Desk, changes, public
from tests.support.keys import make_key, refused

JUDGE: Final = {"slug": "paula-xinis", "name": "Paula Xinis", "kind": "person"}


@pytest.fixture
def cases(desk: Desk) -> dict[str, str]:
    """Return the ids of two cases by their slugs."""
    return {slug: desk.make("cases", slug=slug)["id"] for slug in ("ours", "theirs")}


@pytest.fixture
def limited(client: TestClient, database: Database, cases: dict[str, str]) -> Desk:
    """Return whoever may write to the case `ours` and to no other."""
    return Desk(client, make_key(database, Scope.WRITE, cases=[cases["ours"]]))


def event(desk: Desk, *cases: str, **fields: Any) -> str:  # noqa: ANN401 - JSON
    """Return the path of a new event in the cases."""
    return f"events/{desk.make('events', cases=list(cases), **fields)['id']}"


def forbidden(answer: Response, *cases: str) -> None:
    """Hold a write to be refused, for the sake of those cases and no others."""
    refused(answer, 403, "case-not-allowed")
    assert answer.json()["detail"] == f"The API key may not change {', '.join(sorted(cases)) or 'any case'}."
    assert answer.headers["cache-control"] == "no-store"


def guarded(document: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield the method, the path and the scope of every route that needs a key, and whether it has a body."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for scheme in operation.get("security", []):
                for scope in scheme.get("ApiKey", []):
                    yield method, path, scope, "requestBody" in operation


def test_each_route_asks_for_its_scope_and_names_it(client: TestClient, database: Database) -> None:
    routes = list(guarded(client.get("/openapi.json").json()))
    keys = {scope: make_key(database, scope) for scope in Scope}
    assert ("post", "/v1/events", "write", True) in routes
    assert ("patch", "/v1/cases/{case}", "write", True) in routes
    assert ("get", "/v1/keys", "admin", False) in routes
    assert len(routes) > 30

    for method, path, needed, has_body in routes:
        for scope, key in keys.items():
            answer = client.request(
                method, path.replace("{", "").replace("}", ""), json={} if has_body else None, headers=key
            )
            if scope in {needed, Scope.ADMIN}:
                # Let in: what is wrong now is the request.
                assert answer.status_code in {200, 404, 415, 422, 428}, (method, path, scope, answer.text)
            else:
                refused(answer, 403, "forbidden")
                assert answer.json()["detail"] == f"The API key lacks the scope '{needed}'."
    assert changes(client) == 0


def test_every_write_needs_a_key(client: TestClient) -> None:
    for method, path, _, has_body in guarded(client.get("/openapi.json").json()):
        answer = client.request(method, path.replace("{", "").replace("}", ""), json={} if has_body else None)
        refused(answer, 401, "unauthorized")


def test_a_limited_key_writes_the_events_of_its_case(limited: Desk) -> None:
    path = event(limited, "ours")

    assert limited.amend(path, title="As corrected")["revision"] == 2
    limited.act(path, "retract")
    limited.act(path, "reinstate")
    other = event(limited, "ours")
    assert limited.act(path, "merge", into=other.removeprefix("events/"))["operation"] == "merge"


def test_a_limited_key_writes_no_event_of_another_case(
    desk: Desk, limited: Desk, client: TestClient, cases: dict[str, str]
) -> None:
    theirs, shared = event(desk, "theirs"), event(desk, "ours", "theirs")
    ours, gone = event(desk, "ours"), event(desk, "theirs")
    desk.act(gone, "retract")
    before = changes(client)
    needed = {"type": "statement", "title": "x", "occurred": None}

    forbidden(limited.send("events", {**needed, "cases": ["theirs"]}), cases["theirs"])
    forbidden(limited.send("events", {**needed, "cases": ["ours", "theirs"]}), cases["theirs"])
    for path in (theirs, shared):
        forbidden(limited.attempt(path, title="x"), cases["theirs"])
        forbidden(limited.attempt(path, act="retract"), cases["theirs"])
        forbidden(limited.attempt(path, act="merge", into=ours.removeprefix("events/")), cases["theirs"])
        forbidden(limited.attempt(ours, act="merge", into=path.removeprefix("events/")), cases["theirs"])
    # Neither given away nor taken.
    forbidden(limited.attempt(ours, cases=["theirs"]), cases["theirs"])
    forbidden(limited.attempt(ours, cases=["ours", "theirs"]), cases["theirs"])
    forbidden(limited.attempt(theirs, cases=["ours"]), cases["theirs"])
    forbidden(limited.attempt(gone, act="reinstate"), cases["theirs"])
    assert changes(client) == before


def test_a_limited_key_changes_its_case_and_makes_none(
    limited: Desk, client: TestClient, cases: dict[str, str]
) -> None:
    assert limited.amend("cases/ours", title="Ours")["title"] == "Ours"
    limited.act("cases/ours", "retract")
    limited.act("cases/ours", "reinstate")
    before = changes(client)

    forbidden(limited.send("cases", {"slug": "new", "title": "New"}))
    forbidden(limited.attempt("cases/theirs", title="x"), cases["theirs"])
    forbidden(limited.attempt("cases/theirs", act="retract"), cases["theirs"])
    assert changes(client) == before


@pytest.mark.parametrize("kind", ["actors", "sources"])
def test_what_is_shared_is_changed_where_no_other_case_rests_on_it(
    desk: Desk, limited: Desk, cases: dict[str, str], kind: str
) -> None:
    def made(name: str) -> str:
        fields = {"slug": name} if kind == "actors" else {"title": name}
        record_id: str = limited.make(kind, **fields)["id"]
        return record_id

    def naming(record_id: str) -> dict[str, Any]:
        if kind == "actors":
            return {"actors": [{"actor": record_id, "role": "judge"}]}
        return {"citations": [{"source": record_id}]}

    free, own, foreign = (made(name) for name in ("free", "own", "foreign"))
    event(limited, "ours", **naming(own))
    event(desk, "ours", "theirs", **naming(foreign))

    for record_id in (free, own):
        limited.amend(f"{kind}/{record_id}", external_id=record_id)
    forbidden(limited.attempt(f"{kind}/{foreign}", external_id="x"), cases["theirs"])
    forbidden(limited.attempt(f"{kind}/{foreign}", act="retract"), cases["theirs"])
    forbidden(limited.attempt(f"{kind}/{foreign}", act="merge", into=own), cases["theirs"])
    forbidden(limited.attempt(f"{kind}/{own}", act="merge", into=foreign), cases["theirs"])
    # It may be named in the key's own case all the same.
    event(limited, "ours", **naming(foreign))
    limited.act(f"{kind}/{own}", "merge", into=free)
    # A record that another case reaches by way of a merged one is shared as well.
    last = made("last")
    desk.act(f"{kind}/{foreign}", "merge", into=last)
    forbidden(limited.attempt(f"{kind}/{last}", external_id="y"), cases["theirs"])


def test_a_party_of_another_case_is_not_changed(desk: Desk, limited: Desk, cases: dict[str, str]) -> None:
    limited.make("actors", slug="party")
    docket = {"court": "mdd", "docket_number": "1", "parties": [{"actor": "party", "role": "plaintiff"}]}
    desk.amend("cases/theirs", dockets=[docket])

    forbidden(limited.attempt("actors/party", name="x"), cases["theirs"])


def test_what_is_given_inline_is_made_with_the_event_or_not_at_all(
    limited: Desk, client: TestClient, cases: dict[str, str]
) -> None:
    body = {
        "type": "hearing",
        "title": "A hearing",
        "occurred": "2025-04-15",
        "actors": [{"actor": JUDGE, "role": "judge"}],
        "citations": [{"source": {"kind": "article", "title": "A report"}}],
    }

    forbidden(limited.send("events", {**body, "cases": ["theirs"]}), cases["theirs"])
    assert client.get("/v1/actors/paula-xinis").status_code == 404
    assert limited.send("events", {**body, "cases": ["ours"]}).status_code == 201
    assert public(client, "actors/paula-xinis")["name"] == "Paula Xinis"


def test_a_name_is_taken_out_within_the_cases_of_the_key_alone(
    desk: Desk, limited: Desk, client: TestClient, cases: dict[str, str]
) -> None:
    limited.make("actors", slug="kilmar", name="Kilmar Abrego")
    event(limited, "ours", title="Kilmar Abrego is heard")
    elsewhere = event(desk, "theirs", title="Kilmar Abrego is named here, too")
    before = changes(client)

    forbidden(limited.attempt("actors/kilmar", act="redact", label="Plaintiff A"), cases["theirs"])
    assert changes(client) == before
    assert public(client, "actors/kilmar")["name"] == "Kilmar Abrego"
    assert public(client, elsewhere)["title"] == "Kilmar Abrego is named here, too"

    limited.make("actors", slug="simon", name="Simon Sandoval")
    own = event(limited, "ours", title="Simon Sandoval is heard")
    limited.act("actors/simon", "redact", label="Counsel")
    assert public(client, own)["title"] == "Counsel is heard"


def test_a_limited_key_reads_everything(desk: Desk, limited: Desk) -> None:
    hidden = event(desk, "theirs", visibility="restricted")

    assert limited.read(hidden)["title"] == "An event"
    # A change names who made it to nobody, and says why to everyone who reads it.
    assert desk.attempt(hidden, change=CHANGE, title="x").status_code == 200
