"""A snapshot is the same bytes for ever, and says so where it cannot be."""

import base64
import hashlib
from typing import Any, Final

import pytest
from httpx2 import Response
from pydantic import JsonValue
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app.access.keys import Scope, create_key
from app.core.db import Database
from app.core.stamps import moment_text
from app.history import snapshots
from app.history.tables import Snapshot
from app.records.revisions import Log
from app.records.service import merge, redact
from app.records.vocabulary import ChangeKind
from tests.support.editing import change, make_actor, make_case, make_event, make_source, withdraw

SNAPSHOTS: Final = "/v1/snapshots"
Json = dict[str, Any]


@pytest.fixture
def writer(database: Database) -> dict[str, str]:
    """Return the headers of a key that writes."""
    with database.write() as connection:
        text, _row = create_key(connection, "writer", [Scope.WRITE])
    return {"Authorization": f"Bearer {text}"}


def post(client: TestClient, writer: dict[str, str], **filters: JsonValue) -> Response:
    answer: Response = client.post(SNAPSHOTS, json={"filter": filters}, headers=writer)
    return answer


def make(client: TestClient, writer: dict[str, str], **filters: JsonValue) -> tuple[str, Json]:
    """Make a snapshot; return its path, and what the client was told."""
    answer = post(client, writer, **filters)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"], answer.json()


def check(client: TestClient, path: str) -> Json:
    answer = client.get(f"{path}/verify")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def take_out(database: Database, actor: str, label: str = "Plaintiff A") -> str:
    """Redact an actor; return when."""
    with database.write() as connection:
        log = Log(connection, author="test")
        done = redact(log, actor, label, also=[], kind=ChangeKind.CORRECTION, reason="By court order.")
    return moment_text(done.appended.at)


