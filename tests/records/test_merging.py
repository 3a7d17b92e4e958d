"""Two records that are found to be one: the old id leads to the survivor everywhere, and the past stays."""

from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from tests.support.desk import CHANGE, Desk, faults, public

KINDS: Final = ("events", "actors", "sources")


@pytest.fixture(autouse=True)
def case(desk: Desk) -> str:
    made: str = desk.make("cases")["id"]
    return made


def two(desk: Desk, kind: str) -> tuple[str, str]:
    """Return the ids of two records, the first of which is the second."""
    first: dict[str, Any] = {"slug": "one"} if kind == "actors" else {"external_id": "one"}
    second: dict[str, Any] = {"slug": "two"} if kind == "actors" else {"external_id": "two"}
    return desk.make(kind, **first)["id"], desk.make(kind, **second)["id"]


def titles(client: TestClient, query: str = "") -> list[str]:
    return [item["title"] for item in public(client, f"timeline?{query}")["items"]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_old_id_leads_to_the_survivor_wherever_it_is_used(
    desk: Desk, client: TestClient, kind: str
) -> None:
    old, new = two(desk, kind)
    before = client.get(f"/v1/{kind}/{old}")
    moment = public(client, "timeline")["as_of"] if kind == "events" else public(client, kind)["as_of"]

    answer = desk.attempt(f"{kind}/{old}", act="merge", into=new)

    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["id"], told["into"], told["operation"], told["revision"]) == (old, new, "merge", 2)
    assert (told["kind"], told["reason"]) == ("correction", "A test.")
    assert answer.headers["etag"].startswith('"2')
    for headers in ({}, desk.headers):
        moved = client.get(f"/v1/{kind}/{old}", headers=headers, follow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/{kind}/{new}")
        now = public(client, kind if kind != "events" else "timeline")["as_of"]
        moved = client.get(f"/v1/{kind}/{old}?as_of={now}", headers=headers, follow_redirects=False)
        assert moved.status_code == 308
        assert moved.headers["location"] == f"/v1/{kind}/{new}?as_of={now}"
    then = client.get(f"/v1/{kind}/{old}?as_of={moment}")
    assert (then.status_code, then.json()) == (200, before.json())
    assert client.get(f"/v1/{kind}/{old}?as_of=2000-01-01T00:00:00Z").status_code == 404
    for method, path, body in (
        ("PATCH", "", {"external_id": "x"}),
        ("POST", "/retract", {}),
        ("POST", "/reinstate", {}),
        ("POST", "/merge", {"into": new}),
    ):
        moved = client.request(
            method,
            f"/v1/{kind}/{old}{path}",
            json={**body, "change": CHANGE},
            headers={**desk.headers, "If-Match": "*"},
            follow_redirects=False,
        )
        assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/{kind}/{new}{path}")
    # A client that follows changes the survivor.
    followed = client.patch(
        f"/v1/{kind}/{old}",
        json={"external_id": "followed", "change": CHANGE},
        headers={**desk.headers, "If-Match": '"1"'},
    )
    assert (followed.status_code, followed.json()["id"], followed.json()["revision"]) == (200, new, 2)
    assert [item["id"] for item in public(client, kind)["items"]] == [new] if kind != "events" else True


@pytest.mark.parametrize("kind", KINDS)
def test_the_feed_tells_of_a_merge_once(desk: Desk, client: TestClient, kind: str) -> None:
    old, new = two(desk, kind)
    desk.act(f"{kind}/{old}", "merge", into=new)

    row = public(client, "changes?after=3")["items"]

    assert [(one["operation"], one["record"], one["revision"]) for one in row] == [("merge", old, 2)]


def test_what_names_the_merged_names_the_survivor(desk: Desk, client: TestClient) -> None:
    actor, kept_actor = two(desk, "actors")
    source, kept_source = two(desk, "sources")
    event, kept_event = two(desk, "events")
    desk.amend(f"actors/{kept_actor}", name="The Survivor")
    desk.amend(f"sources/{kept_source}", title="The report", publisher="Reuters")
    desk.amend(f"events/{kept_event}", title="The meeting")
    naming = desk.make(
        "events",
        actors=[{"actor": actor, "role": "judge"}],
        citations=[{"source": source, "quote": "q"}],
        relations=[{"type": "cites", "event": event}],
    )
    path = f"events/{naming['id']}"
    tag = client.get(f"/v1/{path}").headers["etag"]
    case_tag = client.get("/v1/cases/a-case/timeline").headers["etag"]
    moment = public(client, "timeline")["as_of"]

    desk.act(f"actors/{actor}", "merge", into="two")
    desk.act(f"sources/{source}", "merge", into="two")
    desk.act(f"events/{event}", "merge", into="two")

    now = public(client, path)
    assert [(one["id"], one["name"], one["role"]) for one in now["actors"]] == [
        (kept_actor, "The Survivor", "judge")
    ]
    assert [(one["source"]["id"], one["source"]["title"], one["quote"]) for one in now["citations"]] == [
        (kept_source, "The report", "q")
    ]
    assert now["relations"] == [{"type": "cites", "event": {"id": kept_event, "title": "The meeting"}}]
    assert now["revision"] == 1
    assert client.get(f"/v1/{path}", headers={"If-None-Match": tag}).status_code == 200
    assert client.get("/v1/cases/a-case/timeline", headers={"If-None-Match": case_tag}).status_code == 200
    assert public(client, f"{path}?as_of={moment}") == naming
    assert desk.amend(path, summary="x")["actors"] == now["actors"]


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


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_merged_is_refused(desk: Desk, client: TestClient, kind: str) -> None:
    old, new = two(desk, kind)
    hidden = desk.make(kind, **({"slug": "hidden"} if kind == "actors" else {}), visibility="restricted")
    partly = desk.make(kind, **({"slug": "part"} if kind == "actors" else {}), visibility="existence_only")
    gone = desk.make(kind, **({"slug": "gone"} if kind == "actors" else {}))["id"]
    desk.act(f"{kind}/{gone}", "retract")
    other = public(client, "cases/a-case")["id"]

    for into in (old, "one", hidden["id"], partly["id"], gone, other, "nothing"):
        assert list(faults(desk.attempt(f"{kind}/{old}", act="merge", into=into))) == ["/into"], into
    assert list(faults(desk.attempt(f"{kind}/{old}", act="merge"))) == ["/into"]
    assert list(faults(desk.attempt(f"{kind}/{old}", act="merge", into=None))) == ["/into"]
    faults(desk.attempt(f"{kind}/{gone}", act="merge", into=new), 410)
    # Into one that was merged is into its survivor, and that may be the record itself.
    desk.act(f"{kind}/{new}", "merge", into=old)
    assert list(faults(desk.attempt(f"{kind}/{old}", act="merge", into=new))) == ["/into"]
    assert client.get(f"/v1/{kind}/{old}").status_code == 200


def test_the_revisions_of_a_merged_event_answer(desk: Desk, client: TestClient) -> None:
    old, new = two(desk, "events")
    desk.act(f"events/{old}", "merge", into=new)

    items = public(client, f"events/{old}/revisions")["items"]

    assert [(one["revision"], one["operation"], one["event"] is None) for one in items] == [
        (1, "create", False),
        (2, "merge", True),
    ]
    assert items[0]["event"]["id"] == old
    assert public(client, f"events/{old}/revisions/2")["reason"] == "A test."


def test_the_public_does_not_hear_of_a_hidden_merge(desk: Desk, client: TestClient) -> None:
    hidden = desk.make("actors", slug="hidden", visibility="restricted")["id"]
    kept = desk.make("actors", slug="two")["id"]
    mark = public(client, "changes")["high_watermark"]
    desk.act(f"actors/{hidden}", "merge", into=kept)

    answer = client.get(f"/v1/actors/{hidden}", follow_redirects=False)
    assert (answer.status_code, answer.headers.get("location")) == (404, None)
    moved = client.get(f"/v1/actors/{hidden}", headers=desk.headers, follow_redirects=False)
    assert moved.headers["location"] == f"/v1/actors/{kept}"
    assert public(client, "changes")["high_watermark"] == mark
    assert client.get("/v1/timeline?actor=hidden").status_code == 422
