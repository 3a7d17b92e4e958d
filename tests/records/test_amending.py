"""What an editor changes, withdraws or puts back: with a reason, and knowing what was there."""

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.desk import CHANGE, Desk, faults, public


@pytest.fixture
def case(desk: Desk) -> str:
    made: str = desk.make("cases")["id"]
    return made


@pytest.fixture
def event(desk: Desk, case: str) -> str:
    """Return the path of an event in a case."""
    return f"events/{desk.make('events', cases=[case])['id']}"


@pytest.mark.parametrize("media_type", ["application/merge-patch+json", "application/json"])
def test_a_patch_changes_what_it_names_and_nothing_else(
    desk: Desk, client: TestClient, event: str, media_type: str
) -> None:
    before = public(client, event)

    answer = client.patch(
        f"/v1/{event}",
        content=json.dumps({"title": "As corrected", "change": CHANGE}),
        headers={**desk.headers, "If-Match": desk.etag(event), "Content-Type": media_type},
    )

    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert (answer.headers["change-seq"], answer.headers["etag"][:3]) == ("3", '"2-')
    assert after == public(client, event)
    assert {name for name in before if before[name] != after[name]} == {
        "title",
        "revision",
        "corrections",
        "last_corrected_at",
    }
    assert (after["title"], after["revision"], after["corrections"]) == ("As corrected", 2, 1)


@pytest.mark.parametrize("media_type", ["text/plain", "application/json-patch+json", ""])
def test_a_patch_of_another_media_type_is_refused(
    desk: Desk, client: TestClient, event: str, media_type: str
) -> None:
    answer = client.patch(
        f"/v1/{event}",
        content=json.dumps({"title": "x", "change": CHANGE}),
        headers={**desk.headers, "If-Match": "*", "Content-Type": media_type},
    )

    faults(answer, 415)
    assert answer.json()["allowed"] == ["application/merge-patch+json", "application/json"]


def test_null_empties_a_field_and_what_must_be_there_cannot_be_emptied(desk: Desk, case: str) -> None:
    made = desk.make("events", summary="x", place={"country": "US"}, tags=["a"], external_id="e-1")
    path = f"events/{made['id']}"

    emptied = desk.amend(path, summary=None, place=None, tags=None, external_id=None, occurred=None)

    assert [emptied[name] for name in ("summary", "place", "tags", "external_id", "occurred")] == [
        None,
        None,
        [],
        None,
        None,
    ]
    # As if it had been left out when the record was made.
    assert desk.amend(path, standing="disputed")["standing"] == "disputed"
    assert desk.amend(path, standing=None)["standing"] == "reported"
    assert list(faults(desk.attempt(path, title=None))) == ["/title"]
    assert list(faults(desk.attempt(path, type=None))) == ["/type"]
    assert list(faults(desk.attempt(path, cases=None))) == ["/cases"]
    assert list(faults(desk.attempt(path, cases=[]))) == ["/cases"]
    assert list(faults(desk.attempt(f"cases/{case}", slug=None))) == ["/slug"]


def test_null_does_not_show_a_hidden_record_to_everyone(desk: Desk, client: TestClient) -> None:
    desk.make("cases", visibility="restricted")

    for level in (None, "everyone"):
        assert list(faults(desk.attempt("cases/a-case", visibility=level))) == ["/visibility"]
    assert desk.amend("cases/a-case", title="Still hidden")["visibility"] == "restricted"
    assert client.get("/v1/cases/a-case").status_code == 404


@pytest.mark.usefixtures("case")
def test_details_and_place_are_patched_member_by_member(desk: Desk) -> None:
    made = desk.make(
        "events",
        type="meeting",
        details={"venue": "Oval Office", "topics": ["migration"]},
        place={"name": "Washington", "country": "US"},
    )
    path = f"events/{made['id']}"

    assert desk.amend(path, details={"topics": ["migration", "tariffs"]})["details"] == {
        "venue": "Oval Office",
        "topics": ["migration", "tariffs"],
    }
    assert desk.amend(path, details={"venue": None})["details"] == {
        "venue": None,
        "topics": ["migration", "tariffs"],
    }
    assert desk.amend(path, place={"latitude": 38.9, "longitude": -77.0, "name": None})["place"] == {
        "name": None,
        "country": "US",
        "latitude": 38.9,
        "longitude": -77.0,
    }
    assert list(faults(desk.attempt(path, details={"flight": "X"}))) == ["/details/flight"]
    assert list(faults(desk.attempt(path, place={"latitude": 91}))) == ["/place/latitude"]


