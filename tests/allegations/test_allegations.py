"""The allegations of a case: how they stand, as recorded and as reported by a moment."""

import json
import random
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.core.db import Database
from tests.support.desk import Desk, faults, public
from tests.support.example import copy_example
from tests.support.keys import make_key

PATH = "cases/a-case/allegations"


@pytest.fixture
def scene(desk: Desk) -> Desk:
    """Make a case, three actors and two sources: one of 1 April, one of 1 May."""
    desk.make("cases", slug="a-case", title="A case")
    for slug in ("one", "two", "court"):
        desk.make("actors", slug=slug, name=slug.title())
    desk.make("sources", external_id="april", title="April", published="2025-04-01")
    desk.make("sources", external_id="may", title="May", published="2025-05")
    return desk


def said(actor: str, stance: str, occurred: str | None, source: str | None = None) -> dict[str, Any]:
    """Return a position."""
    citation = {"source": source} if source else None
    return {"actor": actor, "stance": stance, "occurred": occurred, "citation": citation}


def allege(desk: Desk, text: str, *positions: dict[str, Any]) -> str:
    """Make an allegation; return its id."""
    made: str = desk.make("allegations", case="a-case", text=text, positions=list(positions))["id"]
    return made


def standings(answer: dict[str, Any]) -> dict[str, str]:
    """Return how each allegation of an answer stands, in order."""
    return {one["text"]: one["standing"] for one in answer["items"]}


def test_the_example_stands_as_the_report_says(database: Database, client: TestClient) -> None:
    copy_example(database)

    assert standings(public(client, "cases/abrego-garcia/allegations")) == {
        "Abrego Garcia was deported by mistake.": "conceded",
        "Kilmar Abrego Garcia is a member of MS-13.": "unanswered",
        "People are jailed in El Salvador without due process.": "disputed",
        "The deportation of Abrego Garcia was legal.": "unanswered",
        "The deported had no opportunity to contest being called gang members.": "unanswered",
        "The people deported to El Salvador belong to gangs.": "disputed",
    }


def test_nobody_in_the_example_speaks_where_the_report_does_not(
    database: Database, client: TestClient
) -> None:
    copy_example(database)
    for one in public(client, "cases/abrego-garcia/allegations")["items"]:
        for position in one["positions"]:
            assert position["citation"]["quote"]
            assert position["event"]["title"]


def test_they_are_filtered_by_standing_and_counted_by_it(scene: Desk, client: TestClient) -> None:
    allege(scene, "Alpha", said("one", "asserts", "2025-01"))
    allege(scene, "Beta", said("one", "asserts", "2025-01"), said("two", "denies", "2025-02"))
    allege(scene, "gamma", said("two", "denies", "2025-02"))

    answer = public(client, f"{PATH}?standing=disputed&total=exact")
    assert standings(answer) == {"Beta": "disputed", "gamma": "disputed"}
    assert answer["total"] == 2
    facet = answer["facets"][0]
    assert (facet["by"], [(one["value"], one["count"]) for one in facet["values"]]) == (
        "standing",
        [("unanswered", 1), ("disputed", 2)],
    )
    for value in facet["values"]:
        assert len(client.get(value["url"]).json()["items"]) == value["count"]
    assert list(standings(public(client, f"{PATH}?standing=disputed&standing=unanswered"))) == [
        "Alpha",
        "Beta",
        "gamma",
    ]


def test_a_value_or_a_parameter_that_there_is_not_is_refused(scene: Desk, client: TestClient) -> None:
    allege(scene, "Alpha")
    wrong = client.get(f"/v1/{PATH}?standing=dispute")
    assert faults(wrong).keys() == {"standing"}
    assert wrong.json()["errors"][0]["did_you_mean"] == "disputed"
    assert faults(client.get(f"/v1/{PATH}?stance=denies")).keys() == {"stance"}
    assert faults(client.get(f"/v1/{PATH}?reported_until=soon")).keys() == {"reported_until"}
    assert faults(client.get(f"/v1/{PATH}?as_of=2999-01-01T00:00:00Z")).keys() == {"as_of"}
    assert client.get(f"/v1/{PATH}?after=zzzz").json()["code"] == "invalid-cursor"
    assert client.get("/v1/cases/no-case/allegations").status_code == 404


def test_only_what_was_published_by_then_counts(scene: Desk, client: TestClient) -> None:
    allege(
        scene,
        "Alpha",
        said("one", "asserts", "2025-01", "april"),
        said("two", "denies", "2025-02", "may"),
        said("court", "finds_true", "2025-03"),
    )
    reported = {
        until: public(client, f"{PATH}?reported_until={until}")["items"][0]
        for until in ("2025-03", "2025-04", "2025-05-01")
    }
    assert [(one["standing"], len(one["positions"])) for one in reported.values()] == [
        ("unanswered", 0),
        ("unanswered", 1),
        # What no source reports was never published.
        ("disputed", 2),
    ]
    assert standings(public(client, PATH)) == {"Alpha": "found_true"}
    assert public(client, f"{PATH}?reported_until=2025-05&standing=found_true")["items"] == []


