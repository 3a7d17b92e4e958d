"""Allegations and obligations are records as events are: written, amended, withdrawn, hidden, merged."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access.keys import Scope, create_key
from app.core.db import Database
from tests.support.desk import CHANGE, Desk, changes, faults, public


@pytest.fixture
def scene(desk: Desk) -> Desk:
    """Make a case with two actors, a source, and an order with an answer to it."""
    desk.make("cases", slug="a-case", timezone="America/New_York")
    desk.make("actors", slug="one", name="Una Prima")
    desk.make("actors", slug="two", name="Duo Secundus")
    desk.make("sources", external_id="report", title="A report", published="2025-04-14")
    desk.make("events", external_id="order", type="court_order", title="The order", occurred="2025-04-04")
    desk.make("events", external_id="answer", type="court_filing", title="The answer", occurred="2025-04-06")
    return desk


def allege(desk: Desk, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Make an allegation that one asserts and two denies."""
    positions = [
        {"actor": "one", "stance": "asserts", "occurred": "2025-04-01", "forum": "press"},
        {
            "actor": "two",
            "stance": "denies",
            "occurred": "2025-04-02",
            "citation": {"source": "report", "quote": "It is not so."},
            "event": "answer",
        },
    ]
    return desk.make(
        "allegations", **{"case": "a-case", "text": "It is so.", "positions": positions, **fields}
    )


