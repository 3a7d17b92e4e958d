"""The corrections log: what was put right, by which act and why."""

import json
from typing import Any, Final

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

from app.access.keys import Scope, create_key
from app.core.db import Database
from app.core.stamps import moment_text
from app.records.revisions import Appended, Log
from app.records.service import amend, merge, retract
from app.records.vocabulary import ChangeKind
from tests.support.editing import change, make_actor, make_case, make_event, restore

LOG: Final = "/v1/corrections"
Json = dict[str, Any]


def items(client: TestClient, **parameters: str | list[str]) -> list[Json]:
    answer = client.get(LOG, params=parameters)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["items"]
    return found


def reasons(client: TestClient, **parameters: str | list[str]) -> list[str]:
    return [item["reason"] for item in items(client, **parameters)]


def act(database: Database, record_id: str, kind: ChangeKind, reason: str, **patch: JsonValue) -> Appended:
    """Amend a record, or withdraw it where nothing is patched."""
    with database.write() as connection:
        log = Log(connection, author="test")
        if not patch:
            return retract(log, record_id, kind=kind, reason=reason)
        return amend(log, record_id, patch, kind=kind, reason=reason)


def correct(database: Database, record_id: str, reason: str, **patch: JsonValue) -> Appended:
    return act(database, record_id, ChangeKind.CORRECTION, reason, **patch)


def test_an_entry_says_what_was_put_right_when_and_why(database: Database, client: TestClient) -> None:
    case = make_case(database)
    event = make_event(database, "2025", title="What happend")
    done = correct(database, event, "Misspelt.", title="What happened")

    assert items(client) == [
        {
            "seq": 3,
            "at": moment_text(done.at),
            "operation": "amend",
            "kind": "correction",
            "reason": "Misspelt.",
            "event": {"id": event, "title": "What happened"},
            "record": event,
            "type": "event",
            "revision": 2,
            "cases": [case],
        }
    ]
    assert client.get(LOG).json()["as_of"] == moment_text(done.at)


def test_updates_are_told_only_when_asked_for(database: Database, client: TestClient) -> None:
    make_case(database)
    event = make_event(database, "2025")
    act(database, event, ChangeKind.UPDATE, "An update.", title="One")
    act(database, event, ChangeKind.CLARIFICATION, "A clarification.", title="Two")
    correct(database, event, "A correction.", title="Three")
    act(database, event, ChangeKind.RETRACTION, "A retraction.")

    assert reasons(client) == ["A retraction.", "A correction.", "A clarification."]
    assert reasons(client, kind="update") == ["An update."]
    assert reasons(client, kind=["update", "correction"]) == ["A correction.", "An update."]
    assert items(client)[0]["event"] == {"id": event, "title": None}


def test_a_log_can_be_of_some_cases_or_of_one_event(database: Database, client: TestClient) -> None:
    make_case(database)
    other = make_case(database, "other")
    actor = make_actor(database, "someone")
    one = make_event(database, "2025", actors=[{"actor": actor, "role": "judge"}])
    two = make_event(database, "2025", "other")
    correct(database, one, "One.", title="One")
    correct(database, two, "Two.", title="Two")
    renamed = correct(database, actor, "A name.", name="Someone Else")

    assert reasons(client, case="a-case") == ["A name.", "One."]
    assert reasons(client, case=other) == ["Two."]
    assert reasons(client, case=["a-case", "other"]) == ["A name.", "Two.", "One."]
    assert reasons(client, event=one) == ["One."]
    (entry,) = items(client, kind="correction", case="a-case", limit="1")
    assert (entry["event"], entry["record"], entry["type"]) == (None, actor, "actor")
    assert entry["seq"] == renamed.public_seq


def test_pages_go_both_ways_and_stay_as_of_their_moment(database: Database, client: TestClient) -> None:
    make_case(database)
    event = make_event(database, "2025")
    for number in range(5):
        correct(database, event, f"Reason {number}.", title=f"Title {number}")

    first = client.get(f"{LOG}?limit=2&total=exact")
    assert first.json()["total"] == 5
    correct(database, event, "Later.", title="Later")
    pages = [first.json()]
    while pages[-1]["next"] is not None:
        pages.append(client.get(pages[-1]["next"]).json())
    assert [[item["reason"] for item in page["items"]] for page in pages] == [
        ["Reason 4.", "Reason 3."],
        ["Reason 2.", "Reason 1."],
        ["Reason 0."],
    ]
    assert first.json()["previous"] is None
    assert first.headers["Link"] == f'<{first.json()["next"]}>; rel="next"'
    back = client.get(pages[2]["previous"]).json()
    assert back["items"] == pages[1]["items"]
    assert client.get(back["previous"]).json()["items"] == pages[0]["items"]
    again = client.get(first.json()["permalink"]).json()
    assert (again["items"], again["as_of"]) == (first.json()["items"], first.json()["as_of"])