def test_a_snapshot_is_the_whole_timeline_and_its_digest_can_be_recomputed(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    case = make_case(database)
    for day in range(60):
        make_event(database, f"2025-{1 + day // 28:02}-{1 + day % 28:02}")
    make_event(database, "2025", "a-case", type="meeting")
    timeline = client.get("/v1/timeline?case=a-case&type=statement&limit=500").json()

    path, made = make(client, writer, case=["a-case"], type=["statement"])
    answer = client.get(path)
    snapshot = answer.json()

    assert sha256(answer.content) == made["sha256"]
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["Unencoded-Digest"] == f"sha-256=:{digest}:"
    assert answer.headers["Link"] == f'<{path}/verify>; rel="describedby"'
    assert snapshot["timeline"] == {
        **timeline,
        "total": 60,
        "permalink": path,
    }
    assert snapshot["filter"] == {"case": [case], "type": ["statement"], "as_of": timeline["as_of"]}
    assert (snapshot["redacted"], snapshot["withdrawn"]) == (None, None)
    assert made == {
        "id": path.rsplit("/", 1)[1],
        "sha256": sha256(answer.content),
        "created_at": snapshot["created_at"],
        "as_of": timeline["as_of"],
        "seq": 62,
        "events": 60,
    }
    assert check(client, path) == {
        **made,
        "original_sha256": made["sha256"],
        "permalink": f"/v1/timeline?case={case}&type=statement&as_of={timeline['as_of'].replace(':', '%3A')}",
        "matches": True,
        "redacted": None,
        "withdrawn": None,
    }
    again = client.get(check(client, path)["permalink"]).json()
    assert again["items"] == timeline["items"][:50]


def test_what_is_changed_later_changes_nothing_in_it(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    actor = make_actor(database, "someone", name="Old Name")
    source = make_source(database, "A report")
    event, gone, twin = (
        make_event(
            database,
            "2025",
            title="As it was",
            actors=[{"actor": actor, "role": "judge"}],
            citations=[{"source": source}],
        )
        for _ in range(3)
    )
    path, made = make(client, writer)
    first = client.get(path).content

    change(database, event, title="As it is")
    change(database, actor, name="New Name")
    change(database, source, title="Another report")
    withdraw(database, gone)
    with database.write() as connection:
        log = Log(connection, author="test")
        merge(log, twin, event, kind=ChangeKind.CORRECTION, reason="The same.")
    make_event(database, "2024")

    assert client.get(path).content == first
    assert check(client, path)["matches"] is True
    assert check(client, path)["sha256"] == made["sha256"]


def test_a_snapshot_of_the_past_is_as_of_then(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    event = make_event(database, "2025", title="As it was")
    before = client.get("/v1/timeline").json()
    change(database, event, title="As it is")

    path, made = make(client, writer, as_of=before["as_of"], order="-changed")
    assert client.get(path).json()["timeline"]["items"] == before["items"]
    assert (made["as_of"], made["seq"]) == (before["as_of"], 2)
    _path, repeated = make(client, writer, **client.get(path).json()["filter"])
    assert (repeated["as_of"], repeated["events"]) == (made["as_of"], 1)


def test_it_is_what_the_public_saw_whoever_makes_and_reads_it(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    make_event(database, "2025", title="A canary", visibility="restricted")
    shown = make_event(database, "2025", title="Shown")
    path, made = make(client, writer)

    public, keyed = client.get(path), client.get(path, headers=writer)
    assert public.content == keyed.content
    assert [item["id"] for item in public.json()["timeline"]["items"]] == [shown]
    assert made["seq"] == 2
    assert (public.headers["Cache-Control"][:6], keyed.headers["Cache-Control"][:7]) == ("public", "private")


def test_what_is_withdrawn_from_the_public_is_left_out_until_it_is_back(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    hidden = make_event(database, "2025-01", title="The canary sings")
    shown = make_event(database, "2025-02", title="Shown")
    path, made = make(client, writer, since="2025")
    first = client.get(path)
    held = {"If-None-Match": first.headers["ETag"]}
    assert client.get(path, headers=held).status_code == 304

    done = change(database, hidden, visibility="restricted", visibility_reason="A canary.")
    answer = client.get(path, headers=held)
    snapshot = answer.json()
    assert "canary" not in answer.text
    assert [item["id"] for item in snapshot["timeline"]["items"]] == [shown]
    assert (snapshot["timeline"]["total"], snapshot["filter"]) == (1, None)
    assert snapshot["withdrawn"] == {
        "at": moment_text(done.at),
        "reason": "A record in it is not public any more.",
    }
    found = check(client, path)
    assert found["sha256"] == sha256(answer.content) != made["sha256"]
    assert found["original_sha256"] == made["sha256"]
    assert (found["withdrawn"], found["permalink"], found["events"], found["matches"]) == (
        snapshot["withdrawn"],
        None,
        1,
        True,
    )
    assert client.get(path).content == answer.content

    change(database, hidden, visibility="existence_only", visibility_reason="Sealed by the court.")
    stubbed = client.get(path).json()
    assert [item["title"] for item in stubbed["timeline"]["items"]] == [None, "Shown"]
    assert stubbed["withdrawn"]["reason"] == "Sealed by the court."

    change(database, hidden, visibility="public", visibility_reason=None)
    assert client.get(path).content == first.content
    assert check(client, path)["sha256"] == made["sha256"]


@pytest.mark.parametrize("what", ["actor", "source", "case", "target", "target-case"])
def test_what_an_event_names_is_left_out_when_it_is_hidden(
    database: Database, client: TestClient, writer: dict[str, str], what: str
) -> None:
    make_case(database)
    case = make_case(database, "canary-case", title="Canary case")
    other = make_case(database, "canary-other", title="Canary other")
    actor = make_actor(database, "canary-actor", name="Canary actor")
    source = make_source(database, "Canary source")
    target = make_event(database, "2024", "canary-other", title="Canary target")
    make_event(
        database,
        "2025",
        cases=["a-case", case],
        actors=[{"actor": actor, "role": "judge"}],
        citations=[{"source": source, "quote": "Canary quote"}],
        relations=[{"type": "responds_to", "event": target}],
    )
    path, made = make(client, writer, since="2025")
    first = client.get(path).content
    records = {"actor": actor, "source": source, "case": case, "target": target, "target-case": other}
    change(database, records[what], visibility="restricted")

    answer = client.get(path)
    assert records[what] not in answer.text
    assert f"Canary {what.removesuffix('-case')}" not in answer.text
    assert answer.json()["withdrawn"] is not None
    assert sha256(answer.content) == check(client, path)["sha256"] != made["sha256"]
    change(database, records[what], visibility="public")
    assert client.get(path).content == first


def test_a_question_that_names_what_is_hidden_is_withdrawn_with_its_answer(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    actor = make_actor(database, "canary")
    make_event(database, "2025", actors=[{"actor": actor, "role": "judge"}])
    path, _made = make(client, writer, actor=["canary"])
    change(database, actor, visibility="restricted")

    snapshot = client.get(path).json()
    assert (snapshot["timeline"], snapshot["filter"]) == (None, None)
    assert snapshot["withdrawn"]["reason"] == "A record in it is not public any more."
    assert (check(client, path)["events"], check(client, path)["matches"]) == (0, True)
    assert actor not in client.get(path).text + client.get(f"{path}/verify").text


def test_what_is_hidden_elsewhere_changes_nothing(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    make_event(database, "2025", title="Shown")
    other = make_event(database, "2024", title="Other")
    path, _made = make(client, writer, since="2025")
    first = client.get(path).content
    change(database, other, visibility="restricted")

    assert client.get(path).content == first
    assert check(client, path)["withdrawn"] is None


def test_what_was_hidden_before_and_is_shown_later_is_not_added(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    event = make_event(database, "2025", title="Hidden at first")
    make_event(database, "2025", title="Shown")
    moment = client.get("/v1/timeline").json()["as_of"]
    change(database, event, visibility="restricted")
    path, made = make(client, writer, as_of=moment)
    first = client.get(path).content
    assert made["events"] == 1
    change(database, event, visibility="public")

    assert client.get(path).content == first


def test_a_redaction_takes_the_name_out_and_the_snapshot_says_so(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    actor = make_actor(database, "zebulon-quix", name="Zebulon Quix")
    event = make_event(
        database,
        "2025",
        title="Zebulon Quix is named",
        actors=[{"actor": actor, "role": "subject"}],
    )
    path, made = make(client, writer, q="zebulon quix", actor=["zebulon-quix"])
    assert made["events"] == 1
    etag = client.get(path).headers["ETag"]
    at = take_out(database, actor)

    answer = client.get(path, headers={"If-None-Match": etag})
    snapshot = answer.json()
    for text in (answer.text, client.get(f"{path}/verify").text):
        assert "quix" not in text.lower()
    assert snapshot["redacted"]["reason"] == "By court order."
    assert snapshot["redacted"]["at"] >= at
    assert snapshot["withdrawn"] is None
    (item,) = snapshot["timeline"]["items"]
    assert (item["id"], item["title"], item["actors"][0]["name"]) == (
        event,
        "Plaintiff A is named",
        "Plaintiff A",
    )
    found = check(client, path)
    assert found["sha256"] == sha256(answer.content) != made["sha256"]
    assert found["original_sha256"] == made["sha256"]
    assert (found["redacted"], found["matches"]) == (snapshot["redacted"], True)
    assert client.get(path).content == answer.content


def test_bytes_that_were_tampered_with_do_not_match(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    make_event(database, "2025", title="As it was")
    path, made = make(client, writer)
    with database.write() as connection:
        body = connection.execute(select(Snapshot.body)).scalar_one()
        connection.execute(update(Snapshot).values(body=body.replace(b"was", b"is")))

    found = check(client, path)
    assert (found["matches"], found["original_sha256"]) == (False, made["sha256"])
    assert found["sha256"] != made["sha256"]


@pytest.mark.parametrize(
    ("body", "name", "meant"),
    [
        ({"filter": {"tipe": ["meeting"]}}, "/filter/tipe", "type"),
        ({"filter": {"type": ["meting"]}}, "/filter/type/0", "meeting"),
        ({"filter": {"type": "meeting"}}, "/filter/type", None),
        ({"filter": {"limit": 5}}, "/filter/limit", None),
        ({"filter": {"min_seq": 5}}, "/filter/min_seq", None),
        ({"filter": {"actor": ["nobody"]}}, "/filter/actor", None),
        ({"filter": {"since": "yesterday"}}, "/filter/since", None),
        ({"filter": {"as_of": "2999-01-01T00:00:00Z"}}, "/filter/as_of", None),
        ({"filter": {"as_of": "2025-01-01T00:00:00"}}, "/filter/as_of", None),
        ({"filter": {"timezone": "Mars"}}, "/filter/timezone", None),
        ({"filters": {}}, "/filter", None),
    ],
)
def test_a_wrong_filter_is_refused_where_it_is_wrong(
    client: TestClient, writer: dict[str, str], body: Json, name: str, meant: str | None
) -> None:
    answer = client.post(SNAPSHOTS, json=body, headers=writer)

    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert (error["in"], error["name"], error.get("did_you_mean")) == ("body", name, meant)


def test_what_is_too_much_for_one_is_refused(
    database: Database, client: TestClient, writer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MOST_EVENTS", 2)
    make_case(database)
    for _ in range(3):
        make_event(database, "2025")

    answer = post(client, writer)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "/filter")
    assert post(client, writer, since="2026").status_code == 201


def test_only_who_may_write_makes_one(database: Database, client: TestClient) -> None:
    with database.write() as connection:
        text, _row = create_key(connection, "reader", [Scope.READ])

    assert client.post(SNAPSHOTS, json={"filter": {}}).status_code == 401
    reader = {"Authorization": f"Bearer {text}"}
    assert client.post(SNAPSHOTS, json={"filter": {}}, headers=reader).status_code == 403


def test_the_same_request_with_a_key_makes_one_snapshot(
    database: Database, client: TestClient, writer: dict[str, str]
) -> None:
    make_case(database)
    headers = {**writer, "Idempotency-Key": "once"}
    first = client.post(SNAPSHOTS, json={"filter": {}}, headers=headers)
    second = client.post(SNAPSHOTS, json={"filter": {}}, headers=headers)

    assert (first.status_code, first.content) == (201, second.content)
    assert first.headers["Location"] == second.headers["Location"]
    assert first.headers["ETag"] == client.get(first.headers["Location"]).headers["ETag"]


def test_an_empty_database_has_an_empty_snapshot(client: TestClient, writer: dict[str, str]) -> None:
    path, made = make(client, writer)

    assert (made["seq"], made["events"]) == (0, 0)
    assert client.get(path).json()["timeline"]["items"] == []
    assert check(client, path)["matches"] is True


def test_a_snapshot_that_there_is_not_is_not_found(client: TestClient) -> None:
    for path in ("snp_none", "snp_none/verify"):
        assert client.get(f"{SNAPSHOTS}/{path}").status_code == 404
