"""Whichever index the rows of a page are found by, it is the same page."""

import json
import random
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from app.config import Settings
from app.core.db import Database
from app.imports.readers import read_lines
from app.imports.runs import Plan, run_import
from app.main import create_app
from app.timeline.compiled import forget_compiled
from app.timeline.query import ways
from tests.benchmarks.data import make_events

# Few rows by each lead, and a small case: everything is walked; some of either; as it is.
THRESHOLDS: Final = ((-1, -1), (6, 20), (1_000, 500))
# Beside the common ones: dates that reach far, are open, or are not known.
DATES: Final = (
    "2004/2012", "2005-06/2005-09", "../2006-03-01", "[..2006-03-01]", "2006-01-05/..", "200X", "2006",
    "2006-02", "[2005-12-01..2006-02-01]", None, None, "2005-12-31/2006-01-02",
    "2006-01-01T00:00-05:00", "../..",
)  # fmt: skip
QUESTIONS: Final = 60


@pytest.fixture
def client(database: Database, database_url: str) -> Iterator[TestClient]:
    """Return a client of some hundred events, of which no answer is kept."""
    lines: list[dict[str, Any]] = [*make_events(160, large=110)]
    for number, occurred in enumerate(DATES * 2):
        lines.append({**lines[number + 1], "external_id": f"other-{number}", "occurred": occurred})
    lines[3] |= {"visibility": "existence_only", "visibility_reason": "A minor."}
    lines[115] |= {"visibility": "existence_only", "visibility_reason": "A minor."}
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    report = run_import(database, read_lines(BytesIO(text.encode())), Plan("test"))
    assert report.refused == 0, report.errors
    with TestClient(create_app(Settings(database_url=database_url, answer_cache_bytes=0))) as opened:
        yield opened


def ask(chance: random.Random) -> str:
    """Make a question up."""
    path = chance.choice(("/v1/cases/case-0/timeline", "/v1/timeline", "/v1/cases/case-1/timeline"))
    filters: dict[str, Callable[[], str]] = {
        "type": lambda: chance.choice(("statement", "court_order", "agreement")),
        "exclude_type": lambda: chance.choice(("statement", "hearing")),
        "actor": lambda: f"actor-{chance.choice((0, 1, 3))}",
        "role": lambda: chance.choice(("judge", "speaker")),
        "tag": lambda: f"tag-{chance.randrange(8)}",
        "country": lambda: chance.choice(("US", "MX")),
        "standing": lambda: chance.choice(("reported", "disputed")),
        "publisher": lambda: chance.choice(("Reuters", "AP")),
        "relation": lambda: chance.choice(("rules_on", "cites")),
        "unanswered": lambda: chance.choice(("true", "false")),
        "docket": lambda: "8:25-cv-00000",
        "reported_until": lambda: "2010",
        "q": lambda: chance.choice(("order", "flight court", "wife -judge", "pris*")),
        "bbox": lambda: "-90,-45,90,45",
        "since": lambda: chance.choice(("2005-12", "2006-01-01", "2006-02-15", "2007-09")),
        "until": lambda: chance.choice(("2007-10", "2008", "2006-03-01")),
    }
    given = [(name, filters[name]()) for name in chance.sample(sorted(filters), chance.randrange(1, 4))]
    given += [
        (name, filters[name]()) for name, _ in given if name in {"tag", "actor"} and chance.random() < 0.5
    ]
    names = {name for name, _ in given}
    if {"since", "until"} <= names:
        given = [("since", "2005-12") if name == "since" else (name, value) for name, value in given]
    if names & {"since", "until"}:
        given.append(("date_match", chance.choice(("possible", "certain", "within"))))
        given += [("include_undated", "true")] if chance.random() < 0.3 else []
    given.append(
        ("order", chance.choice(("occurred", "-occurred", "occurred", "-occurred", "recorded", "-changed")))
    )
    return path + "?" + "&".join(f"{name}={value}" for name, value in given)


def read_pages(client: TestClient, url: str) -> list[Any]:
    """Read every page, and go back one from the last."""
    answer = client.get(f"{url}&limit=9")
    pages: list[Any] = []
    while True:
        assert answer.status_code == 200, (url, answer.text)
        page = answer.json()
        pages.append(
            ([item["id"] for item in page["items"]], page["next"], page["previous"], page["excluded"])
        )
        if page["next"] is None:
            break
        answer = client.get(page["next"])
    if page["previous"] is not None:
        pages.append([item["id"] for item in client.get(page["previous"]).json()["items"]])
    return pages


def test_every_way_leads_to_the_same_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(1)
    questions = [ask(chance) for _ in range(QUESTIONS)]
    found = []
    for few, small in THRESHOLDS:
        monkeypatch.setattr(ways, "FEW", few)
        monkeypatch.setattr(ways, "FEW_WITH_WORDS", few)
        monkeypatch.setattr(ways, "SMALL_CASE", small)
        forget_compiled()
        found.append({url: read_pages(client, url) for url in questions})
    forget_compiled()

    for other in found[1:]:
        assert other == found[0]
    assert sum(bool(pages[0][0]) for pages in found[0].values()) > QUESTIONS / 2


def test_what_is_excluded_tells_nothing_of_a_stub(client: TestClient) -> None:
    # Each of the two filters would fit one of the stubs and not the other.
    for query in ("country=US", "country=MX", "standing=disputed", "standing=reported", "bbox=0,0,180,90"):
        assert client.get(f"/v1/timeline?{query}").json()["excluded"] == 2, query
        assert client.get(f"/v1/cases/case-0/timeline?{query}").json()["excluded"] == 1, query
