"""Who sees a record follows from it and from its case, now and in the past, and changes in the open."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk, changes, faults, public

ACTOR = {"slug": "kilmar", "name": "Kilmar", "kind": "person"}


def rows(client: TestClient, after: int = 0) -> list[tuple[str | None, str | None]]:
    """Return what the public's feed tells: the operation and the record of each change."""
    items = public(client, f"changes?after={after}")["items"]
    return [(item["operation"], item["record"]) for item in items]


def status(client: TestClient, path: str) -> int:
    return client.get(f"/v1/{path}", follow_redirects=False).status_code


def named(client: TestClient, event: str, query: str = "") -> list[list[str]]:
    """Return the names of actors and sources that an event shows to the public."""
    shown = public(client, f"events/{event}{query}")
    return [
        [actor["name"] for actor in shown["actors"]],
        [citation["source"]["title"] for citation in shown["citations"]],
    ]


def test_the_events_of_a_case_come_into_sight_with_it(desk: Desk, client: TestClient) -> None:
    case = desk.make("cases", visibility="restricted")["id"]
    other = desk.make("cases", slug="open")["id"]
    event = desk.make("events")["id"]
    stub = desk.make("events", visibility="existence_only")["id"]
    hidden = desk.make("events", visibility="restricted")["id"]
    seen = desk.make("events", cases=["a-case", "open"])["id"]
    gone = desk.make("events")["id"]
    desk.act(f"events/{gone}", "retract")
    assert rows(client) == [("create", other), ("create", seen)]
    assert [status(client, f"events/{one}") for one in (event, stub, hidden, seen, gone)] == [
        404,
        404,
        404,
        200,
        404,
    ]
    assert public(client, f"events/{seen}")["cases"] == [{"id": other, "slug": "open", "title": "A case"}]
    moment = public(client, "timeline")["as_of"]

    desk.amend(f"cases/{case}", visibility="public")

    opened = rows(client, after=2)
    assert opened[0] == ("amend", case)
    assert sorted(opened[1:]) == sorted([("disclose", event), ("disclose", stub)])
    assert [status(client, f"events/{one}") for one in (event, stub, hidden, seen, gone)] == [
        200,
        200,
        404,
        200,
        404,
    ]
    assert public(client, f"events/{event}")["revision"] == 2
    assert [one["id"] for one in public(client, f"events/{seen}")["cases"]] == [case, other]
    (revision,) = public(client, f"events/{event}/revisions")["items"]
    assert (revision["operation"], revision["kind"]) == ("disclose", "update")
    # Its past was not public, and is not now.
    assert status(client, f"events/{event}?as_of={moment}") == 404
    assert [one["id"] for one in public(client, f"timeline?as_of={moment}")["items"]] == [seen]

    mark = changes(client)
    desk.amend(f"cases/{case}", visibility="restricted")

    assert status(client, "cases/a-case") == status(client, f"events/{event}") == 404
    assert [one["id"] for one in public(client, "timeline")["items"]] == [seen]
    assert changes(client) == mark + 1
    hiding = public(client, f"changes?after={mark}")["items"][0]
    assert {name for name, value in hiding.items() if value} == {"seq", "at", "hash"}
    # What was public for a while is not any more: its past is hidden with it.
    assert status(client, f"events/{event}/revisions") == 404
    # Opened again, the events are told of again.
    desk.amend(f"cases/{case}", visibility="public")
    assert [one for one in rows(client, after=mark + 1) if one[1] == event] == [("disclose", event)]
    assert public(client, f"events/{event}")["revision"] == 3


def test_the_public_hears_nothing_of_what_is_withdrawn_in_a_hidden_case(
    desk: Desk, client: TestClient
) -> None:
    desk.make("cases", visibility="restricted")
    event = desk.make("events")["id"]
    kept = desk.make("events")["id"]
    merged = desk.make("events")["id"]
    desk.act(f"events/{event}", "retract")
    desk.act(f"events/{merged}", "merge", into=kept)

    for path in (f"events/{event}", f"events/{merged}", f"events/{event}/revisions"):
        answer = client.get(f"/v1/{path}", follow_redirects=False)
        assert (answer.status_code, answer.headers.get("etag")) == (404, None), path
    assert client.get(f"/v1/events/{event}", headers=desk.headers).status_code == 410
    desk.amend("cases/a-case", visibility="public")
    assert status(client, f"events/{event}") == 404


