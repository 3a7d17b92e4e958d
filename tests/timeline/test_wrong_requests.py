"""Whatever is asked wrongly is refused with the right problem document, and nothing breaks the server."""

import base64
import json
from pathlib import Path
from typing import Final

import pytest
from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.editing import make_case, make_events

CASE = "/v1/cases/a-case/timeline"


@pytest.fixture
def filled(database: Database, client: TestClient) -> TestClient:
    make_case(database)
    make_events(database, ["2025-03-15", "2025-04", None])
    return client


# Method, URL, and what is to come: status, code and the parameter that is named.
WRONG: Final = (
    ("GET", f"{CASE}?typ=meeting", 422, "invalid-request", "typ"),
    ("GET", f"{CASE}?case=a-case", 422, "invalid-request", "case"),
    ("GET", f"{CASE}?type=picnic", 422, "invalid-request", "type"),
    ("GET", f"{CASE}?role=king", 422, "invalid-request", "role"),
    ("GET", f"{CASE}?standing=true", 422, "invalid-request", "standing"),
    ("GET", f"{CASE}?relation=hates", 422, "invalid-request", "relation"),
    ("GET", f"{CASE}?limit=0", 422, "invalid-request", "limit"),
    ("GET", f"{CASE}?limit=501", 422, "invalid-request", "limit"),
    ("GET", f"{CASE}?limit=ten", 422, "invalid-request", "limit"),
    ("GET", f"{CASE}?limit=1&limit=2", 422, "invalid-request", "limit"),
    ("GET", f"{CASE}?order=title", 422, "invalid-request", "order"),
    ("GET", f"{CASE}?total=about", 422, "invalid-request", "total"),
    ("GET", f"{CASE}?fields=titel", 422, "invalid-request", "fields"),
    ("GET", f"{CASE}?format=pdf", 422, "invalid-request", "format"),
    ("GET", f"{CASE}?date_match=maybe", 422, "invalid-request", "date_match"),
    ("GET", f"{CASE}?since=1900-02-29", 422, "invalid-request", "since"),
    ("GET", f"{CASE}?until=2005/2004", 422, "invalid-request", "until"),
    ("GET", f"{CASE}?until=2005-13", 422, "invalid-request", "until"),
    ("GET", f"{CASE}?since=", 422, "invalid-request", "since"),
    ("GET", f"{CASE}?since=%20", 422, "invalid-request", "since"),
    ("GET", f"{CASE}?since=2025-04-14T11:45", 422, "invalid-request", "since"),
    ("GET", f"{CASE}?since=2025-04&until=2025-03", 422, "invalid-request", "until"),
    ("GET", f"{CASE}?since={'[' * 10_000}", 422, "invalid-request", "since"),
    ("GET", f"{CASE}?since=2025&timezone=Mars/Olympus", 422, "invalid-request", "timezone"),
    ("GET", f"{CASE}?reported_until=soon", 422, "invalid-request", "reported_until"),
    ("GET", f"{CASE}?as_of=2025-04-14T12:00:00", 422, "invalid-request", "as_of"),
    ("GET", f"{CASE}?as_of=yesterday", 422, "invalid-request", "as_of"),
    ("GET", f"{CASE}?as_of=9999-01-01T00:00:00Z", 422, "invalid-request", "as_of"),
    ("GET", f"{CASE}?actor=nobody", 422, "invalid-request", "actor"),
    ("GET", f"{CASE}?source=src_000000000000", 422, "invalid-request", "source"),
    ("GET", "/v1/timeline?case=nothing", 422, "invalid-request", "case"),
    ("GET", "/v1/timeline?exclude_case=nothing", 422, "invalid-request", "exclude_case"),
    ("GET", f"{CASE}?country=us", 422, "invalid-request", "country"),
    ("GET", f"{CASE}?bbox=1,2,3", 422, "invalid-request", "bbox"),
    ("GET", f"{CASE}?bbox=0,50,1,40", 422, "invalid-request", "bbox"),
    ("GET", f"{CASE}?bbox=0,nan,1,40", 422, "invalid-request", "bbox"),
    ("GET", f"{CASE}?unanswered=perhaps", 422, "invalid-request", "unanswered"),
    ("GET", f"{CASE}?min_seq=-1", 422, "invalid-request", "min_seq"),
    ("GET", f"{CASE}?min_seq=99999999999999999999", 422, "invalid-request", "min_seq"),
    ("GET", f"{CASE}?q=a%00b", 422, "invalid-request", "q"),
    ("GET", f"{CASE}?q=%ff", 422, "invalid-request", "q"),
    ("GET", f"{CASE}?q={'a' * 1_001}", 422, "invalid-request", "q"),
    ("GET", "/v1/facets?by=weekday", 422, "invalid-request", "by"),
    ("GET", "/v1/facets?limit=3", 422, "invalid-request", "limit"),
    ("GET", f"{CASE}?q={'a' * 60_000}", 414, "query-too-long", None),
    ("GET", f"{CASE}?after=", 400, "invalid-cursor", None),
    ("GET", f"{CASE}?after=nonsense", 400, "invalid-cursor", None),
    ("GET", f"{CASE}?after=%F0%9F%92%A9", 400, "invalid-cursor", None),
    ("GET", "/v1/cases/nothing/timeline", 404, "not-found", None),
    ("GET", "/v1/cases/nothing/facets", 404, "not-found", None),
    ("GET", "/v1/cases/%F0%9F%92%A9/timeline", 404, "not-found", None),
    ("GET", "/v1/nothing", 404, "no-such-route", None),
    ("POST", CASE, 405, "method-not-allowed", None),
    ("DELETE", "/v1/timeline", 405, "method-not-allowed", None),
)  # fmt: skip