def oblige(desk: Desk, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Make an obligation of two."""
    body = {
        "order": "order",
        "bound": "two",
        "act": "Return it.",
        "due": "2025-04-07",
        "terms": [{"occurred": "2025-04-06", "effect": "stayed"}],
        "responses": [{"event": "answer", "by": "two", "claims_compliance": False}],
        "findings": [{"event": "answer", "finding": "partly"}],
    }
    return desk.make("obligations", **{**body, **fields})


def test_an_allegation_is_read_with_the_names_of_what_it_names(scene: Desk, client: TestClient) -> None:
    made = allege(scene)

    read = public(client, f"allegations/{made['id']}")
    assert made["id"].startswith("alg_")
    assert (read["text"], read["standing"], read["case"]["slug"]) == ("It is so.", "disputed", "a-case")
    assert [(one["actor"]["name"], one["stance"], one["forum"]) for one in read["positions"]] == [
        ("Una Prima", "asserts", "press"),
        ("Duo Secundus", "denies", None),
    ]
    denial = read["positions"][1]
    assert denial["occurred"]["timezone"] == "America/New_York"
    assert (denial["citation"]["quote"], denial["event"]["title"]) == ("It is not so.", "The answer")


def test_an_obligation_is_read_with_the_names_of_what_it_names(scene: Desk, client: TestClient) -> None:
    made = oblige(scene)

    read = public(client, f"obligations/{made['id']}")
    assert made["id"].startswith("obl_")
    assert (read["order"]["title"], read["bound"]["name"], read["act"]) == (
        "The order",
        "Duo Secundus",
        "Return it.",
    )
    assert (read["due"]["edtf"], read["due"]["timezone"]) == ("2025-04-07", "America/New_York")
    assert [one["effect"] for one in read["terms"]] == ["stayed"]
    assert [(one["event"]["title"], one["by"]["slug"]) for one in read["responses"]] == [
        ("The answer", "two")
    ]
    assert [one["finding"] for one in read["findings"]] == ["partly"]


def test_what_is_wrong_is_named_by_where_it_stands(scene: Desk) -> None:
    position = {"actor": "nobody", "stance": "asserts", "occurred": "soon", "event": "no-event"}
    answer = scene.send("allegations", {"case": "no-case", "text": "So.", "positions": [position]})
    assert set(faults(answer)) == {
        "/case",
        "/positions/0/actor",
        "/positions/0/occurred",
        "/positions/0/event",
    }

    duty: dict[str, Any] = {"order": "order", "bound": "two", "act": "Go.", "recurrence": "FREQ=HOURLY"}
    terms = [{"effect": "due_changed", "event": "answer"}, {"effect": "stayed"}]
    answer = scene.send(
        "obligations", {**duty, "terms": terms, "findings": [{"event": "x", "finding": "partly"}]}
    )
    assert set(faults(answer)) == {
        "/due",
        "/recurrence",
        "/terms/0/due",
        "/terms/1/occurred",
        "/findings/0/event",
    }


@pytest.mark.parametrize(("kind", "make"), [("allegations", allege), ("obligations", oblige)])
def test_it_is_amended_withdrawn_and_put_back_as_an_event_is(
    scene: Desk, client: TestClient, kind: str, make: Callable[..., dict[str, Any]]
) -> None:
    path = f"{kind}/{make(scene, external_id='mine')['id']}"
    field = "text" if kind == "allegations" else "external_id"

    unguarded = client.patch(f"/v1/{path}", json={"change": CHANGE}, headers=scene.headers)
    assert unguarded.status_code == 428
    assert scene.attempt(path, tag='"9"', **{field: "Otherwise."}).status_code == 412
    assert scene.amend(path, **{field: "Otherwise."})[field] == "Otherwise."
    scene.act(path, "retract")
    gone = client.get(f"/v1/{path}")
    assert (gone.status_code, gone.json()["code"]) == (410, "retracted")
    scene.act(path, "reinstate")
    assert public(client, path)[field] == "Otherwise."

    told = public(client, f"{path}/revisions")["items"]
    assert [one["operation"] for one in told] == ["create", "amend", "retract", "reinstate"]
    single = kind.removesuffix("s")
    assert told[0][single][field] != told[1][single][field] == "Otherwise."
    assert public(client, f"{path}/revisions/2") == told[1]
    feed = public(client, "changes?limit=500")["items"][-4:]
    case_id = public(client, "cases/a-case")["id"]
    assert [(one["operation"], one["cases"]) for one in feed] == [
        (one["operation"], [case_id]) for one in told
    ]
    corrections = public(client, "corrections")["items"]
    assert [one["type"] for one in corrections] == [single] * 3


def test_a_key_of_another_case_may_not_write_to_it(
    scene: Desk, client: TestClient, database: Database
) -> None:
    paths = [f"allegations/{allege(scene)['id']}", f"obligations/{oblige(scene)['id']}"]
    other = scene.make("cases", slug="other")["id"]
    with database.write() as connection:
        key, _ = create_key(connection, "limited", [Scope.WRITE], cases=[other])
    limited = Desk(client, {"Authorization": f"Bearer {key}"})
    assert limited.send("allegations", {"case": "a-case", "text": "So."}).status_code == 403
    assert limited.send("obligations", {"order": "order", "bound": "two", "act": "Go."}).status_code == 403
    assert [limited.attempt(path, external_id="x").status_code for path in paths] == [403, 403]


@pytest.mark.parametrize(("kind", "make"), [("allegations", allege), ("obligations", oblige)])
def test_it_comes_into_sight_with_its_case_and_goes_out_of_it(
    scene: Desk, client: TestClient, kind: str, make: Callable[..., dict[str, Any]]
) -> None:
    scene.amend("cases/a-case", visibility="restricted")
    before = changes(client)
    path = f"{kind}/{make(scene)['id']}"
    assert changes(client) == before
    assert client.get(f"/v1/{path}").status_code == 404
    assert client.get(f"/v1/{path}/revisions").status_code == 404

    scene.amend("cases/a-case", visibility="public")
    assert public(client, path)["id"] == path.split("/")[1]
    feed = public(client, "changes?limit=500")["items"]
    assert [one["operation"] for one in feed if one["record"] == path.split("/")[1]] == ["disclose"]

    scene.amend("cases/a-case", visibility="restricted")
    assert client.get(f"/v1/{path}").status_code == 404
    assert public(client, "changes?limit=500")["items"][-2]["record"] is None


def test_an_obligation_comes_into_sight_with_its_order(scene: Desk, client: TestClient) -> None:
    order = scene.read("events/" + scene.make("events", title="Sealed", visibility="restricted")["id"])["id"]
    made = oblige(scene, order=order)
    assert client.get(f"/v1/obligations/{made['id']}").status_code == 404

    scene.amend(f"events/{order}", visibility="public")
    assert public(client, f"obligations/{made['id']}")["order"]["title"] == "Sealed"
    assert public(client, "changes?limit=500")["items"][-1]["record"] == made["id"]

    scene.amend(f"events/{order}", visibility="existence_only")
    assert client.get(f"/v1/obligations/{made['id']}").status_code == 404


def test_a_position_that_names_what_is_hidden_neither_shows_nor_counts(
    scene: Desk, client: TestClient
) -> None:
    path = f"allegations/{allege(scene)['id']}"
    events = {one["title"]: one["id"] for one in public(client, "cases/a-case/timeline")["items"]}
    source = public(client, "sources")["items"][0]["id"]
    for hidden in ("actors/two", f"sources/{source}", f"events/{events['The answer']}"):
        scene.amend(hidden, visibility="restricted")
        read = public(client, path)
        assert (len(read["positions"]), read["standing"]) == (1, "unanswered"), hidden
        assert scene.read(path)["standing"] == "disputed"
        scene.amend(hidden, visibility="public")
    scene.act(f"events/{events['The answer']}", "retract")
    assert scene.read(path)["standing"] == public(client, path)["standing"] == "unanswered"


def test_what_an_obligation_names_is_left_out_while_it_is_hidden(scene: Desk, client: TestClient) -> None:
    path = f"obligations/{oblige(scene)['id']}"
    events = {one["title"]: one["id"] for one in public(client, "cases/a-case/timeline")["items"]}
    scene.amend("actors/two", visibility="restricted")
    read = public(client, path)
    assert (read["bound"], read["responses"][0]["by"]) == (None, None)

    scene.amend(f"events/{events['The answer']}", visibility="restricted")
    read = public(client, path)
    assert (read["responses"], read["findings"], len(read["terms"])) == ([], [], 1)
    assert len(scene.read(path)["responses"]) == 1


def test_a_position_names_the_survivor_of_a_merge(scene: Desk, client: TestClient) -> None:
    path = f"allegations/{allege(scene)['id']}"
    duty = f"obligations/{oblige(scene)['id']}"
    scene.make("actors", slug="three", name="Tres")
    scene.act("actors/two", "merge", into="three")
    assert public(client, path)["positions"][1]["actor"]["name"] == "Tres"
    assert public(client, duty)["bound"]["slug"] == "three"

    scene.act("actors/one", "merge", into="three")
    # Now it is one person, who denied it after asserting it.
    assert public(client, path)["standing"] == "disputed"
    assert {one["actor"]["slug"] for one in public(client, path)["positions"]} == {"three"}


def test_an_obligation_follows_its_order_into_a_merge(scene: Desk, client: TestClient) -> None:
    made = oblige(scene)
    events = {one["title"]: one["id"] for one in public(client, "cases/a-case/timeline")["items"]}
    other = scene.make("events", title="The same order", occurred="2025-04-04")["id"]
    scene.act(f"events/{events['The order']}", "merge", into=other)
    assert public(client, f"obligations/{made['id']}")["order"]["title"] == "The same order"
    assert len(public(client, f"obligations/{made['id']}/revisions")["items"]) == 1


def test_a_change_of_what_it_names_alters_its_case(scene: Desk, client: TestClient) -> None:
    allege(scene)
    oblige(scene)
    case_id = public(client, "cases/a-case")["id"]
    for path, patch in (("actors/one", {"name": "Una"}), ("sources/", {"title": "Other"})):
        which = path if path != "sources/" else f"sources/{public(client, 'sources')['items'][0]['id']}"
        scene.amend(which, **patch)
        assert public(client, "changes?limit=500")["items"][-1]["cases"] == [case_id]


def test_a_redaction_takes_a_name_out_of_all_of_it_and_of_its_past(scene: Desk, client: TestClient) -> None:
    secret = "Duo Secundus"  # noqa: S105 - a name
    position = {
        "actor": "two",
        "stance": "denies",
        "occurred": "2025-04-02",
        "forum": f"at {secret}'s",
        "citation": {"source": "report", "quote": f"I, {secret}, deny it."},
    }
    paths = [
        f"allegations/{allege(scene, text=f'{secret} did it.', positions=[position])['id']}",
        f"obligations/{oblige(scene, act=f'Return {secret}.')['id']}",
    ]
    scene.amend(paths[0], text="He did it.")
    scene.act("actors/two", "redact", label="Person A")

    for path in paths:
        for reader in (public(client, path), scene.read(path), public(client, f"{path}/revisions")):
            assert "Secundus" not in str(reader)
    told = public(client, f"{paths[0]}/revisions/1")["allegation"]
    assert told["text"] == "Person A did it."
    assert told["positions"][0]["citation"]["quote"] == "I, Person A, deny it."
    assert public(client, paths[1])["act"] == "Return Person A."


def test_an_event_names_the_allegation_it_rests_on(scene: Desk, client: TestClient) -> None:
    made = allege(scene)
    event = scene.make("events", title="He says so", allegation=made["id"])
    path = f"events/{event['id']}"
    assert public(client, path)["allegation"] == {"id": made["id"], "text": "It is so."}

    scene.amend(f"allegations/{made['id']}", text="So it is.")
    timeline = public(client, "cases/a-case/timeline")["items"]
    assert [one["allegation"]["text"] for one in timeline if one["id"] == event["id"]] == ["So it is."]
    scene.act(f"allegations/{made['id']}", "retract")
    assert public(client, path)["allegation"] is None
    scene.act(f"allegations/{made['id']}", "reinstate")
    assert public(client, path)["allegation"] == {"id": made["id"], "text": "So it is."}
    scene.amend(f"allegations/{made['id']}", visibility="restricted")
    assert public(client, path)["allegation"] is None
    assert scene.read(path)["allegation"]["id"] == made["id"]

    scene.make("cases", slug="other")
    stray = scene.send("events", {"type": "statement", "title": "x", "occurred": None, "cases": ["other"],
                                  "allegation": made["id"]})  # fmt: skip
    assert set(faults(stray)) == {"/allegation"}
    unknown = scene.attempt(path, allegation="alg_none")
    assert set(faults(unknown)) == {"/allegation"}


def test_the_past_shows_it_as_it_was(scene: Desk, client: TestClient) -> None:
    path = f"allegations/{allege(scene, positions=[])['id']}"
    then = public(client, f"{path}/revisions")["items"][0]["at"]
    scene.amend(path, positions=[{"actor": "one", "stance": "concedes", "occurred": "2025-01-01"}])

    assert public(client, path)["standing"] == "conceded"
    assert public(client, f"{path}?as_of={then}")["standing"] == "unanswered"
