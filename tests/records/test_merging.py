"""Two records that are found to be one: the old id leads to the survivor everywhere, and the past stays."""

from typing import Final

import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.main import create_app
from tests.support.desk import CHANGE, Desk, faults, public, two

KINDS: Final = ("events", "actors", "sources")


@pytest.fixture(autouse=True)
def case(desk: Desk) -> str:
    made: str = desk.make("cases")["id"]
    return made


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
    documented = client.get("/openapi.json").json()["paths"]["/v1/events/{event}/revisions"]["get"]
    assert documented["responses"].keys().isdisjoint({"308", "410"})


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


def test_the_way_to_the_survivor_begins_at_the_public_address(desk: Desk, database_url: str) -> None:
    old, new = two(desk, "actors")
    desk.act(f"actors/{old}", "merge", into=new)
    settings = Settings(database_url=database_url, public_url="https://timeline.example.org")

    with TestClient(create_app(settings)) as client:
        read = client.get(f"/v1/actors/{old}", follow_redirects=False)
        written = client.patch(
            f"/v1/actors/{old}",
            json={"name": "x", "change": CHANGE},
            headers={**desk.headers, "If-Match": "*"},
            follow_redirects=False,
        )

    there = f"https://timeline.example.org/v1/actors/{new}"
    assert (read.headers["location"], written.headers["location"]) == (there, there)