@pytest.mark.parametrize("kind", ["cases", "actors", "sources"])
def test_a_stub_tells_that_it_exists_and_no_more(desk: Desk, client: TestClient, kind: str) -> None:
    fields: dict[str, Any] = {"slug": "sealed"} if kind != "sources" else {"publisher": "Sealed"}
    made = desk.make(
        kind, **fields, visibility="existence_only", visibility_reason="Under seal.", external_id="sealed"
    )

    shown = public(client, f"{kind}/{made['id']}")

    told = {name: value for name, value in shown.items() if value not in (None, [])}
    assert told.keys() <= {"id", "revision", "visibility", "visibility_reason", "recorded_at"}
    assert (told["visibility"], told["visibility_reason"]) == ("existence_only", "Under seal.")
    assert shown.keys() == made.keys()
    # Its name leads nowhere, and no list has it.
    if kind != "sources":
        assert status(client, f"{kind}/sealed") == 404
    assert public(client, kind)["items"] == []
    assert desk.read(f"{kind}/{made['id']}") == made


def test_a_stub_of_an_event_shows_its_type_its_date_and_its_cases(desk: Desk, client: TestClient) -> None:
    desk.make("cases")
    actor = desk.make("actors", **ACTOR)["id"]
    made = desk.make(
        "events",
        summary="s",
        visibility="existence_only",
        visibility_reason="Under seal.",
        actors=[{"actor": actor, "role": "judge"}],
        citations=[{"source": {"kind": "article", "title": "A report"}}],
        place={"country": "US"},
        details={"forum": "press"},
        tags=["a"],
        external_id="e",
        sequence=3,
    )
    other = desk.make("events", title="Open", relations=[{"type": "cites", "event": made["id"]}])["id"]

    shown = public(client, f"events/{made['id']}")

    told = {name for name, value in shown.items() if value not in (None, [])}
    assert told == {
        "id",
        "revision",
        "type",
        "occurred",
        "cases",
        "visibility",
        "visibility_reason",
        "recorded_at",
    }
    assert (shown["occurred"], shown["cases"]) == (made["occurred"], made["cases"])
    assert public(client, f"events/{other}")["relations"] == []
    for query, found in (("type=statement", 2), ("since=2025", 2), ("q=event", 0), ("tag=a", 0)):
        assert len(public(client, f"timeline?{query}")["items"]) == found, query
    assert public(client, "timeline?tag=a")["excluded"] == 1


def test_an_event_shows_those_actors_and_sources_that_its_reader_sees(desk: Desk, client: TestClient) -> None:
    desk.make("cases")
    actor = desk.make("actors", **ACTOR)["id"]
    source = desk.make("sources")["id"]
    event = desk.make("events", actors=[{"actor": actor, "role": "judge"}], citations=[{"source": source}])[
        "id"
    ]
    shown, moment = [["Kilmar"], ["A report"]], public(client, "timeline")["as_of"]
    assert named(client, event) == shown
    tag = client.get(f"/v1/events/{event}").headers["etag"]
    past_tag = client.get(f"/v1/events/{event}?as_of={moment}").headers["etag"]

    for level in ("restricted", "existence_only"):
        desk.amend(f"actors/{actor}", visibility=level)
        desk.amend(f"sources/{source}", visibility=level)

        assert named(client, event) == [[], []]
        # Hiding a record hides its past.
        assert named(client, event, f"?as_of={moment}") == [[], []]
        assert client.get(f"/v1/events/{event}", headers={"If-None-Match": tag}).status_code == 200
        again = client.get(f"/v1/events/{event}?as_of={moment}", headers={"If-None-Match": past_tag})
        assert again.status_code == 200
        assert public(client, "facets?by=actor&by=publisher")["facets"][0]["values"] == []
        assert status(client, "timeline?actor=kilmar") == 422
        (revision,) = public(client, f"events/{event}/revisions")["items"]
        assert (revision["event"]["actors"], revision["event"]["citations"]) == ([], [])
        assert [one["name"] for one in desk.read(f"events/{event}")["actors"]] == ["Kilmar"]

    desk.amend(f"actors/{actor}", visibility="public")
    desk.amend(f"sources/{source}", visibility="public")
    assert named(client, event) == named(client, event, f"?as_of={moment}") == shown


