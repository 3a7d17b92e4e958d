"""What an editor writes is there, once, as written; what cannot be written is refused and leaves nothing."""

import json
import re
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from tests.support.desk import CHANGE, Desk, changes, faults, public

ORDER: Final = {
    "type": "court_order",
    "title": "The court orders his return",
    "summary": "In short.",
    "occurred": "2025-04-10",
    "timezone": "America/New_York",
    "sequence": 2,
    "cases": ["a-case"],
    "actors": [{"actor": "paula-xinis", "role": "judge"}],
    "place": {"name": "Greenbelt, Maryland", "country": "US", "latitude": 39.0, "longitude": -76.9},
    "details": {"docket": "8:25-cv-00951", "entry_number": 51},
    "citations": [
        {"source": "order-51", "locator": "p. 2", "quote": "Facilitate.", "occurred": "2025-04-11"}
    ],
    "relations": [{"type": "rules_on", "event": "the-motion"}],
    "tags": ["return", "due-process"],
    "standing": "established",
    "external_id": "order",
    "visibility": "public",
    "visibility_reason": None,
    "allegation": None,
}


@pytest.fixture
def case(desk: Desk) -> str:
    made: str = desk.make("cases")["id"]
    return made


@pytest.fixture
def event(desk: Desk, case: str) -> str:
    """Return the path of an event in a case."""
    return f"events/{desk.make('events', cases=[case])['id']}"


@pytest.mark.parametrize(
    ("kind", "prefix", "body"),
    [
        (
            "cases",
            "cas",
            {
                "slug": "abrego-garcia",
                "title": "Abrego Garcia v. Noem",
                "summary": "A case.",
                "status": "closed",
                "timezone": "America/New_York",
                "dockets": [
                    {"court": "mdd", "docket_number": "8:25-cv-00951", "url": "https://example.org/951"}
                ],
                "tags": ["b", "a"],
                "external_id": "x-1",
            },
        ),
        (
            "actors",
            "act",
            {"slug": "paula-xinis", "name": "Paula Xinis", "kind": "person", "aliases": ["Judge Xinis"]},
        ),
        (
            "sources",
            "src",
            {
                "kind": "article",
                "publisher": "Reuters",
                "title": "A report",
                "url": "https://example.org/a",
                "published": "2025-04-14",
                "archived_url": "https://example.org/b",
                "sha256": "0" * 64,
            },
        ),
    ],
)
def test_a_new_record_is_answered_whole_and_found_where_it_is_said_to_be(
    desk: Desk, client: TestClient, kind: str, prefix: str, body: dict[str, Any]
) -> None:
    answer = desk.send(kind, body)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert re.fullmatch(rf"{prefix}_[0-9a-z]{{12}}", made["id"])
    assert (made["revision"], made["visibility"]) == (1, "public")
    assert answer.headers["location"] == f"/v1/{kind}/{made['id']}"
    assert answer.headers["change-seq"] == "1"
    assert answer.headers["etag"].startswith('"1-')
    read = client.get(answer.headers["location"], headers=desk.headers)
    assert (read.json(), read.headers["etag"]) == (made, answer.headers["etag"])
    expected = {**body, "tags": sorted(body["tags"])} if "tags" in body else body
    for docket in expected.get("dockets", []):
        docket["parties"] = []
    assert {name: made[name] for name in body} == expected


def test_a_new_event_names_what_it_is_tied_to_however_that_was_referred_to(
    desk: Desk, client: TestClient, case: str
) -> None:
    actor = desk.make("actors", slug="paula-xinis", name="Paula Xinis", external_id="judge-1")
    source = desk.make("sources", external_id="order-51")
    motion = desk.make("events", title="A motion", external_id="the-motion")

    answer = desk.send("events", ORDER)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["location"] == f"/v1/events/{made['id']}"
    assert answer.headers["change-seq"] == "5"
    assert public(client, f"events/{made['id']}") == made
    assert made["cases"] == [{"id": case, "slug": "a-case", "title": "A case"}]
    assert made["actors"] == [
        {"id": actor["id"], "slug": "paula-xinis", "name": "Paula Xinis", "kind": "person", "role": "judge"}
    ]
    assert made["citations"][0]["source"]["id"] == source["id"]
    assert made["citations"][0]["occurred"]["edtf"] == "2025-04-11"
    assert made["relations"] == [{"type": "rules_on", "event": {"id": motion["id"], "title": "A motion"}}]
    assert (made["place"], made["tags"]) == (ORDER["place"], ["due-process", "return"])
    assert made["details"] == {
        "docket": "8:25-cv-00951",
        "entry_number": 51,
        "disposition": None,
        "directs": None,
    }
    by_other_names = [
        ("cases", [case], [case]),
        ("actors", [{"actor": actor["id"], "role": "judge"}], actor["id"]),
        ("actors", [{"actor": "judge-1", "role": "judge"}], actor["id"]),
        ("citations", [{"source": source["id"]}], source["id"]),
        ("relations", [{"type": "cites", "event": motion["id"]}], motion["id"]),
    ]
    for field, value, expected in by_other_names:
        other = desk.make("events", **{field: value})
        assert json.dumps(expected).strip('[]"') in json.dumps(other[field])


