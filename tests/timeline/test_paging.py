"""The union of the pages is the set, once each, whatever an editor does between them."""

import random
from typing import Final

from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.editing import change, make_case, make_event, make_events, restore, withdraw

ORDERS: Final = ("occurred", "-occurred", "recorded", "-recorded", "changed", "-changed")
DATES: Final[list[str | None]] = [
    None, "2025-03-15", "2025-03-15", "2025-03",
    "[..2025-03-15]", "2025-03-15T12:00Z", "../..", "2024", None, "-0043",

    "2025-03-15/2025-04", "../2025-03-15", "2025-03-15/..",
]  # fmt: skip
PATHS: Final = ("/v1/cases/a-case/timeline", "/v1/timeline")


def ids_of(client: TestClient, url: str) -> list[str]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def disturb(database: Database, chance: random.Random, ids: list[str]) -> None:
    """Do what editors do: move, hide, withdraw and add events."""
    victim = chance.choice(ids)
    change(database, victim, occurred=chance.choice(DATES[1:8]), sequence=chance.randint(-2, 2))
    make_event(database, chance.choice(DATES), title="Come between")
    gone = chance.choice(ids)
    withdraw(database, gone)
    restore(database, gone)


def fill(database: Database) -> list[str]:
    make_case(database)
    ids = make_events(database, DATES)
    for number in (3, 0, 7):
        change(database, ids[number], title="Changed")
    return ids


def test_pages_forwards_are_the_set_while_another_connection_writes(
    database: Database, client: TestClient
) -> None:
    ids = fill(database)
    chance = random.Random(5)

    for path in PATHS:
        for order in ORDERS:
            whole = ids_of(client, f"{path}?order={order}&limit=500")
            url: str | None = f"{path}?order={order}&limit=4"
            pages: list[str] = []
            moments = set()
            while url is not None:
                answer = client.get(url)
                assert answer.status_code == 200, (order, answer.text)
                document = answer.json()
                pages += [item["id"] for item in document["items"]]
                moments.add(document["as_of"])
                url = document["next"]
                disturb(database, chance, ids)
            assert pages == whole, (path, order)
            assert len(moments) == 1


def test_pages_back_are_the_pages_there_while_another_connection_writes(
    database: Database, client: TestClient
) -> None:
    ids = fill(database)
    chance = random.Random(6)

    for order in ORDERS:
        there = []
        url: str | None = f"{PATHS[0]}?order={order}&limit=5"
        previous = None
        while url is not None:
            document = client.get(url).json()
            there.append([item["id"] for item in document["items"]])
            previous, url = document["previous"], document["next"]
        back = [there[-1]]
        while previous is not None:
            disturb(database, chance, ids)
            answer = client.get(previous)
            assert answer.status_code == 200, (order, answer.text)
            back.insert(0, [item["id"] for item in answer.json()["items"]])
            previous = answer.json()["previous"]
        assert [one for page in back for one in page] == [one for page in there for one in page], order
        assert back == there, order


def test_the_filters_and_the_link_header_go_along(database: Database, client: TestClient) -> None:
    fill(database)
    first = client.get(f"{PATHS[0]}?type=statement&since=2025&limit=2&fields=title&total=exact")

    following = first.json()["next"]
    assert f'<{following}>; rel="next"' in first.headers["link"]
    second = client.get(following).json()
    assert len(second["items"]) == 2
    assert set(second["items"][0]) == {"id", "title"}
    assert second["total"] == first.json()["total"]
    assert second["as_of"] == first.json()["as_of"]


def test_the_reader_may_change_the_page_length_on_the_way(database: Database, client: TestClient) -> None:
    fill(database)
    whole = ids_of(client, f"{PATHS[0]}?limit=500")
    first = client.get(f"{PATHS[0]}?limit=2").json()
    cursor = first["next"].partition("after=")[2].partition("&")[0]

    assert ids_of(client, f"{PATHS[0]}?limit=500&after={cursor}") == whole[2:]