def test_every_wrong_request_is_refused_by_name(filled: TestClient) -> None:
    # All on one database, since making one takes longer than all the requests.
    expected, found = {}, {}
    for method, url, status, code, name in WRONG:
        answer = filled.request(method, url)
        assert answer.headers["content-type"] == "application/problem+json", url[:200]
        document = answer.json()
        errors = [(error["in"], error["name"]) for error in document.get("errors") or []]
        found[method, url] = (answer.status_code, document["status"], document["code"], errors)
        expected[method, url] = (status, status, code, [("query", name)] if name else [])
    assert found == expected


def test_an_unknown_parameter_comes_with_the_one_that_was_meant(filled: TestClient) -> None:
    (problem,) = filled.get(f"{CASE}?unitl=2025").json()["errors"]

    assert problem["did_you_mean"] == "until"


def test_a_body_on_a_get_is_refused(filled: TestClient) -> None:
    answer = filled.request("GET", CASE, json={"type": "meeting"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid-request"
    assert answer.json()["errors"][0]["in"] == "body"


def test_a_cursor_of_another_query_is_refused(filled: TestClient) -> None:
    following = filled.get(f"{CASE}?limit=1").json()["next"]
    cursor = following.partition("after=")[2].partition("&")[0]

    for other in (
        f"{CASE}?limit=1&order=-occurred",
        f"{CASE}?limit=1&type=statement",
        "/v1/timeline?limit=1",
    ):
        answer = filled.get(f"{other}&after={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor"), other


def test_a_cursor_that_was_tampered_with_breaks_nothing(filled: TestClient) -> None:
    following = filled.get(f"{CASE}?limit=1").json()["next"]
    cursor = following.partition("after=")[2].partition("&")[0]
    for at in range(0, len(cursor), 7):
        for put in "A_0":
            answer = filled.get(f"{CASE}?limit=1&after={cursor[:at]}{put}{cursor[at + 1 :]}")
            assert answer.status_code in {200, 400}


def test_a_forged_cursor_is_refused(filled: TestClient) -> None:
    contents: tuple[object, ...] = (
        *(None, 1, "x", [], {}, [1, 2, 3, 4]),
        ["", 10**30, True, [None, None]],
        [["a"], 1, False, [[], {}]],
    )
    for content in contents:
        cursor = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
        answer = filled.get(CASE, params={"after": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor"), content


def test_no_words_break_the_search(filled: TestClient, shared: Path) -> None:
    strings = json.loads((shared / "vectors" / "blns.json").read_text(encoding="utf-8"))

    wrong = []
    for text in strings:
        try:
            text.encode()
        except UnicodeEncodeError:
            continue
        answer = filled.get(CASE, params={"q": text})
        if answer.status_code != 200 and "\0" not in text:
            wrong.append((text, answer.status_code, answer.text[:200]))
    assert wrong == []