def test_a_hidden_event_is_seen_by_keys_alone_and_its_past_with_it(desk: Desk, client: TestClient) -> None:
    desk.make("cases")
    event = desk.make("events")["id"]
    moment = public(client, "timeline")["as_of"]
    desk.amend(f"events/{event}", visibility="restricted")

    for path in (f"events/{event}", f"events/{event}?as_of={moment}", f"events/{event}/revisions"):
        assert status(client, path) == 404
        assert client.get(f"/v1/{path}", headers=desk.headers).status_code == 200
    assert public(client, f"timeline?as_of={moment}")["items"] == []
    assert public(client, "cases/a-case")["event_count"] == 0
    assert desk.read("cases/a-case")["event_count"] == 1
    # A reader without a key cannot tell it from one that never was.
    never = client.get("/v1/events/evt_000000000000")
    hidden = client.get(f"/v1/events/{event}")
    assert hidden.text.replace(event, "evt_000000000000") == never.text
    assert list(faults(client.get(f"/v1/timeline?case={event}"))) == ["case"]


def test_an_answer_made_with_a_key_is_private_and_one_of_its_own(desk: Desk, client: TestClient) -> None:
    desk.make("cases")
    event = desk.make("events")["id"]
    for path in (f"events/{event}", "cases/a-case", "timeline", "cases", "facets?by=type", "changes"):
        open_to_all = client.get(f"/v1/{path}")
        with_key = client.get(f"/v1/{path}", headers=desk.headers)
        assert open_to_all.headers["cache-control"] == "public, max-age=0, must-revalidate"
        assert with_key.headers["cache-control"] == "private, max-age=0, must-revalidate"
        assert "Authorization" in open_to_all.headers["vary"]
        assert open_to_all.headers["etag"] != with_key.headers["etag"]
        revalidated = client.get(
            f"/v1/{path}", headers={**desk.headers, "If-None-Match": with_key.headers["etag"]}
        )
        assert (revalidated.status_code, revalidated.headers["cache-control"][:7]) == (304, "private")
    gone = desk.make("events")["id"]
    desk.act(f"events/{gone}", "retract")
    assert client.get(f"/v1/events/{gone}").headers["cache-control"].startswith("public")
    assert client.get(f"/v1/events/{gone}", headers=desk.headers).headers["cache-control"][:7] == "private"


@pytest.mark.parametrize("kind", ["events", "actors"])
def test_no_tag_holds_for_the_past_of_a_case_that_a_hidden_record_has_left(
    desk: Desk, client: TestClient, kind: str
) -> None:
    desk.make("cases")
    desk.make("cases", slug="other")
    actor = desk.make("actors")["id"]
    event = desk.make("events", actors=[{"actor": actor, "role": "participant"}])["id"]
    moment = public(client, "cases/a-case/timeline")["as_of"]
    desk.amend(f"events/{event}", cases=["other"], actors=[])
    paths = [
        f"/v1/cases/a-case/timeline?as_of={moment}",
        f"/v1/cases/a-case/facets?by=actor&as_of={moment}",
        f"/v1/cases/a-case/diff?from={moment}",
    ]
    before = {path: client.get(path) for path in paths}

    desk.amend(f"{kind}/{event if kind == 'events' else actor}", visibility="restricted")

    for path, held in before.items():
        answer = client.get(path, headers={"If-None-Match": held.headers["etag"]})
        assert answer.status_code == 200, path
        assert answer.text != held.text, path


@pytest.mark.parametrize("is_case_withdrawn", [True, False])
def test_who_followed_hears_that_an_event_of_no_open_case_is_hidden(
    desk: Desk, client: TestClient, *, is_case_withdrawn: bool
) -> None:
    desk.make("cases")
    desk.make("cases", slug="hidden", visibility="restricted")
    event = desk.make("events")["id"]
    moment = public(client, "timeline")["as_of"]
    if is_case_withdrawn:
        desk.act("cases/a-case", "retract")
    else:
        desk.amend(f"events/{event}", cases=["hidden"])
    paths = [f"/v1/{kind}as_of={moment}" for kind in ("timeline?", "cases/a-case?", "facets?by=type&")]
    held = {path: client.get(path) for path in paths}
    mark = changes(client)

    for visibility in ("restricted", "public"):
        desk.amend(f"events/{event}", visibility=visibility)
        mark += 1
        assert changes(client) == mark
        (hiding,) = public(client, f"changes?after={mark - 1}")["items"]
        assert {name for name, value in hiding.items() if value} == {"seq", "at", "hash"}
        for path, before in held.items():
            answer = client.get(path, headers={"If-None-Match": before.headers["etag"]})
            assert answer.status_code == 200, path
            assert (answer.text == before.text) == (visibility == "public"), path
