"""The example case answers what the README promises."""

from typing import Final

import pytest
from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.editing import make_case, make_event
from tests.support.example import copy_example

TIMELINE = "/v1/cases/abrego-garcia/timeline"
FACETS = "/v1/cases/abrego-garcia/facets"
MEETING = "Nayib Bukele and Donald Trump meet in the Oval Office"


@pytest.fixture
def example(database: Database, client: TestClient) -> TestClient:
    copy_example(database)
    return client


def titles(client: TestClient, query: str, path: str = TIMELINE) -> list[str]:
    answer = client.get(f"{path}?limit=500&{query}")
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


def names(client: TestClient, query: str, path: str = TIMELINE) -> set[str]:
    """Return what the found events are called in the example's data."""
    answer = client.get(f"{path}?limit=500&{query}")
    assert answer.status_code == 200, answer.text
    return {item["external_id"].removeprefix("abrego-garcia/") for item in answer.json()["items"]}


def test_the_meeting_comes_with_its_participants_place_and_citation(example: TestClient) -> None:
    answer = example.get(f"{TIMELINE}?type=meeting&since=2025-04-14")

    assert answer.status_code == 200
    (meeting,) = answer.json()["items"]
    assert meeting["title"].startswith(MEETING)
    assert {(actor["name"], actor["role"]) for actor in meeting["actors"]} == {
        ("Nayib Bukele", "participant"),
        ("Donald Trump", "participant"),
    }
    assert meeting["place"] == {
        "name": "Oval Office, White House, Washington, DC",
        "country": "US",
        "latitude": 38.8974,
        "longitude": -77.0374,
    }
    (citation,) = meeting["citations"]
    assert citation["source"]["publisher"] == "Reuters"
    assert citation["source"]["published"] == "2025-04-14"
    assert meeting["details"]["topics"] == ["security", "migration", "bitcoin", "tariffs"]
    assert meeting["occurred"] == {
        "edtf": "2025-04-14",
        "earliest": "2025-04-14T04:00:00Z",
        "latest": "2025-04-15T04:00:00Z",
        "precision": "day",
        "qualifier": None,
        "kind": "moment",
        "timezone": "America/New_York",
        "display": meeting["occurred"]["display"],
    }
    assert "14 April 2025" in meeting["occurred"]["display"]
    assert answer.json()["timezone"] == "America/New_York"


def test_a_month_is_possibly_but_not_certainly_before_its_20th_day(example: TestClient) -> None:
    in_march = {"flights-should-return", "bukele-oopsie"}

    assert in_march <= names(example, "until=2025-03")
    assert in_march <= names(example, "until=2025-03-20")
    assert in_march <= names(example, "until=2025-03&date_match=certain")
    assert not in_march & names(example, "date_match=certain&until=2025-03-20")


def test_the_order_is_by_date_and_its_reverse_is_the_reverse(example: TestClient) -> None:
    forwards = titles(example, "order=occurred")

    assert len(forwards) == 27
    assert forwards[0] == "Alien Enemies Act becomes law"
    assert titles(example, "order=-occurred") == forwards[::-1]