def test_what_was_recorded_later_is_not_in_the_past(scene: Desk, client: TestClient) -> None:
    allegation = allege(scene, "Alpha", said("one", "asserts", "2025-06"))
    then = public(client, PATH)["as_of"]
    # Recorded afterwards, though it happened before.
    positions = [said("one", "asserts", "2025-06"), said("two", "denies", "1999")]
    scene.amend(f"allegations/{allegation}", positions=positions)

    assert standings(public(client, PATH)) == {"Alpha": "disputed"}
    assert standings(public(client, f"{PATH}?as_of={then}")) == {"Alpha": "unanswered"}
    assert public(client, f"{PATH}?as_of={then}")["as_of"] == then


def test_the_permalink_answers_the_same_later(scene: Desk, client: TestClient) -> None:
    allegation = allege(scene, "Alpha", said("one", "asserts", "2025-06"))
    before = public(client, f"{PATH}?standing=unanswered")
    scene.act(f"allegations/{allegation}", "retract")
    scene.amend("cases/a-case", slug="renamed")

    assert public(client, "cases/renamed/allegations")["items"] == []
    again = client.get(before["permalink"]).json()
    assert (again["items"], again["as_of"]) == (before["items"], before["as_of"])


def test_an_answer_is_revalidated_until_something_in_it_changes(scene: Desk, client: TestClient) -> None:
    allege(scene, "Alpha", said("one", "asserts", "2025-06"))
    tag = client.get(f"/v1/{PATH}").headers["etag"]
    held = client.get(f"/v1/{PATH}", headers={"If-None-Match": tag})
    assert (held.status_code, held.headers["etag"]) == (304, tag)

    scene.amend("actors/one", name="Una")
    fresh = client.get(f"/v1/{PATH}", headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh.json()["items"][0]["positions"][0]["actor"]["name"] == "Una"


def test_the_pages_together_are_the_list_whatever_is_written_between(scene: Desk, client: TestClient) -> None:
    texts = [f"{letter} {number}" for letter in "bAcÄ" for number in range(3)]
    random.Random(4).shuffle(texts)
    made = {text: allege(scene, text) for text in texts}
    whole = [one["id"] for one in public(client, PATH)["items"]]

    url: str | None = f"/v1/{PATH}?limit=5"
    pages: list[dict[str, Any]] = []
    while url:
        page = client.get(url)
        pages.append(page.json())
        if len(pages) == 1:
            scene.act(f"allegations/{made['b 1']}", "retract")
            allege(scene, "b 0 and a half")
        url = pages[-1]["next"]
    assert [one["id"] for page in pages for one in page["items"]] == whole
    back = client.get(pages[-1]["previous"]).json()
    assert back["items"] == pages[-2]["items"]
    assert pages[0]["previous"] is None


def test_hidden_ones_neither_show_nor_count(scene: Desk, client: TestClient) -> None:
    allege(scene, "Alpha", said("one", "asserts", "2025-06"))
    hidden = allege(scene, "Beta", said("one", "asserts", "2025-06"))
    scene.amend(f"allegations/{hidden}", visibility="restricted")

    answer = public(client, f"{PATH}?total=exact")
    assert (standings(answer), answer["total"]) == ({"Alpha": "unanswered"}, 1)
    assert answer["facets"][0]["values"][0]["count"] == 1
    assert len(scene.read(PATH)["items"]) == 2
    scene.amend("actors/one", visibility="existence_only")
    assert public(client, PATH)["items"][0]["positions"] == []


def test_an_imported_event_brings_the_allegation_it_rests_on(
    scene: Desk, client: TestClient, database: Database
) -> None:
    made = allege(scene, "Alpha", said("one", "asserts", "2025-06"))
    event = scene.make("events", title="It rests on that", allegation=made)
    line = public(client, f"events/{event['id']}")
    key = make_key(database, Scope.IMPORT)

    def load(changed: dict[str, Any]) -> dict[str, Any]:
        headers = {**key, "Content-Type": "application/x-ndjson"}
        answer = client.post("/v1/imports", content=json.dumps(changed).encode(), headers=headers)
        report: dict[str, Any] = answer.json()
        return report

    assert load(line)["unchanged"] == 1
    unknown = {"id": "alg_0123456789ab", "text": "Nobody knew of it."}
    other = {**line, "id": "evt_0123456789ab", "title": "Another", "allegation": unknown}
    assert load(other)["created"] == 1
    assert public(client, "events/evt_0123456789ab")["allegation"] == unknown
    assert public(client, "allegations/alg_0123456789ab")["standing"] == "unanswered"
    assert public(client, PATH)["items"][1]["text"] == "Nobody knew of it."