def test_a_change_says_why(desk: Desk, client: TestClient, event: str) -> None:
    wrong: list[tuple[object, str]] = [
        ({}, "/change"),
        ({"change": None}, "/change"),
        ({"change": {}}, "/change/kind"),
        ({"change": {"kind": "update"}}, "/change/reason"),
        ({"change": {"kind": "whim", "reason": "x"}}, "/change/kind"),
        ({"change": {"kind": "update", "reason": "  "}}, "/change/reason"),
        ({"change": {"kind": "update", "reason": "x" * 2_001}}, "/change/reason"),
        ({"change": {"kind": "update", "reason": "\0"}}, "/change/reason"),
        ({"change": {**CHANGE, "who": "x"}}, "/change/who"),
    ]
    for path, method in ((event, "PATCH"), (f"{event}/retract", "POST"), (f"{event}/merge", "POST")):
        for body, pointer in wrong:
            answer = client.request(
                method, f"/v1/{path}", json=body, headers={**desk.headers, "If-Match": "*"}
            )
            assert pointer in faults(answer)
    assert changes(client) == 2


def test_an_unknown_field_is_refused_with_its_place(desk: Desk, client: TestClient, event: str) -> None:
    for kind in ("cases", "actors", "sources"):
        answer = desk.send(kind, {"titel": "x"})
        assert faults(answer)["/titel"] == "There is no such field."
    nested = {**ORDER, "actors": [{"actor": "x", "role": "judge", "rank": 1}], "details": {"venue": "x"}}
    assert {"/actors/0/rank", "/details/venue"} <= faults(desk.send("events", nested)).keys()
    assert list(faults(desk.attempt(event, titel="x"))) == ["/titel"]
    assert list(faults(desk.attempt(event, act="retract", titel="x"))) == ["/titel"]
    # The type says which fields there are.
    for type_ in ({}, {"type": "protest"}, {"type": None}):
        assert list(faults(desk.send("events", {"title": "x", **type_}))) == ["/type"]
    # What the service counts is not written.
    counted: dict[str, Any] = {"id": "x", "revision": 1, "recorded_at": None, "corrections": 0}
    for field, value in counted.items():
        assert list(faults(desk.attempt(event, **{field: value}))) == [f"/{field}"]
    assert changes(client) == 2


def test_what_names_nothing_is_told_by_its_place(desk: Desk, client: TestClient, case: str) -> None:
    body = {
        **ORDER,
        "cases": ["a-case", "no-case"],
        "actors": [{"actor": "nobody", "role": "judge"}],
        "citations": [{"source": "src_000000000000"}],
        "relations": [{"type": "cites", "event": "evt_000000000000"}, {"type": "cites", "event": case}],
        "occurred": "some day",
    }

    assert faults(desk.send("events", body)) == {
        "/cases/1": "There is no case 'no-case'.",
        "/actors/0/actor": "There is no actor 'nobody'.",
        "/citations/0/source": "There is no source 'src_000000000000'.",
        "/relations/0/event": "There is no event 'evt_000000000000'.",
        "/relations/1/event": f"There is no event '{case}'.",
        "/occurred": faults(desk.send("events", body))["/occurred"],
    }
    docket = {"court": "mdd", "docket_number": "1", "parties": [{"actor": "nobody", "role": "plaintiff"}]}
    told = faults(desk.send("cases", {"slug": "b", "title": "b", "dockets": [docket]}))
    assert told == {"/dockets/0/parties/0/actor": "There is no actor 'nobody'."}
    assert changes(client) == 1


def test_a_slug_or_an_external_id_belongs_to_one_record_for_ever(desk: Desk, client: TestClient) -> None:
    first = desk.make("actors", slug="one", external_id="x")
    second = desk.make("actors", slug="two")

    told = faults(desk.send("actors", {"slug": "one", "name": "n", "kind": "person", "external_id": "x"}))
    assert told == {
        "/slug": f"'one' is taken by {first['id']}.",
        "/external_id": f"'x' is taken by {first['id']}.",
    }
    assert list(faults(desk.attempt(f"actors/{second['id']}", slug="one"))) == ["/slug"]
    desk.act(f"actors/{first['id']}", "retract")
    assert list(faults(desk.attempt(f"actors/{second['id']}", external_id="x"))) == ["/external_id"]
    # Another type has its own.
    desk.make("cases", slug="one", external_id="x")
    # A slug leads to its record, in writes as well.
    assert desk.amend("actors/two", slug="three")["slug"] == "three"
    assert client.get("/v1/actors/two").status_code == 404
    assert public(client, "actors/three")["id"] == second["id"]


