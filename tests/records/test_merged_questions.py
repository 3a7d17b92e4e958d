"""What is asked of merged records is asked of their survivors."""

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk, public, two


@pytest.fixture(autouse=True)
def case(desk: Desk) -> str:
    made: str = desk.make("cases")["id"]
    return made


def titles(client: TestClient, query: str = "") -> list[str]:
    return [item["title"] for item in public(client, f"timeline?{query}")["items"]]


def test_either_name_asks_the_same_question(desk: Desk, client: TestClient) -> None:
    actor, kept_actor = two(desk, "actors")
    source, kept_source = two(desk, "sources")
    desk.amend(f"actors/{kept_actor}", name="The Survivor")
    desk.amend(f"sources/{kept_source}", publisher="Reuters", published="2025-04-14")
    for n, (who, what) in enumerate(((actor, source), (kept_actor, kept_source)), start=1):
        desk.make(
            "events",
            title=f"Event {n}",
            occurred=f"2025-04-0{n}",
            actors=[{"actor": who, "role": "judge"}],
            citations=[{"source": what}],
        )
    both = ["Event 1", "Event 2"]
    assert titles(client, "actor=one") == ["Event 1"]
    moment = public(client, "timeline")["as_of"]

    desk.act(f"actors/{actor}", "merge", into=kept_actor)
    desk.act(f"sources/{source}", "merge", into=kept_source)

    for query in (
        *(f"actor={name}" for name in (actor, kept_actor, "one", "two")),
        f"source={source}",
        f"source={kept_source}",
        "publisher=Reuters",
        "reported_until=2025-04-14",
        "role=judge&actor=one",
        "q=survivor",
        "actor=one&actor=two",
    ):
        assert titles(client, query) == both, query
        assert public(client, f"timeline?{query}&total=exact")["total"] == 2
    assert titles(client, f"actor=one&as_of={moment}") == ["Event 1"]
    assert titles(client, f"publisher=Reuters&as_of={moment}") == ["Event 2"]
    assert titles(client, f"q=survivor&as_of={moment}") == ["Event 2"]
    facets = public(client, "facets?by=actor&by=publisher&by=role")["facets"]
    assert [[(one["value"], one["count"]) for one in facet["values"]] for facet in facets] == [
        [("two", 2)] if facets[0]["values"][0]["value"] == "two" else [(kept_actor, 2)],
        [("Reuters", 2)],
        [("judge", 2)],
    ]
    assert public(client, "cases?actor=one")["items"][0]["slug"] == "a-case"


def test_an_event_that_named_both_names_the_survivor_once(desk: Desk, client: TestClient) -> None:
    actor, kept_actor = two(desk, "actors")
    event, kept_event = two(desk, "events")
    naming = desk.make(
        "events",
        title="It names both",
        actors=[{"actor": actor, "role": "judge"}, {"actor": kept_actor, "role": "judge"}],
        relations=[{"type": "cites", "event": event}, {"type": "cites", "event": kept_event}],
    )
    desk.act(f"actors/{actor}", "merge", into=kept_actor)
    desk.act(f"events/{event}", "merge", into=kept_event)

    now = public(client, f"events/{naming['id']}")

    assert [one["id"] for one in now["actors"]] == [kept_actor]
    assert [one["event"]["id"] for one in now["relations"]] == [kept_event]
    (facet,) = public(client, "facets?by=actor")["facets"]
    assert [one["count"] for one in facet["values"]] == [1]


def _name_and_merge(desk: Desk, name: str, *, role: str, day: str) -> None:
    """Make an event that names an actor, a source and an event, each of which is then merged."""
    actor = desk.make("actors", slug=f"old-{name}")["id"]
    source, event = (desk.make(kind, external_id=f"old-{name}")["id"] for kind in ("sources", "events"))
    desk.make("actors", slug=f"new-{name}")
    desk.make("sources", external_id=f"new-{name}", publisher=name, published=day)
    desk.make("events", external_id=f"new-{name}", title=f"Asked {name}")
    desk.make(
        "events",
        title=f"Answered {name}",
        occurred=day,
        actors=[{"actor": actor, "role": role}],
        citations=[{"source": source}],
        relations=[{"type": "rules_on", "event": event}],
    )
    for path in (f"actors/{actor}", f"sources/{source}", f"events/{event}"):
        desk.act(path, "merge", into=f"new-{name}")