@pytest.mark.usefixtures("case")
def test_an_event_changes_its_type_together_with_its_details(desk: Desk) -> None:
    made = desk.make("events", type="meeting", details={"venue": "Oval Office"})
    path = f"events/{made['id']}"

    # What the new type has no place for is not dropped in silence.
    assert list(faults(desk.attempt(path, type="statement"))) == ["/details/venue"]
    after = desk.amend(path, type="statement", details={"venue": None, "forum": "press"})

    assert (after["type"], after["details"]) == ("statement", {"forum": "press", "quote": None})
    assert desk.amend(path, details={"forum": None})["details"] == {"forum": None, "quote": None}
    # Details that say nothing are in nobody's way.
    assert desk.amend(path, type="agreement")["details"] == {"terms": None}


@pytest.mark.usefixtures("case")
def test_a_date_is_patched_with_its_time_zone_or_without(desk: Desk) -> None:
    path = f"events/{desk.make('events', timezone='America/New_York')['id']}"

    assert desk.amend(path, occurred="2025-04")["occurred"]["timezone"] == "America/New_York"
    there = {"edtf": "2025-04-14", "timezone": "America/El_Salvador"}
    assert desk.amend(path, occurred=there)["occurred"]["earliest"] == "2025-04-14T06:00:00Z"
    assert desk.amend(path, occurred=None)["occurred"] is None
    assert desk.amend(path, occurred="2025-04-15")["occurred"]["timezone"] == "America/El_Salvador"
    assert list(faults(desk.attempt(path, occurred="soon"))) == ["/occurred"]
    assert list(faults(desk.attempt(path, occurred={"edtf": "soon"}))) == ["/occurred/edtf"]
    assert list(faults(desk.attempt(path, timezone="Mars/Olympus"))) == ["/timezone"]


def test_a_retracted_record_answers_410_with_the_reason_until_it_is_reinstated(
    desk: Desk, client: TestClient, event: str
) -> None:
    before = public(client, event)
    reason = {"kind": "retraction", "reason": "It is another man."}

    answer = desk.attempt(event, act="retract", change=reason)

    assert answer.status_code == 200, answer.text
    tombstone = answer.json()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z", tombstone.pop("at"))
    assert tombstone == {
        "id": before["id"],
        "revision": 2,
        "operation": "retract",
        **reason,
        "into": None,
    }
    gone = client.get(f"/v1/{event}")
    faults(gone, 410)
    assert (gone.json()["reason"], gone.json()["record"]) == ("It is another man.", before["id"])
    assert gone.headers["etag"].startswith('"2-')
    assert public(client, "timeline")["items"] == []
    # Neither can be done to what is no longer there.
    faults(desk.attempt(event, title="x"), 410)
    faults(desk.attempt(event, act="retract"), 410)

    faults(desk.attempt(event, act="reinstate", tag='"1"'), 412)
    back = desk.attempt(event, act="reinstate", tag=gone.headers["etag"])

    assert back.status_code == 200, back.text
    assert back.headers["etag"].startswith('"3-')
    now = public(client, event)
    assert now == back.json()
    assert {**now, "revision": 1, "corrections": 0, "last_corrected_at": None} == before


@pytest.mark.parametrize("kind", ["cases", "actors", "sources"])
def test_any_record_is_retracted_and_reinstated(desk: Desk, client: TestClient, kind: str) -> None:
    made = desk.make(kind)
    path = f"{kind}/{made['id']}"

    desk.act(path, "retract")
    assert client.get(f"/v1/{path}").status_code == 410
    assert public(client, kind)["items"] == []
    desk.act(path, "reinstate")

    assert {**public(client, path), "revision": 1} == {**made, **_counted(client, kind, path)}


def _counted(client: TestClient, kind: str, path: str) -> dict[str, Any]:
    """Return what a case tells of its changes, which differs after each."""
    return {"last_change_seq": public(client, path)["last_change_seq"]} if kind == "cases" else {}


