"""What a window finds is what the definitions say of the four bounds, whatever the database."""

import random
from typing import Final, Literal, TypeAlias

import pytest
from starlette.testclient import TestClient

from app.core.db import Database
from app.core.edtf import parse_occurred
from tests.support.editing import make_case, make_events

Match: TypeAlias = Literal["possible", "certain", "within"]
INFINITY: Final = float("inf")
OPEN: Final = 2**62
DATES: Final[tuple[str | None, ...]] = (
    None, None, "2025-03-14", "2025-03-15", "2025-03-16", "2025-03", "2025-04", "2025", "2025-21",
    "2025-03-15T00:00:00Z", "2025-03-15T23:59:59Z", "2025-03-16T00:00Z", "2025-03-15T20:00-04:00",
    "[..2025-03-14]", "[2025-03-15..]", "[2025-03-14..2025-03-16]", "[2025-03-14,2025-03-17]",
    "2025-03-14/2025-03-16",
    "2025-03/2025-04", "../2025-03-15", "2025-03-15/..", "2025-03-15/", "/2025-03-15", "2025-03~/2025-05-01?",
    "2025-03-XX", "202X", "-0043-03-15", "Y-17000", "Y170002", "../..", "2025-03-10/2025-03",
)  # fmt: skip
EDGES: Final = (
    "2025-03-14", "2025-03-15", "2025-03-16", "2025-03", "2025-04", "2025", "2024", "-0043", "9999",
    "Y-20000",
    "Y200000", "2025-03-15T12:00:00Z", "2025-03-16T00:00:00Z", "2025-03-15T23:59:59Z",
    "[2025-03-14..2025-03-16]",
    "2025-03-14/2025-03-16", "../2025-03-15", "2025-03-15/..",
)  # fmt: skip


def numbers(bounds: tuple[int, int, int, int]) -> tuple[float, ...]:
    return tuple(INFINITY if one >= OPEN else -INFINITY if one <= -OPEN else one for one in bounds)


def is_found(date: str | None, window: tuple[float, float], match: Match) -> bool:
    """Answer as the definitions are written; without a date nothing is in a window."""
    if date is None:
        return False
    found = parse_occurred(date, "UTC").bounds
    s0, s1, e0, e1 = numbers((found.start_earliest, found.start_latest, found.end_earliest, found.end_latest))
    w0, w1 = window
    match match:
        case "possible":
            # An end that is not known comes after, and a start before, any window.
            return (s0 < w1 or w1 == INFINITY) and (e1 > w0 or w0 == -INFINITY)
        case "certain":
            return s1 <= w1 and e0 >= w0
        case "within":
            return s0 >= w0 and e1 <= w1


def window_of(since: str | None, until: str | None) -> tuple[float, float]:
    start, end = -INFINITY, INFINITY
    if since is not None:
        (start,) = numbers((parse_occurred(since, "UTC").bounds.start_earliest,) * 4)[:1]
    if until is not None:
        (end,) = numbers((parse_occurred(until, "UTC").bounds.end_latest,) * 4)[:1]
    return start, end


def windows(seed: int, count: int) -> list[tuple[str | None, str | None]]:
    chance = random.Random(seed)
    found: list[tuple[str | None, str | None]] = [(edge, None) for edge in EDGES] + [
        (None, edge) for edge in EDGES
    ]
    while len(found) < count:
        since, until = chance.choice(EDGES), chance.choice(EDGES)
        start, end = window_of(since, until)
        if start < end:
            found.append((since, until))
    return found


@pytest.mark.parametrize("undated", [False, True])
def test_a_window_finds_what_the_definitions_say(
    database: Database, client: TestClient, *, undated: bool
) -> None:
    make_case(database)
    ids = make_events(database, list(DATES))

    for since, until in windows(seed=2, count=60):
        for match in ("possible", "certain", "within"):
            asked = {"date_match": match, "limit": "500", "fields": "id"}
            asked |= {"since": since} if since is not None else {}
            asked |= {"until": until} if until is not None else {}
            asked |= {"include_undated": "true"} if undated else {}
            answer = client.get("/v1/cases/a-case/timeline", params=asked)
            assert answer.status_code == 200, (asked, answer.text)
            found = {item["id"] for item in answer.json()["items"]}
            window = window_of(since, until)
            has_window = window != (-INFINITY, INFINITY)
            expected = {
                event_id
                for event_id, date in zip(ids, DATES, strict=True)
                if not has_window or is_found(date, window, match) or (undated and date is None)
            }
            assert found == expected, (asked, [DATES[ids.index(one)] for one in found ^ expected])


def test_without_a_window_everything_is_found(database: Database, client: TestClient) -> None:
    make_case(database)
    make_events(database, list(DATES))

    for match in ("possible", "certain", "within"):
        answer = client.get(f"/v1/cases/a-case/timeline?date_match={match}&total=exact").json()
        assert answer["total"] == len(DATES)