def test_one_merge_is_not_taken_for_another(desk: Desk, client: TestClient) -> None:
    _name_and_merge(desk, "x", role="judge", day="2026-01-01")
    _name_and_merge(desk, "y", role="host", day="2026-01-02")
    desk.make("events", title="Asked of nobody", occurred="2026-01-03")

    assert titles(client, "publisher=x") == ["Answered x"]
    assert titles(client, "publisher=y") == ["Answered y"]
    assert titles(client, "reported_until=2026-01-01") == ["Answered x"]
    assert titles(client, "role=judge") == ["Answered x"]
    assert titles(client, "actor=old-y") == ["Answered y"]
    assert titles(client, "relation=rules_on") == ["Answered x", "Answered y"]
    assert titles(client, "unanswered=true") == ["Answered x", "Answered y", "Asked of nobody"]
    assert sorted(titles(client, "unanswered=false")) == ["Asked x", "Asked y"]
    facets = public(client, "facets?by=publisher&by=role")["facets"]
    assert [[(one["value"], one["count"]) for one in facet["values"]] for facet in facets] == [
        [("x", 1), ("y", 1)],
        [("host", 1), ("judge", 1)],
    ]


def test_relations_reach_through_a_merged_event(desk: Desk, client: TestClient) -> None:
    motion, kept = two(desk, "events")
    desk.amend(f"events/{motion}", title="The motion")
    desk.amend(f"events/{kept}", title="The motion, kept")
    order = desk.make(
        "events", title="The order", occurred="2025-05", relations=[{"type": "rules_on", "event": motion}]
    )
    assert titles(client, "unanswered=true") == ["The motion, kept", "The order"]

    desk.act(f"events/{motion}", "merge", into=kept)

    assert titles(client, "unanswered=true") == ["The order"]
    assert titles(client, "unanswered=false") == ["The motion, kept"]
    assert titles(client, "relation=rules_on") == ["The order"]
    desk.act(f"events/{order['id']}", "retract")
    assert titles(client, "unanswered=true") == ["The motion, kept"]


def test_an_event_does_not_answer_itself_once_it_is_what_it_answered(desk: Desk, client: TestClient) -> None:
    motion = desk.make("events", title="The motion")
    reply = desk.make("events", title="The reply", relations=[{"type": "responds_to", "event": motion["id"]}])

    desk.act(f"events/{motion['id']}", "merge", into=reply["id"])

    assert public(client, f"events/{reply['id']}")["relations"] == []
    assert titles(client, "relation=responds_to") == []
    assert titles(client, "unanswered=true") == ["The reply"]
    assert titles(client, "unanswered=false") == []
    # It can still be amended.
    assert desk.amend(f"events/{reply['id']}", title="The paper")["relations"] == []


def test_a_merge_of_a_survivor_takes_along_what_was_merged_before(desk: Desk, client: TestClient) -> None:
    a, b = two(desk, "actors")
    c = desk.make("actors", slug="three", name="Three")["id"]
    event = desk.make("events", actors=[{"actor": a, "role": "judge"}])
    desk.act(f"actors/{a}", "merge", into=b)
    between = public(client, "timeline")["as_of"]
    desk.act(f"actors/{b}", "merge", into=c)

    for old in (a, b, "one", "two"):
        moved = client.get(f"/v1/actors/{old}", follow_redirects=False)
        assert moved.headers["location"] == f"/v1/actors/{c}"
        assert titles(client, f"actor={old}") == ["An event"]
    moved = client.get(f"/v1/actors/{a}?as_of={between}", follow_redirects=False)
    assert moved.headers["location"] == f"/v1/actors/{b}?as_of={between}"
    assert public(client, f"events/{event['id']}")["actors"][0]["name"] == "Three"

    tags = {
        url: client.get(url).headers["etag"]
        for url in (f"/v1/events/{event['id']}", "/v1/cases/a-case/timeline", "/v1/timeline?actor=one")
    }
    desk.amend(f"actors/{c}", name="Three, renamed")
    for url, tag in tags.items():
        again = client.get(url, headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert "Three, renamed" in again.text
    assert titles(client, "q=renamed") == ["An event"]
    (row,) = public(client, "changes?limit=1&after=7")["items"]
    assert (row["record"], row["cases"]) == (c, [public(client, "cases/a-case")["id"]])
