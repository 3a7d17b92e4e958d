"""Everything an actor said of allegations: over all cases, in order of time."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk, faults, public

PATH = "actors/one/positions"


@pytest.fixture
def scene(desk: Desk) -> Desk:
    """Make two cases in which one speaks, once without a date."""
    for slug in ("a-case", "b-case"):
        desk.make("cases", slug=slug, title=slug)
    for slug in ("one", "two"):
        desk.make("actors", slug=slug, name=slug.title())
    desk.make("sources", external_id="april", title="April", published="2025-04-01")
    desk.make("events", external_id="press", title="A press conference")
    allege(desk, "a-case", "First", one("asserts", "2025-03", citation={"source": "april"}), two("denies"))
    allege(desk, "b-case", "Second", one("denies", "2025-01"), one("withdraws"), one("concedes", "2026"))
    allege(desk, "a-case", "Third", one("asserts", "[..2024-12-31]", event="press"))
    return desk


def one(stance: str, occurred: str | None = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return what the actor `one` said."""
    return {"actor": "one", "stance": stance, "occurred": occurred, **fields}


def two(stance: str) -> dict[str, Any]:
    """Return what the actor `two` said."""
    return {"actor": "two", "stance": stance, "occurred": "2025-01-01"}


def allege(desk: Desk, case: str, text: str, *positions: dict[str, Any]) -> str:
    """Make an allegation; return its id."""
    made: str = desk.make("allegations", case=case, text=text, positions=list(positions))["id"]
    return made


def told(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the allegations and stances of an answer, in order."""
    return [(item["allegation"]["text"], item["stance"]) for item in answer["items"]]


IN_ORDER = [
    ("Third", "asserts"),
    ("Second", "denies"),
    ("First", "asserts"),
    ("Second", "concedes"),
    ("Second", "withdraws"),
]


def test_they_come_in_order_of_time_over_all_cases(scene: Desk, client: TestClient) -> None:
    answer = public(client, f"{PATH}?total=exact")
    assert (told(answer), answer["total"]) == (IN_ORDER, 5)
    assert answer["items"][0]["event"]["title"] == "A press conference"
    assert [item["allegation"]["case"]["slug"] for item in answer["items"][:2]] == ["a-case", "b-case"]
    assert told(scene.read("actors/two/positions")) == [("First", "denies")]


def test_the_pages_together_are_the_list_whatever_is_written_between(scene: Desk, client: TestClient) -> None:
    url: str | None = f"/v1/{PATH}?limit=2"
    pages: list[dict[str, Any]] = []
    while url:
        pages.append(client.get(url).json())
        if len(pages) == 1:
            allege(scene, "a-case", "Fourth", one("asserts", "2025-02"))
        url = pages[-1]["next"]
    assert [item for page in pages for item in told(page)] == IN_ORDER
    assert told(client.get(pages[-1]["previous"]).json()) == IN_ORDER[2:4]
    assert ("Fourth", "asserts") in told(public(client, PATH))


def test_they_are_filtered_and_pinned(scene: Desk, client: TestClient) -> None:
    answer = public(client, PATH)
    assert told(public(client, f"{PATH}?stance=concedes&stance=withdraws")) == IN_ORDER[3:]
    assert told(public(client, f"{PATH}?reported_until=2025-04-01")) == [("First", "asserts")]
    assert public(client, f"{PATH}?reported_until=2025-03-31")["items"] == []
    scene.act(f"allegations/{answer['items'][0]['allegation']['id']}", "retract")
    assert told(public(client, PATH)) == IN_ORDER[1:]
    assert told(client.get(answer["permalink"]).json()) == IN_ORDER
    assert faults(client.get(f"/v1/{PATH}?stance=lies")).keys() == {"stance"}


def test_what_is_hidden_neither_shows_nor_counts(scene: Desk, client: TestClient) -> None:
    scene.amend("cases/b-case", visibility="restricted")
    source = public(client, "sources")["items"][0]["id"]
    scene.amend(f"sources/{source}", visibility="restricted")
    answer = public(client, f"{PATH}?total=exact")
    assert (told(answer), answer["total"]) == ([("Third", "asserts")], 1)
    assert len(scene.read(PATH)["items"]) == 5

    event = public(client, "timeline")["items"][0]["id"]
    scene.act(f"events/{event}", "retract")
    assert told(public(client, PATH)) == []
    assert len(scene.read(PATH)["items"]) == 4


def test_a_merged_actor_leads_to_what_both_said(scene: Desk, client: TestClient) -> None:
    before = public(client, "actors/one")["id"]
    scene.act("actors/one", "merge", into="two")
    led = client.get(f"/v1/actors/{before}/positions?stance=denies", follow_redirects=False)
    assert led.status_code == 308
    assert led.headers["location"].endswith("/positions?stance=denies")
    assert sorted(told(client.get(led.headers["location"]).json())) == [
        ("First", "denies"),
        ("Second", "denies"),
    ]


def test_an_actor_that_is_gone_or_hidden_has_none(scene: Desk, client: TestClient) -> None:
    scene.amend("actors/one", visibility="existence_only")
    actor = scene.read("actors/one")["id"]
    assert public(client, f"actors/{actor}/positions")["items"] == []
    scene.amend("actors/one", visibility="restricted")
    assert client.get(f"/v1/actors/{actor}/positions").status_code == 404
    scene.amend("actors/one", visibility="public")
    scene.act("actors/one", "retract")
    assert client.get(f"/v1/{PATH}").status_code == 410


def test_pages_may_end_between_positions_of_one_moment(scene: Desk, client: TestClient) -> None:
    hidden = {"actor": "one", "stance": "denies", "occurred": "2024", "event": "sealed"}
    scene.make("events", external_id="sealed", title="Sealed", visibility="restricted")
    stances = ("asserts", "withdraws", "denies", "concedes", "asserts")
    allege(scene, "a-case", "Often", *(item for stance in stances for item in (hidden, one(stance, "2024"))))

    url: str | None = f"/v1/{PATH}?limit=2"
    pages: list[dict[str, Any]] = []
    while url:
        pages.append(client.get(url).json())
        url = pages[-1]["next"]
    every = [item for page in pages for item in told(page)]
    assert every[:5] == [("Often", stance) for stance in stances]
    assert every[5:] == IN_ORDER
    backwards: list[tuple[str, str]] = told(pages[-1])
    url = pages[-1]["previous"]
    while url:
        page = client.get(url).json()
        backwards, url = told(page) + backwards, page["previous"]
    assert backwards == every
