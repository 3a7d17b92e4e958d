"""The example cases show orders, deadlines and what became of them."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.desk import public
from tests.support.example import copy_example


@pytest.fixture
def shown(database: Database, client: TestClient) -> TestClient:
    copy_example(database)
    return client


def orders(client: TestClient, case: str, at: str) -> dict[str, dict[str, Any]]:
    """Return the orders of a case as they stood, by the last part of their `external_id`."""
    items = client.get(f"/v1/cases/{case}/orders", params={"at": at}).json()["items"]
    return {item["order"]["external_id"].partition("/")[2]: item for item in items}


def duties(client: TestClient, at: str) -> dict[str, dict[str, Any]]:
    """Return the obligations of the docket's orders, by the last part of their `external_id`."""
    items = orders(client, "abrego-garcia-docket", at).values()
    return {duty["external_id"].partition("/")[2]: duty for item in items for duty in item["obligations"]}


def test_on_12_april_the_order_is_affirmed_and_its_duty_pending_both_uncertain(shown: TestClient) -> None:
    order = orders(shown, "abrego-garcia", "2025-04-12")["xinis-order"]
    (duty,) = order["obligations"]

    assert (order["status"], order["certain"]) == ("affirmed", False)
    assert (duty["status"], duty["certain"], duty["responses"]) == ("pending", False, [])
    assert (duty["act"], duty["bound"]["slug"]) == (
        "Facilitate his return to the United States.",
        "trump-administration",
    )


def test_on_15_april_it_has_two_responses_that_claim_no_compliance(shown: TestClient) -> None:
    (duty,) = orders(shown, "abrego-garcia", "2025-04-15")["xinis-order"]["obligations"]

    assert [
        (one["event"]["title"], one["event"]["occurred"]["edtf"], one["claims_compliance"])
        for one in duty["responses"]
    ] == [
        (
            "Administration tells a court that it need not help Abrego Garcia out of prison",
            "2025-04-13",
            False,
        ),
        ("Nayib Bukele and Donald Trump meet in the Oval Office", "2025-04-14", False),
    ]
    assert duty["status"] == "answered"


def test_the_order_of_4_april_is_stayed_affirmed_and_modified(shown: TestClient) -> None:
    told = {
        at: orders(shown, "abrego-garcia-docket", at)["order-of-4-april"]
        for at in ("2025-04-05", "2025-04-08", "2025-04-10T18:35:59-04:00", "2025-04-11")
    }

    assert [
        (one["status"], one["certain"], *(duty["status"] for duty in one["obligations"]))
        for one in told.values()
    ] == [
        ("in_force", True, "pending"),
        ("stayed", True, "stayed"),
        ("affirmed", True, "stayed"),
        ("modified", True, "moot"),
    ]


def test_the_declaration_is_late_and_then_found_not_to_comply(shown: TestClient) -> None:
    told = {
        at: duties(shown, at)["declaration"]
        for at in ("2025-04-11T09:00-04:00", "2025-04-11T12:00-04:00", "2025-04-12T00:00-04:00")
    }

    assert [one["status"] for one in told.values()] == ["pending", "late", "found_noncompliant"]
    assert {one["due"]["edtf"] for one in told.values()} == {"2025-04-11T09:30-04:00"}
    assert {one["due_now"]["edtf"] for one in told.values()} == {"2025-04-11T11:30-04:00"}
    assert told["2025-04-12T00:00-04:00"]["certain"] is True


def test_each_daily_declaration_has_its_own_deadline(shown: TestClient) -> None:
    expected = {
        "2025-04-12T12:00-04:00": ("pending", "12 April 2025, 17:00", 0),
        "2025-04-12T17:01-04:00": ("overdue", "12 April 2025, 17:00", 0),
        "2025-04-12T18:00-04:00": ("pending", "13 April 2025, 17:00", 1),
        "2025-04-13T12:00-04:00": ("pending", "13 April 2025, 17:00", 1),
        "2025-04-14T12:00-04:00": ("pending", "14 April 2025, 17:00", 2),
        "2025-04-14T17:30-04:00": ("overdue", "14 April 2025, 17:00", 2),
        "2025-04-15T12:00-04:00": ("pending", "15 April 2025, 17:00", 3),
        "2025-06-01": ("answered", "15 April 2025, 17:00", 4),
    }
    told = {at: duties(shown, at)["daily-declarations"] for at in expected}

    assert {
        at: (one["status"], one["due_now"]["display"], len(one["responses"])) for at, one in told.items()
    } == expected


def test_what_had_not_been_published_does_not_count(shown: TestClient) -> None:
    asked = {"at": "2025-04-12T00:00-04:00", "reported_until": "2025-04-10"}
    items = shown.get("/v1/cases/abrego-garcia-docket/orders", params=asked).json()["items"]

    assert [item["order"]["external_id"].partition("/")[2] for item in items] == [
        "order-of-4-april",
        "stay-refused",
        "administrative-stay",
        "supreme-court-ruling",
        "amended-order",
    ]
    # The deadline that was moved, the answer and the finding were published a day later.
    (declaration, _facilitate) = items[-1]["obligations"]
    assert (declaration["status"], declaration["due_now"]["edtf"], declaration["responses"]) == (
        "overdue",
        "2025-04-11T09:30-04:00",
        [],
    )


def test_coverage_and_statistics_tell_what_is_missing_and_what_was_not_obeyed(shown: TestClient) -> None:
    items = public(shown, "cases/abrego-garcia-docket/coverage")["items"]
    counted = public(shown, "obligations/statistics?by=court")

    assert [(item["docket_number"], item["entries"], item["last_entry"]) for item in items] == [
        ("8:25-cv-00951", 4, 61),
        ("25-1345", 0, None),
        ("24A949", 0, None),
    ]
    assert [(gap["first"], gap["last"]) for gap in items[0]["gaps"]] == [
        (1, 20),
        (22, 50),
        (52, 58),
        (60, 60),
    ]
    assert [(one["value"], one["orders"], one["obligations"]) for one in counted["values"]] == [("mdd", 4, 5)]
    assert counted["all"] == {"orders": 4, "obligations": 5, "late": 2, "found_noncompliant": 1}