FINDS: Final[tuple[tuple[str, set[str]], ...]] = (
    ("type=meeting", {"oval-office-meeting"}),
    (
        "type=meeting&type=legislation",
        {"oval-office-meeting", "alien-enemies-act"},
    ),
    ("actor=paula-xinis", {"xinis-order"}),
    (
        "actor=nayib-bukele&role=accused&role=participant",
        {"rights-groups-accuse-bukele", "oval-office-meeting"},
    ),
    ("actor=kilmar-abrego-garcia&role=judge", set()),
    ("role=judge", {"xinis-order"}),
    ("docket=24A949", {"supreme-court-ruling"}),
    ("docket=24A949&docket=8:25-cv-00951", {"supreme-court-ruling", "xinis-order"}),
    (
        "country=SV",
        {"sent-to-terrorism-confinement-centre", "ten-more-deported", "alien-enemies-act-deportations"},
    ),
    (
        "bbox=-78,38,-76,40&exclude_type=statement",
        {"oval-office-meeting"},
    ),
    ("bbox=-76,38,-75,40", set()),
    ("publisher=Reuters&type=meeting", {"oval-office-meeting"}),
    ("publisher=reuters.example", set()),
    ("tag=acknowledged-mistake", {"administration-acknowledges-mistake"}),
    ("standing=alleged", {"administration-alleges-ms-13", "bukele-calls-him-a-terrorist"}),
    ("relation=violates", {"sent-to-terrorism-confinement-centre"}),
    ("relation=violates&relation=affirms", {"sent-to-terrorism-confinement-centre", "supreme-court-ruling"}),
    (
        "unanswered=false",
        {
            "flights-should-return",
            "supreme-court-ruling",
            "administration-says-it-vetted",
            "rights-groups-accuse-bukele",
        },
    ),
    ("q=oopsie", {"bukele-oopsie"}),
    ("q=OOPS*", {"bukele-oopsie"}),
    ('q="too late"', {"bukele-oopsie"}),
    ("q=paula+xinis", {"xinis-order"}),
    ("since=2025-04-13&until=2025-04-13&date_match=within", {"filing-not-obliged"}),
    (
        "until=1800",
        {
            "alien-enemies-act",
            "protection-from-removal",
            "alien-enemies-act-deportations",
            "administration-says-it-vetted",
            "lawyers-deny-gang-membership",
            "lawyers-say-no-chance-to-contest",
            "rights-groups-accuse-bukele",
            "bukele-rejects-accusation",
            "administration-alleges-ms-13",
        },
    ),
    ("until=1800&date_match=within&since=1700", {"alien-enemies-act"}),
    ("reported_until=2025-04-13", set()),
)
COUNTS: Final = (
    ("reported_until=2025-04-14", 27),
    ("include_undated=true", 27),
    ("exclude_type=statement", 10),
    ("exclude_standing=disputed&exclude_standing=alleged", 19),
    ("unanswered=true", 23),
    ("q=xinis -xinis", 0),
    ("q=()", 0),
    ("timezone=Asia/Tokyo&since=2025-04-14&until=2025-04-14&type=meeting", 1),
)


def test_each_filter_finds_its_events(example: TestClient) -> None:
    # All on one database, since making one takes longer than all the requests.
    assert {query: names(example, query) for query, _ in FINDS} == dict(FINDS)


def test_each_filter_finds_and_counts_as_many(example: TestClient) -> None:
    for query, count in COUNTS:
        answer = example.get(f"{TIMELINE}?limit=1&total=exact&{query}").json()
        assert (query, answer["total"], len(titles(example, query))) == (query, count, count)


def test_a_source_is_a_filter(example: TestClient) -> None:
    (meeting,) = example.get(f"{TIMELINE}?type=meeting").json()["items"]
    source = meeting["citations"][0]["source"]["id"]

    assert len(titles(example, f"source={source}")) == 27


def test_the_timeline_across_cases_takes_and_leaves_out_a_case(
    database: Database, example: TestClient
) -> None:
    make_case(database, "another")
    make_event(database, "2025-04-14", "another", title="Elsewhere")

    assert len(titles(example, "", "/v1/timeline")) == 48
    assert len(titles(example, "case=abrego-garcia", "/v1/timeline")) == 27
    assert len(titles(example, "case=abrego-garcia&case=another", "/v1/timeline")) == 28
    others = "exclude_case=abrego-garcia&exclude_case=abrego-garcia-docket"
    assert titles(example, others, "/v1/timeline") == ["Elsewhere"]
    assert example.get("/v1/timeline").json()["timezone"] == "UTC"


def test_fields_are_kept_as_asked(example: TestClient) -> None:
    (meeting,) = example.get(f"{TIMELINE}?type=meeting&fields=title,occurred").json()["items"]

    assert set(meeting) == {"id", "title", "occurred"}