@pytest.mark.usefixtures("case")
def test_sources_and_actors_are_made_with_the_event_that_names_them(desk: Desk, client: TestClient) -> None:
    actor = {"slug": "paula-xinis", "name": "Paula Xinis", "kind": "person"}
    source = {"kind": "article", "title": "A report", "external_id": "r-1"}
    body = {
        **ORDER,
        "actors": [{"actor": actor, "role": "judge"}, {"actor": "paula-xinis", "role": "speaker"}],
        "citations": [{"source": source, "quote": "q"}, {"source": "r-1"}],
        "relations": [],
    }

    answer = desk.send("events", body)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    (judge, speaker) = made["actors"]
    assert (judge["name"], judge["id"]) == ("Paula Xinis", speaker["id"])
    assert made["citations"][0]["source"] == made["citations"][1]["source"]
    assert public(client, "actors/paula-xinis")["id"] == judge["id"]
    # Each is an act of its own, and the event the last of them.
    assert [item["record"][:3] for item in public(client, "changes")["items"]] == ["cas", "act", "src", "evt"]
    assert answer.headers["change-seq"] == "4"
    # A patch makes them as well.
    after = desk.amend(f"events/{made['id']}", citations=[{"source": {"kind": "video", "title": "B"}}])
    assert after["citations"][0]["source"]["title"] == "B"


@pytest.mark.usefixtures("case")
def test_a_fault_in_what_is_given_inline_is_told_by_its_place_and_nothing_is_made(
    desk: Desk, client: TestClient
) -> None:
    actor = {"slug": "paula-xinis", "name": "Paula Xinis", "kind": "person"}
    desk.make("actors", slug="taken")
    whole: dict[str, Any] = {
        **ORDER,
        "actors": [{"actor": actor, "role": "judge"}],
        "citations": [],
        "relations": [],
    }

    def with_actor(**fields: object) -> dict[str, Any]:
        return {**whole, "actors": [*whole["actors"], {"actor": {**actor, **fields}, "role": "host"}]}

    def with_source(**fields: object) -> dict[str, Any]:
        return {**whole, "citations": [{"source": {"kind": "article", "title": "t", **fields}}]}

    wrong = [
        (with_actor(kind="ghost"), "/actors/1/actor/kind"),
        (with_actor(slug="other", age=9), "/actors/1/actor/age"),
        (with_actor(slug="taken"), "/actors/1/actor/slug"),
        (with_actor(), "/actors/1/actor/slug"),
        (with_source(published="soon"), "/citations/0/source/published"),
        (with_source(title=""), "/citations/0/source/title"),
        (with_source(title=None), "/citations/0/source/title"),
        ({**whole, "relations": [{"type": "cites", "event": "x"}]}, "/relations/0/event"),
        ({**whole, "external_id": "e\0"}, "/external_id"),
    ]
    for body, pointer in wrong:
        assert list(faults(desk.send("events", body))) == [pointer], pointer

    assert changes(client) == 2
    assert client.get("/v1/actors/paula-xinis").status_code == 404


def test_a_new_name_of_an_actor_is_one_change_of_every_answer_that_has_it(
    desk: Desk, client: TestClient, event: str
) -> None:
    actor = desk.make("actors", slug="kilmar", name="Kilmar Abrego")
    desk.amend(event, actors=[{"actor": "kilmar", "role": "subject"}])
    urls = (
        f"/v1/{event}",
        "/v1/cases/a-case/timeline",
        "/v1/timeline?q=abrego",
        "/v1/facets?by=actor",
        "/v1/actors/kilmar",
    )
    before = {url: client.get(url) for url in urls}
    moment = before["/v1/timeline?q=abrego"].json()["as_of"]
    revision = public(client, event)["revision"]

    renamed = desk.attempt(f"actors/{actor['id']}", name="Kilmar Garcia")

    assert changes(client) == int(renamed.headers["change-seq"]) == 5
    assert public(client, event)["revision"] == revision
    for url, old in before.items():
        assert "Kilmar Abrego" in old.text
        again = client.get(url, headers={"If-None-Match": old.headers["etag"]})
        assert again.status_code == 200
        assert again.headers["etag"] != old.headers["etag"]
        past = client.get(f"{url}{'&' if '?' in url else '?'}as_of={moment}")
        assert "Kilmar Abrego" in past.text
        assert "Kilmar Garcia" not in past.text
        if "q=" not in url:
            assert "Kilmar Garcia" in again.text
    assert public(client, "timeline?q=abrego")["items"] == []
    assert len(public(client, "timeline?q=garcia")["items"]) == 1
    (change,) = public(client, "changes?after=4")["items"]
    assert (change["record"], change["operation"]) == (actor["id"], "amend")
    assert change["cases"] == [public(client, "cases/a-case")["id"]]
