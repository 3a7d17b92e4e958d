"""A plain request is answered in one step, and as any other is."""

from collections.abc import Iterator
from typing import Final

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.config import Settings
from app.core import engines
from app.core.db import Database
from app.main import create_app
from tests.support.example import copy_example

CASE: Final = "/v1/cases/abrego-garcia"
# With this header, which says nothing, a request goes the way of those with a key or a mistake.
ORDINARY: Final = {"Content-Length": "0"}
QUESTIONS: Final = (
    f"{CASE}/timeline",
    f"{CASE}/timeline?type=meeting&type=court_order&since=2025-03&until=2025-04-14&limit=3",
    f"{CASE}/timeline?order=-occurred&limit=2&fields=title,occurred",
    f"{CASE}/timeline?order=-changed&limit=2&total=exact",
    f"{CASE}/timeline?actor=nayib-bukele&role=speaker&date_match=certain&since=2025",
    f"{CASE}/timeline?q=prison",
    f"{CASE}/timeline?bbox=-78,38,-76,40",
    f"{CASE}/timeline?tag=due%2Dprocess&reported_until=2025-04-14&relation=violates",
    "/v1/timeline?case=abrego-garcia&exclude_case=abrego-garcia",
    "/v1/timeline?include_undated=true&until=2025&timezone=America/New_York",
    f"{CASE}/facets?by=type&by=year",
    "/v1/facets?by=actor&type=statement",
)
WRONG: Final = (
    f"{CASE}/timeline?tpye=meeting",
    f"{CASE}/timeline?limit=0",
    f"{CASE}/timeline?limit=1&limit=2",
    f"{CASE}/timeline?type=",
    f"{CASE}/timeline?q=%00",
    f"{CASE}/timeline?q=%ff",
    f"{CASE}/timeline?case=abrego-garcia",
    f"{CASE}/timeline?since=2025-13",
    f"{CASE}/timeline?after=x",
    f"{CASE}/timeline?min_seq=999999",
    f"{CASE}/timeline?as_of=2999-01-01T00:00:00Z",
    f"{CASE}/timeline?as_of=1999-01-01T00:00:00Z",
    f"/v1/cases/{'x' * 301}/timeline",
    "/v1/cases/nowhere/timeline",
    "/v1/timeline?actor=nobody",
)


@pytest.fixture
def client(database: Database, database_url: str) -> Iterator[TestClient]:
    """Return a client of the example, of which no answer is kept."""
    copy_example(database)
    with TestClient(create_app(Settings(database_url=database_url, answer_cache_bytes=0))) as opened:
        yield opened


def told(answer: Response) -> tuple[int, dict[str, str], bytes]:
    """Return what an answer says, but for the request's own id."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    own = answer.headers["x-request-id"].encode()
    return answer.status_code, headers, answer.content.replace(own, b"")


def test_the_plain_way_and_the_ordinary_one_answer_alike(client: TestClient) -> None:
    for url in (*QUESTIONS, *WRONG):
        plain, ordinary = client.get(url), client.get(url, headers=ORDINARY)
        assert told(plain) == told(ordinary), url
        assert (plain.status_code < 400) is (url in QUESTIONS), url
        if "etag" in plain.headers:
            held = {"If-None-Match": plain.headers["etag"]}
            unchanged = client.get(url, headers=held)
            assert unchanged.status_code == 304, url
            assert told(unchanged) == told(client.get(url, headers={**held, **ORDINARY})), url


def test_every_page_is_the_same_both_ways(client: TestClient) -> None:
    url: str | None = f"{CASE}/timeline?limit=4&order=-occurred"
    pages = 0
    while url is not None:
        plain = client.get(url)
        assert told(plain) == told(client.get(url, headers=ORDINARY))
        url, pages = plain.json()["next"], pages + 1
    assert pages > 3


def test_a_read_that_takes_long_is_done_at_leisure(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    usual = {url: told(client.get(url)) for url in QUESTIONS}
    # So that every read is long.
    monkeypatch.setattr(engines, "BRIEF_STEPS", 8)
    settings = Settings(database_url=database_url, answer_cache_bytes=0)
    with TestClient(create_app(settings)) as hurried:
        assert {url: told(hurried.get(url)) for url in QUESTIONS} == usual