def test_the_permalink_answers_the_same(example: TestClient) -> None:
    answer = example.get(f"{TIMELINE}?actor=nayib-bukele&q=terrorist&order=-occurred").json()

    again = example.get(answer["permalink"]).json()
    assert again["items"] == answer["items"]
    assert len(again["items"]) == 2
    assert again["permalink"] == answer["permalink"]


def test_head_answers_without_a_body_and_a_known_answer_is_not_sent_again(example: TestClient) -> None:
    got, head = example.get(TIMELINE), example.head(TIMELINE)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert example.get(TIMELINE, headers={"If-None-Match": got.headers["etag"]}).status_code == 304


def test_moments_of_one_day_are_in_order_whatever_zone_they_were_written_in(
    database: Database, client: TestClient
) -> None:
    make_case(database, timezone="America/New_York")
    make_event(database, "2025-03-15T17:50", timezone="America/Tegucigalpa", title="A landing in Comayagua")
    make_event(database, "2025-03-15T18:45-04:00", title="An order in Washington")
    make_event(database, "2025-03-15T22:46Z", title="A minute after the order")
    make_event(database, "2025-03-15", title="Some time of that day")
    make_event(database, "2025-03-15T00:00", title="Midnight sharp", sequence=-1)
    make_event(database, None, title="Nobody knows when")

    expected = [
        "Midnight sharp",
        "Some time of that day",
        "An order in Washington",
        "A minute after the order",
        "A landing in Comayagua",
    ]
    path = "/v1/cases/a-case/timeline"
    assert titles(client, "", path) == [*expected, "Nobody knows when"]
    assert titles(client, "order=-occurred", path) == [*expected[::-1], "Nobody knows when"]
    assert titles(client, "since=2025-03-15", path) == expected
    assert titles(client, "since=2025-03-15&include_undated=true", path) == [*expected, "Nobody knows when"]


FACET_VALUES: Final[tuple[tuple[str, dict[str, str | int]], ...]] = (
    ("type", {"value": "statement", "label": "statement", "count": 17}),
    ("actor", {"value": "nayib-bukele", "label": "Nayib Bukele"}),
    ("role", {"value": "speaker"}),
    ("country", {"value": "US"}),
    ("publisher", {"value": "Reuters", "label": "Reuters", "count": 27}),
    ("tag", {"value": "white-house", "count": 7}),
    ("standing", {"value": "reported", "count": 13}),
    ("year", {"value": "1798", "count": 1, "since": "1798", "until": "1798"}),
    ("month", {"value": "1798-01", "count": 1}),
    ("day", {"value": "1798-01-01", "count": 1}),
)


def test_a_facet_counts_what_its_url_lists(example: TestClient) -> None:
    for by, expected in FACET_VALUES:
        answer = example.get(f"{FACETS}?by={by}")
        assert answer.status_code == 200, (by, answer.text)
        (facet,) = answer.json()["facets"]
        assert facet["by"] == by
        values = {value["value"]: value for value in facet["values"]}
        found = values[str(expected["value"])]
        assert {name: found[name] for name in expected} == expected
        if by in {"year", "month", "day"}:
            assert sum(value["count"] for value in facet["values"]) == 27
            assert list(values) == sorted(values)
            assert all(value["since"] <= value["until"] for value in facet["values"])
            continue
        for value in facet["values"]:
            listed = example.get(value["url"])
            assert len(listed.json()["items"]) == value["count"], value


def test_facets_take_the_filters_and_several_at_once(example: TestClient) -> None:
    answer = example.get(f"{FACETS}?by=type&by=standing&actor=paula-xinis").json()

    assert [
        (facet["by"], [(one["value"], one["count"]) for one in facet["values"]]) for facet in answer["facets"]
    ] == [
        ("type", [("court_order", 1)]),
        ("standing", [("established", 1)]),
    ]
    across = example.get("/v1/facets?by=case&since=2025-04-14&type=meeting").json()
    assert across["facets"][0]["values"][0]["count"] == 1