def test_what_stands_cannot_be_reinstated(desk: Desk, event: str) -> None:
    answer = desk.attempt(event, act="reinstate")

    faults(answer)
    assert answer.json()["errors"][0]["in"] == "path"


def test_a_change_without_if_match_is_refused_and_one_that_is_stale_as_well(
    desk: Desk, client: TestClient, event: str
) -> None:
    first = desk.etag(event)
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", "", {"title": "x"}),
        ("POST", "/retract", {}),
        ("POST", "/reinstate", {}),
        ("POST", "/merge", {"into": "evt_000000000000"}),
    ]
    for method, act, body in bodies:
        answer = client.request(
            method, f"/v1/{event}{act}", json={**body, "change": CHANGE}, headers=desk.headers
        )
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition-required")

    desk.amend(event, title="As another editor has it")

    stale = desk.attempt(event, tag=first, title="As I would have it")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-revision")
    assert stale.headers["cache-control"] == "no-store"
    assert public(client, event)["title"] == "As another editor has it"


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ("*", 200),
        (" * ", 200),
        ('"1"', 200),
        ('W/"1"', 412),
        ("1", 412),
        ("", 412),
        ('"2"', 412),
        ('"01x"', 412),
        ('"9999999999999999999"', 412),
        ('"2", "1"', 200),
        ('"2",W/"1"', 412),
        ('"2" , , "3"', 412),
        ('"1', 412),
    ],
)
def test_if_match_is_judged_by_the_revision_it_names(desk: Desk, event: str, tag: str, status: int) -> None:
    answer = desk.client.patch(
        f"/v1/{event}", json={"title": "x", "change": CHANGE}, headers={**desk.headers, "If-Match": tag}
    )

    assert answer.status_code == status, answer.text


def test_if_match_takes_any_tag_that_was_served(desk: Desk, client: TestClient, event: str) -> None:
    def tag(headers: dict[str, str]) -> str:
        return client.get(f"/v1/{event}", headers={"Accept-Encoding": "identity", **headers}).headers["etag"]

    compressed = tag({"Accept-Encoding": "br"})
    assert compressed.endswith('-br"')
    for one in (tag({}), compressed, tag(desk.headers), desk.attempt(event, title="x").headers["etag"]):
        number = int(one[1:].partition("-")[0])
        expected = 200 if number == public(client, event)["revision"] else 412
        assert desk.attempt(event, tag=one, sequence=number).status_code == expected
    stale = compressed
    assert desk.attempt(event, tag=stale, title="y").status_code == 412


@pytest.mark.usefixtures("case")
def test_an_event_that_names_what_was_retracted_since_can_still_be_amended(
    desk: Desk, client: TestClient
) -> None:
    desk.make("actors", slug="paula-xinis", name="Paula Xinis")
    desk.make("sources", external_id="order-51")
    motion = desk.make("events", external_id="the-motion")
    made = desk.make(
        "events",
        actors=[{"actor": "paula-xinis", "role": "judge"}],
        citations=[{"source": "order-51"}],
        relations=[{"type": "rules_on", "event": "the-motion"}],
    )
    path = f"events/{made['id']}"
    for one in (
        "actors/paula-xinis",
        f"sources/{desk.read(path)['citations'][0]['source']['id']}",
        f"events/{motion['id']}",
    ):
        desk.act(one, "retract")

    after = desk.amend(path, title="As corrected")

    assert (after["title"], after["actors"], after["citations"]) == ("As corrected", [], [])
    assert after["relations"] == [{"type": "rules_on", "event": {"id": motion["id"], "title": None}}]
    desk.act("actors/paula-xinis", "reinstate")
    assert [actor["name"] for actor in public(client, path)["actors"]] == ["Paula Xinis"]
    # It cannot be named anew.
    told = faults(desk.attempt(path, relations=[{"type": "cites", "event": "the-motion"}]))
    assert told == {"/relations/0/event": "There is no event 'the-motion'."}


def test_an_event_does_not_bear_on_itself(desk: Desk, event: str) -> None:
    itself = [{"type": "cites", "event": event.removeprefix("events/")}]

    assert faults(desk.attempt(event, relations=itself)) == {
        "/relations/0/event": "That is the record itself."
    }