def test_what_is_hidden_now_is_not_in_the_log(database: Database, client: TestClient) -> None:
    make_case(database)
    make_case(database, "other")
    hidden_case = make_case(database, "hidden")
    hidden, stub, tombstone = (make_event(database, "2025", title="A canary") for _ in range(3))
    cased = make_event(database, "2025", "hidden", title="A canary")
    gone = make_event(database, "2025", "hidden", title="A canary")
    actor = make_actor(database, "canary")
    for record_id in (hidden, stub, cased):
        correct(database, record_id, "Canary reason.", title="Another canary")
    correct(database, actor, "Canary reason.", name="Another canary")
    act(database, tombstone, ChangeKind.RETRACTION, "A plain reason.")
    act(database, gone, ChangeKind.RETRACTION, "Canary reason.")
    assert len(items(client)) == 6
    moment = client.get(LOG).json()["as_of"]

    correct(database, hidden, "Canary reason.", visibility="restricted")
    correct(database, stub, "Canary reason.", visibility="existence_only")
    correct(database, actor, "Canary reason.", visibility="restricted")
    correct(database, hidden_case, "Canary reason.", visibility="restricted")

    assert reasons(client) == ["A plain reason."]
    assert reasons(client, as_of=moment) == ["A plain reason."]
    assert "canary" not in client.get(LOG, params={"kind": [kind.value for kind in ChangeKind]}).text.lower()
    for parameter, value in (("event", hidden), ("event", cased), ("event", gone), ("case", "hidden")):
        answer = client.get(LOG, params={parameter: value})
        unknown = client.get(LOG, params={parameter: "evt_none"})
        assert (answer.status_code, unknown.status_code) == (422, 422)
    assert items(client, event=stub) == []
    with database.write() as connection:
        text, _row = create_key(connection, "reader", [Scope.READ])
    seen = client.get(LOG, headers={"Authorization": f"Bearer {text}"})
    assert len(seen.json()["items"]) == 10
    assert seen.headers["Cache-Control"].startswith("private")


def test_an_act_done_while_a_record_was_hidden_is_not_told_later(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    event = make_event(database, "2025")
    correct(database, event, "Hidden.", visibility="restricted")
    correct(database, event, "While hidden.", title="Another")
    correct(database, event, "Shown again.", visibility="public")
    correct(database, event, "In public.", title="A third")

    assert reasons(client) == ["In public.", "Shown again."]


def test_a_merge_and_a_reinstatement_are_told(database: Database, client: TestClient) -> None:
    make_case(database)
    twin, kept = make_event(database, "2025"), make_event(database, "2025", title="Kept")
    act(database, kept, ChangeKind.RETRACTION, "Wrongly.")
    restore(database, kept)
    with database.write() as connection:
        log = Log(connection, author="test")
        merge(log, twin, kept, kind=ChangeKind.CORRECTION, reason="Recorded twice.")

    assert [(item["operation"], item["event"]) for item in items(client)] == [
        ("merge", {"id": twin, "title": None}),
        ("reinstate", {"id": kept, "title": "Kept"}),
        ("retract", {"id": kept, "title": "Kept"}),
    ]


def test_the_log_has_a_tag_that_a_change_makes_stale(database: Database, client: TestClient) -> None:
    make_case(database)
    event = make_event(database, "2025")
    held = {"If-None-Match": client.get(LOG).headers["ETag"]}
    assert client.get(LOG, headers=held).status_code == 304

    correct(database, event, "A correction.", title="Other")
    answer = client.get(LOG, headers=held)
    assert answer.status_code == 200
    held = {"If-None-Match": answer.headers["ETag"]}
    change(database, event, visibility="restricted")
    assert json.loads(client.get(LOG, headers=held).text)["items"] == []


@pytest.mark.parametrize(
    ("query", "status", "name"),
    [
        ("kind=mistake", 422, "kind"),
        ("case=nowhere", 422, "case"),
        ("event=evt_none", 422, "event"),
        ("as_of=2999-01-01T00:00:00Z", 422, "as_of"),
        ("limit=0", 422, "limit"),
        ("kinds=correction", 422, "kinds"),
        ("after=abc", 400, None),
    ],
)
def test_a_wrong_question_is_refused(client: TestClient, query: str, status: int, name: str | None) -> None:
    answer = client.get(f"{LOG}?{query}")

    assert answer.status_code == status
    if name is not None:
        assert [error["name"] for error in answer.json()["errors"]] == [name]


def test_an_empty_log_is_an_empty_list(client: TestClient) -> None:
    answer = client.get(LOG)

    assert (answer.status_code, answer.json()["items"], answer.json()["next"]) == (200, [], None)
