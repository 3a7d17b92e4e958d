"""Of every GET route: a question about hidden records is answered as if there were none.

A new route fails here until it has a question.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from app.config import Settings
from app.main import create_app
from tests.support.hidden.story import DOCKETS, PUBLISHERS, TAGS
from tests.support.hidden.twins import Twins, twins
from tests.support.hidden.world import actor, allegation, case, event, obligation, source
from tests.support.sqlite import copy_template

pytestmark = pytest.mark.slow

EVENTS: Final = tuple(
    map(event, ("h0", "h3", "h-first", "v-first", "s-first", "e1", "e9", "e10", "l1", "l2"))
)
FILTERS: Final = (
    "",
    "?total=exact&limit=2",
    "?q=obsidian",
    "?q=-obsidian&limit=500&fields=id",
    f"?tag={TAGS[-1]}",
    f"?docket={DOCKETS[-1]}",
    f"?publisher={PUBLISHERS[-1].replace(' ', '+')}",
    "?actor=ghost",
    f"?source={source('leak')}",
    "?country=IS",
    "?until=1750&since=1650",
    "?relation=violates",
    "?unanswered=true",
    "?role=judge",
    "?reported_until=2024-12",
    "?order=-changed&limit=3",
    "?order=recorded&limit=3",
)
COUNTS: Final = "by=type&by=actor&by=role&by=publisher&by=tag&by=case&by=country&by=year"
ONES: Final = {
    "case": (case("vault"), "vault", case("sealed"), "alpha", "later"),
    "actor": (actor("ghost"), "ghost", actor("anna"), "ann"),
    "source": (source("leak"), source("memo"), source("report")),
    "event": EVENTS,
}
ALLEGATIONS: Final = tuple(map(allegation, ("a0", "a1", "a2", "a3", "la", "ha", "va")))
OBLIGATIONS: Final = tuple(map(obligation, ("o0", "o1", "o2", "o3", "ho", "vo")))
CASES: Final = ("alpha", "beta", "vault", "sealed", case("vault"))
FROM: Final = "from=2026-03-01T12:00:00Z"
# What is asked of each route, by its path.
QUESTIONS: Final[dict[str, tuple[str, ...]]] = {
    "/v1/cases/{case}/timeline": tuple(f"/v1/cases/{one}/timeline{q}" for one in CASES for q in FILTERS),
    "/v1/timeline": tuple(f"/v1/timeline{q}" for q in (*FILTERS, "?case=vault", "?exclude_case=vault")),
    "/v1/cases/{case}/facets": tuple(f"/v1/cases/{one}/facets?{COUNTS}" for one in CASES),
    "/v1/facets": (f"/v1/facets?{COUNTS}", f"/v1/facets?{COUNTS}&q=obsidian", "/v1/facets?case=vault"),
    "/v1/cases": ("/v1/cases?total=exact&limit=1", "/v1/cases?q=obsidian", "/v1/cases?actor=ghost",
                  f"/v1/cases?tag={TAGS[-1]}"),
    "/v1/cases/{case}": tuple(f"/v1/cases/{one}" for one in ONES["case"]),
    "/v1/actors": ("/v1/actors?total=exact&limit=1", "/v1/actors?q=nobody", "/v1/actors?kind=group"),
    "/v1/actors/{actor}": tuple(f"/v1/actors/{one}" for one in ONES["actor"]),
    "/v1/sources": ("/v1/sources?total=exact&limit=1", "/v1/sources?q=whisper", "/v1/sources?kind=dataset",
                    "/v1/sources?publisher=Leaky+Times"),
    "/v1/sources/{source}": tuple(f"/v1/sources/{one}" for one in ONES["source"]),
    "/v1/events/{event}": tuple(f"/v1/events/{one}" for one in EVENTS),
    "/v1/events/{event}/revisions": tuple(f"/v1/events/{one}/revisions" for one in EVENTS),
    "/v1/events/{event}/revisions/{number}": tuple(
        f"/v1/events/{one}/revisions/{number}" for one in EVENTS for number in (1, 2, 3)
    ),
    "/v1/events/{event}/thread": tuple(
        f"/v1/events/{one}/thread{more}" for one in EVENTS for more in ("", "?depth=20", "?relation=cites")
    ),
    "/v1/cases/{case}/orders": tuple(
        f"/v1/cases/{one}/orders?at=2025-06-01{more}"
        for one in CASES
        for more in ("", "&total=exact&limit=1", "&status=stayed", "&reported_until=2024-12")
    ),
    "/v1/obligations": (
        "/v1/obligations?at=2025-06-01&total=exact&limit=2",
        "/v1/obligations?at=2025-06-01&status=overdue&status=pending",
        "/v1/obligations?at=2025-06-01&reported_until=2024-12",
        "/v1/obligations?at=2025-06-01&bound=ghost",
        "/v1/obligations?at=2025-06-01&court=mdd",
    ),
    "/v1/obligations/statistics": tuple(
        f"/v1/obligations/statistics?at=2025-06-01&by={by}" for by in ("bound", "court", "month")
    ),
    "/v1/cases/{case}/coverage": tuple(f"/v1/cases/{one}/coverage" for one in CASES),
    "/v1/cases/{case}/allegations": tuple(
        f"/v1/cases/{one}/allegations{more}"
        for one in CASES
        for more in ("?total=exact&limit=2", "?standing=disputed", "?reported_until=2024-12")
    ),
    "/v1/actors/{actor}/positions": tuple(
        f"/v1/actors/{one}/positions{more}"
        for one in ONES["actor"]
        for more in ("?total=exact&limit=2", "?stance=asserts", "?reported_until=2024-12")
    ),
    "/v1/allegations/{allegation}": tuple(f"/v1/allegations/{one}" for one in ALLEGATIONS),
    "/v1/allegations/{allegation}/revisions": tuple(
        f"/v1/allegations/{one}/revisions" for one in ALLEGATIONS
    ),
    "/v1/allegations/{allegation}/revisions/{number}": tuple(
        f"/v1/allegations/{one}/revisions/{number}" for one in ALLEGATIONS for number in (1, 2)
    ),
    "/v1/obligations/{obligation}": tuple(f"/v1/obligations/{one}" for one in OBLIGATIONS),
    "/v1/obligations/{obligation}/revisions": tuple(
        f"/v1/obligations/{one}/revisions" for one in OBLIGATIONS
    ),
    "/v1/obligations/{obligation}/revisions/{number}": tuple(
        f"/v1/obligations/{one}/revisions/{number}" for one in OBLIGATIONS for number in (1, 2)
    ),
    "/v1/vocabulary": ("/v1/vocabulary",),
    "/v1/changes": ("/v1/changes?limit=500", "/v1/changes?limit=7", "/v1/changes?case=vault",
                    "/v1/changes?case=alpha&limit=3"),
    "/v1/changes/verify": ("/v1/changes/verify", "/v1/changes/verify?from=100"),
    "/v1/changes/stream": ("/v1/changes/stream?after=0", "/v1/changes/stream?case=vault",
                           "/v1/changes/stream?after=0&case=beta"),
    "/v1/webhooks": ("/v1/webhooks",),
    "/v1/webhooks/{webhook}": ("/v1/webhooks/whk_0123456789ab",),
    "/v1/webhooks/{webhook}/deliveries": ("/v1/webhooks/whk_0123456789ab/deliveries",),
    "/v1/cases/{case}/diff": tuple(
        f"/v1/cases/{one}/diff?{FROM}{more}" for one in CASES for more in ("", "&format=md", "&limit=1")
    ),
    "/v1/corrections": ("/v1/corrections?total=exact", "/v1/corrections?limit=2",
                        "/v1/corrections?case=vault",
                        *(f"/v1/corrections?event={one}" for one in EVENTS)),
    "/v1/snapshots/{snapshot}": ("/v1/snapshots/snp_0123456789ab",),
    "/v1/snapshots/{snapshot}/verify": ("/v1/snapshots/snp_0123456789ab/verify",),
    "/v1/keys": ("/v1/keys",),
    "/v1/keys/{key}": ("/v1/keys/key_0123456789ab",),
    "/healthz": ("/healthz",),
    "/readyz": ("/readyz",),
}  # fmt: skip


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return create_app(Settings()).openapi()


@pytest.fixture(scope="module")
def pair(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("routes")
    urls = [copy_template(run_folder, folder / f"{name}.sqlite") for name in ("plain", "full")]
    with twins(urls[0], urls[1]) as opened:
        yield opened


READABLE: Final = tuple(path for path, operations in document()["paths"].items() if "get" in operations)


@pytest.mark.parametrize("path", READABLE)
def test_a_route_answers_as_if_nothing_were_hidden(pair: Twins, path: str) -> None:
    assert path in QUESTIONS, f"{path} is new: what would tell of a hidden record if it leaked?"
    operation = document()["paths"][path]["get"]
    is_dated = any(one["name"] == "as_of" for one in operation.get("parameters", []))
    moments = ["", *(f"2026-03-01T12:{minute:02}:05Z" for minute in (2, 6, 9, 11))] if is_dated else [""]
    for url in QUESTIONS[path]:
        for moment in moments:
            waiting = [f"{url}{'&' if '?' in url else '?'}as_of={moment}" if moment else url]
            # Each page to the last, and whether the one is held by whoever holds the other.
            for asked in waiting[:20]:
                plain, full = pair.plain.get(asked), pair.full.get(asked)
                assert full == plain, asked
                tag = plain.header("etag")
                if tag is not None:
                    again = pair.full.get(asked, if_none_match=tag)
                    assert again == pair.plain.get(asked, if_none_match=tag), asked
                waiting += [one for one in plain.links[:1] if "after=" in one and len(waiting) < 20]


@pytest.mark.parametrize("path", READABLE)
def test_a_wrong_key_does_not_read_as_the_public(pair: Twins, path: str) -> None:
    url = QUESTIONS.get(path, (path,))[0]
    answer = pair.full.get(url, authorization="Bearer ctl_" + "0" * 52)
    needs_no_key = {"/healthz", "/readyz"}
    assert (answer.status == 401) is (path not in needs_no_key)
