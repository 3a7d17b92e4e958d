"""What was public once and is hidden now is told by no route any more."""

from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.editing import change, make_actor, make_case, make_event, withdraw


def test_an_event_follows_its_case_out_of_sight(database: Database, client: TestClient) -> None:
    case = make_case(database)
    kept, gone = make_event(database, "2025", title="Secret now"), make_event(database, "2026")
    withdraw(database, gone)
    change(database, case, visibility="restricted")

    for event in (kept, gone):
        for path in ("", "/revisions", "/revisions/1", "/revisions/2"):
            answer = client.get(f"/v1/events/{event}{path}")
            assert (answer.status_code, "A test." in answer.text) == (404, False), (event, path)
    rows = client.get("/v1/changes").json()["items"]
    assert [(row["seq"], row["record"], row["operation"], row["kind"]) for row in rows] == [
        (seq, None, None, None) for seq in (1, 2, 3, 4, 5)
    ]


def test_an_event_of_a_retracted_case_is_no_secret(database: Database, client: TestClient) -> None:
    case = make_case(database)
    kept, gone = make_event(database, "2025"), make_event(database, "2026")
    withdraw(database, gone)
    withdraw(database, case)

    assert client.get(f"/v1/events/{kept}/revisions").status_code == 200
    assert client.get(f"/v1/events/{gone}").status_code == 410
    assert client.get(f"/v1/events/{gone}/revisions").status_code == 200


def test_an_event_that_no_public_case_had_was_never_there(database: Database, client: TestClient) -> None:
    make_case(database, "vault", visibility="restricted")
    make_case(database, "sealed", visibility="existence_only")
    for case in ("vault", "sealed"):
        event = make_event(database, "2025", case)
        withdraw(database, event)
        nothing = client.get("/v1/events/evt_000000000000/revisions/1").text

        assert client.get(f"/v1/events/{event}").status_code == 404
        found = client.get(f"/v1/events/{event}/revisions/1").text
        assert found == nothing.replace("evt_000000000000", event)


def test_why_a_hidden_record_was_changed_or_withdrawn_is_hidden(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    actor = make_actor(database, "someone", visibility="existence_only")
    event = make_event(database, "2025", visibility="existence_only")
    change(database, event, title="Other words")
    for record in (actor, event):
        withdraw(database, record)

    revisions = client.get(f"/v1/events/{event}/revisions").json()["items"]
    assert [one["reason"] for one in revisions] == [None, None, None]
    for path in (f"/v1/actors/{actor}", f"/v1/events/{event}"):
        assert (client.get(path).status_code, client.get(path).json()["reason"]) == (410, "")


def test_a_withdrawn_event_of_a_hidden_case_is_not_named(database: Database, client: TestClient) -> None:
    make_case(database)
    later = make_case(database, "later")
    gone = make_event(database, "2025", "later")
    event = make_event(database, "2026", relations=[{"type": "cites", "event": gone}])
    withdraw(database, gone)
    assert client.get(f"/v1/events/{event}").json()["relations"] == [
        {"type": "cites", "event": {"id": gone, "title": None}}
    ]
    known = client.get("/v1/cases/a-case/timeline")

    change(database, later, visibility="restricted")

    assert client.get(f"/v1/events/{event}").json()["relations"] == []
    again = client.get("/v1/cases/a-case/timeline", headers={"If-None-Match": known.headers["etag"]})
    assert (again.status_code, gone in again.text) == (200, False)


def test_the_digest_of_a_change_is_of_what_the_public_saw(database: Database, client: TestClient) -> None:
    make_case(database, "vault", visibility="restricted")
    make_case(database)
    hidden = make_actor(database, "hidden", visibility="restricted")
    sealed = [
        make_actor(database, name, visibility="existence_only", visibility_reason="A minor.")
        for name in ("one", "another")
    ]
    plain = make_event(database, "2025")
    tied = make_event(database, "2025", actors=[{"actor": hidden, "role": "judge"}])
    change(database, tied, cases=["a-case", "vault"])

    items = client.get("/v1/changes").json()["items"]
    digests = {
        record: [one["digest"] for one in items if one["record"] == record]
        for record in (*sealed, plain, tied)
    }
    # A name could be found by trying names, if its digest were told.
    assert digests[sealed[0]] == digests[sealed[1]]
    assert digests[tied] == digests[plain] * 2
    assert client.get("/v1/changes/verify").json()["valid"] is True
