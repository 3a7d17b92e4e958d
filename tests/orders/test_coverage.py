"""Coverage says what is recorded of a docket and what is not."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.orders.coverage import gaps_in
from tests.support.desk import Desk, faults, public

DOCKETS = [
    {"court": "mdd", "docket_number": "8:25-cv-00951", "url": None},
    {"court": "ca4", "docket_number": "25-1345"},
]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([], []),
        ([1, 2, 3], []),
        ([2], [(1, 1)]),
        ([3, 1, 6, 3], [(2, 2), (4, 5)]),
        ([2**31], [(1, 2**31 - 1)]),
        ([0, 1], []),
    ],
)
def test_gaps_are_the_numbers_that_are_missing(numbers: list[int], expected: list[tuple[int, int]]) -> None:
    assert [(gap["first"], gap["last"]) for gap in gaps_in(numbers)] == expected


def entry(desk: Desk, number: int | None, occurred: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    details = {"docket": "8:25-cv-00951", "entry_number": number}
    return desk.make("events", type="court_order", occurred=occurred, details=details, **fields)


def test_each_docket_tells_its_entries_its_gaps_and_its_ends(client: TestClient, desk: Desk) -> None:
    desk.make("cases", dockets=DOCKETS)
    entry(desk, 3, "2025-04-10")
    entry(desk, 1, "2025-03-24")
    last = entry(desk, 1, "2025-03-25")
    first, second = public(client, "cases/a-case/coverage")["items"]

    assert (first["events"], first["entries"], first["first_entry"], first["last_entry"]) == (3, 2, 1, 3)
    assert first["gaps"] == [{"first": 2, "last": 2}]
    assert (first["first_date"]["edtf"], first["last_date"]["edtf"]) == ("2025-03-24", "2025-04-10")
    assert first["last_checked_at"] == last["recorded_at"]
    assert second == {
        "court": "ca4",
        "docket_number": "25-1345",
        "url": None,
        "events": 0,
        "entries": 0,
        "first_entry": None,
        "last_entry": None,
        "gaps": [],
        "first_date": None,
        "last_date": None,
        "last_checked_at": None,
    }


def test_what_is_hidden_is_a_gap_and_a_stub_is_shown_as_one(client: TestClient, desk: Desk) -> None:
    desk.make("cases", dockets=DOCKETS)
    entry(desk, 1, "2025-03-24")
    entry(desk, 2, "2025-03-25", visibility="restricted")
    stub = entry(desk, 3, "2025-03-26", visibility="existence_only", visibility_reason="Sealed.")
    shown = public(client, "cases/a-case/coverage")
    with_key = desk.read("cases/a-case/coverage")

    assert (shown["items"][0]["events"], shown["items"][0]["last_entry"]) == (1, 1)
    assert [(one["id"], one["title"], one["visibility_reason"]) for one in shown["existence_only"]] == [
        (stub["id"], None, "Sealed.")
    ]
    assert (with_key["items"][0]["entries"], with_key["items"][0]["gaps"]) == (3, [])
    assert [one["id"] for one in with_key["existence_only"]] == [stub["id"]]


def test_coverage_is_as_it_was_and_held_answers_are_not_sent_again(client: TestClient, desk: Desk) -> None:
    desk.make("cases", dockets=DOCKETS)
    entry(desk, 1, "2025-03-24")
    answer = client.get("/v1/cases/a-case/coverage")
    tag, link = answer.headers["etag"], answer.json()["permalink"]
    held = client.get("/v1/cases/a-case/coverage", headers={"If-None-Match": tag})
    entry(desk, 2, "2025-03-25")

    assert held.status_code == 304
    assert public(client, "cases/a-case/coverage")["items"][0]["entries"] == 2
    assert client.get(link).json() == answer.json()
    assert client.get("/v1/cases/b-case/coverage").status_code == 404
    assert faults(client.get("/v1/cases/a-case/coverage?docket=1")).keys() == {"docket"}
