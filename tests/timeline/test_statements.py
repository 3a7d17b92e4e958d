"""A page of a timeline takes six statements at the most, however much it holds."""

from typing import Final

import pytest
from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.example import copy_example
from tests.support.statements import statements

QUERIES: Final = (
    "",
    "?limit=5",
    "?order=-occurred",
    "?order=-occurred&limit=1",
    "?order=recorded&limit=5",
    "?order=-changed&limit=5",
    "?total=exact",
    "?q=terrorist",
    "?type=meeting&since=2025-04-14",
    "?actor=nayib-bukele",
    "?actor=nayib-bukele&actor=donald-trump&role=participant&publisher=Reuters",
    "?actor=nayib-bukele&q=oopsie&total=exact",
    "?unanswered=true&reported_until=2025-04-14&relation=violates",
    "?fields=title",
)


@pytest.mark.parametrize("path", ["/v1/cases/abrego-garcia/timeline", "/v1/timeline"])
def test_a_page_takes_six_statements_at_the_most(database: Database, client: TestClient, path: str) -> None:
    copy_example(database)
    moment = client.get(path).json()["as_of"]
    taken = {}
    for query in QUERIES:
        for also in ("", f"{'&' if query else '?'}as_of={moment}"):
            url = path + query + also
            with statements(client) as first:
                answer = client.get(url)
            assert answer.status_code == 200, (url, answer.text)
            taken[url] = len(first)
            if answer.json()["next"]:
                with statements(client) as second:
                    assert client.get(answer.json()["next"]).status_code == 200
                taken["next of " + url] = len(second)

    assert {url: number for url, number in taken.items() if number > 6} == {}


def test_an_answer_the_client_holds_takes_one_statement(database: Database, client: TestClient) -> None:
    copy_example(database)
    path = "/v1/cases/abrego-garcia/timeline"
    tag = client.get(path).headers["etag"]

    with statements(client) as sent:
        # In an encoding that was not asked for before, or there would be a whole answer kept.
        headers = {"If-None-Match": tag, "Accept-Encoding": "identity"}
        assert client.get(path, headers=headers).status_code == 304
    assert len(sent) == 1
