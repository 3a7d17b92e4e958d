"""The orders of a case: who sees what of them, at which moment, page by page."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.desk import Desk, faults, public

RETRACTED = {"kind": "retraction", "reason": "Wrong."}


def make(desk: Desk, kind: str, **fields: Any) -> str:  # noqa: ANN401 - JSON
    """Make a record; return its id."""
    needed = {"obligations": {"act": "Do it.", "bound": "the-bound"}}.get(kind)
    if needed is None:
        return str(desk.make(kind, **fields)["id"])
    answer = desk.send(kind, {**needed, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def office(desk: Desk) -> Desk:
    """Return a desk with a case and somebody who can be bound."""
    desk.make("cases")
    desk.make("actors", slug="the-bound", name="The Bound")
    return desk


def order(desk: Desk, occurred: str | None = "2025-04-01", **fields: Any) -> str:  # noqa: ANN401 - JSON
    return make(desk, "events", **{"type": "court_order", "occurred": occurred, **fields})


def bearing(desk: Desk, relation: str, on: str, occurred: str, **fields: Any) -> str:  # noqa: ANN401
    relations = [{"type": relation, "event": on}]
    return make(desk, "events", occurred=occurred, relations=relations, **fields)


def statuses(client: TestClient, **asked: str) -> list[Any]:
    """Return the status of each order and of its obligations."""
    answer = client.get("/v1/cases/a-case/orders", params=asked)
    assert answer.status_code == 200, answer.text
    return [
        (one["status"], *(duty["status"] for duty in one["obligations"])) for one in answer.json()["items"]
    ]


def test_each_relation_gives_the_order_its_status_from_its_day_on(client: TestClient, office: Desk) -> None:
    made = order(office)
    bearing(office, "affirms", made, "2025-04-02")
    bearing(office, "modifies", made, "2025-04-03")
    stay = bearing(office, "stays", made, "2025-04-04")
    bearing(office, "vacates", stay, "2025-04-05")
    bearing(office, "reverses", made, "2025-04-06")

    days = [f"2025-04-{day:02}T12:00Z" for day in range(1, 7)]
    found = [statuses(client, at=day) for day in days]
    assert [one[0][0] for one in found] == [
        "in_force",
        "affirmed",
        "modified",
        "stayed",
        "modified",
        "vacated",
    ]
    assert statuses(client, at="2025-03-31") == []


def test_an_order_made_for_a_time_expires(client: TestClient, office: Desk) -> None:
    order(office, "2025-04-01/2025-04-10")

    assert statuses(client, at="2025-04-09") == [("in_force",)]
    assert statuses(client, at="2025-04-12") == [("expired",)]


@pytest.mark.parametrize("level", ["restricted", "existence_only"])
def test_what_the_reader_may_not_see_does_not_count(client: TestClient, office: Desk, level: str) -> None:
    made = order(office)
    stay = bearing(office, "stays", made, "2025-04-02", visibility=level)
    answer, finding = (make(office, "events", occurred="2025-04-03", visibility=level) for _ in range(2))
    make(
        office,
        "obligations",
        order=made,
        due="2025-04-10",
        terms=[{"effect": "stayed", "event": stay}],
        responses=[{"event": answer, "claims_compliance": True}],
        findings=[{"event": finding, "finding": "excused"}],
    )

    assert statuses(client, at="2025-04-20") == [("in_force", "overdue")]
    listed = public(client, "obligations?status=overdue&at=2025-04-20")["items"]
    assert [(one["terms"], one["responses"], one["findings"]) for one in listed] == [([], [], [])]
    with_key = office.read("cases/a-case/orders?at=2025-04-20")["items"]
    assert [(one["status"], one["obligations"][0]["status"]) for one in with_key] == [("stayed", "excused")]
    assert office.read("obligations?status=overdue&at=2025-04-20")["items"] == []


def test_a_hidden_order_hides_its_obligations(client: TestClient, office: Desk) -> None:
    made = order(office)
    make(office, "obligations", order=made, due="2025-04-10")
    assert len(public(client, "obligations?at=2025-04-20")["items"]) == 1

    office.amend(f"events/{made}", visibility="restricted")

    assert statuses(client, at="2025-04-20") == []
    assert public(client, "obligations?at=2025-04-20&total=exact")["total"] == 0
    assert public(client, "obligations/statistics")["all"]["obligations"] == 0
    assert len(office.read("obligations?at=2025-04-20")["items"]) == 1
    office.amend(f"events/{made}", visibility="public")
    assert len(public(client, "obligations?at=2025-04-20")["items"]) == 1


def test_an_uncertain_date_counts_from_its_first_moment_and_is_called_uncertain(
    client: TestClient, office: Desk
) -> None:
    made = order(office)
    bearing(office, "stays", made, "[2025-04-05..2025-04-08]")

    def certain(at: str) -> tuple[str, bool]:
        (one,) = client.get("/v1/cases/a-case/orders", params={"at": at}).json()["items"]
        return one["status"], one["certain"]

    assert [certain(f"2025-04-0{day}T00:00Z") for day in (4, 5, 8, 9)] == [
        ("in_force", True),
        ("stayed", False),
        ("stayed", False),
        ("stayed", True),
    ]


def test_what_was_recorded_what_had_happened_and_what_was_published_are_asked_apart(
    client: TestClient, office: Desk
) -> None:
    make(office, "sources", external_id="early", published="2025-04-02")
    make(office, "sources", external_id="late", published="2025-05-01")
    made = order(office, citations=[{"source": "early"}])
    make(office, "obligations", order=made, due="2025-04-10")
    before = public(client, "cases/a-case/orders")["as_of"]
    stay = bearing(office, "stays", made, "2025-04-05", citations=[{"source": "late"}])
    duty = public(client, "obligations?at=2025-04-20")["items"][0]["id"]
    office.amend(f"obligations/{duty}", terms=[{"effect": "stayed", "event": stay}])

    found = {
        (at, as_of is not None, reported is not None): statuses(
            client,
            at=at,
            **({"as_of": as_of} if as_of else {}),
            **({"reported_until": reported} if reported else {}),
        )[0]
        for at in ("2025-04-04", "2025-04-20")
        for as_of in (None, before)
        for reported in (None, "2025-04")
    }
    # Only where all three let the stay be known is there one.
    assert found == {
        ("2025-04-04", False, False): ("in_force", "pending"),
        ("2025-04-04", False, True): ("in_force", "pending"),
        ("2025-04-04", True, False): ("in_force", "pending"),
        ("2025-04-04", True, True): ("in_force", "pending"),
        ("2025-04-20", False, False): ("stayed", "stayed"),
        ("2025-04-20", False, True): ("in_force", "overdue"),
        ("2025-04-20", True, False): ("in_force", "overdue"),
        ("2025-04-20", True, True): ("in_force", "overdue"),
    }


def test_merged_events_count_under_the_name_of_their_survivor(client: TestClient, office: Desk) -> None:
    first, second = order(office), order(office, title="The same order")
    make(office, "obligations", order=first, due="2025-04-10")
    bearing(office, "stays", first, "2025-04-02")
    office.act(f"events/{first}", "merge", into=second)

    assert statuses(client, at="2025-04-20") == [("stayed", "overdue")]
    assert [one["order"]["id"] for one in public(client, "obligations?at=2025-04-20")["items"]] == [second]


def test_a_retracted_answer_answers_nothing(client: TestClient, office: Desk) -> None:
    made, answer = order(office), make(office, "events", occurred="2025-04-05")
    make(office, "obligations", order=made, due="2025-04-10", responses=[{"event": answer}])
    assert statuses(client, at="2025-04-20") == [("in_force", "answered")]

    office.act(f"events/{answer}", "retract", change=RETRACTED)

    assert statuses(client, at="2025-04-20") == [("in_force", "overdue")]
    assert len(public(client, "obligations?status=overdue&at=2025-04-20")["items"]) == 1


def test_pages_are_in_order_of_time_both_ways_and_stay_as_they_were(client: TestClient, office: Desk) -> None:
    made = [order(office, f"2025-04-{day:02}", sequence=day) for day in range(1, 8)]
    bearing(office, "stays", made[3], "2025-04-20")
    first = client.get("/v1/cases/a-case/orders?limit=2&total=exact&at=2025-05-01").json()
    bearing(office, "stays", made[5], "2025-04-20")
    seen, pages, url = [], [], first["next"]
    pages.append(first)
    while url:
        pages.append(client.get(url).json())
        url = pages[-1]["next"]
    seen = [(one["order"]["id"], one["status"]) for page in pages for one in page["items"]]
    back = client.get(pages[-1]["previous"]).json()

    expected = [(one, "stayed" if n == 3 else "in_force") for n, one in enumerate(made)]
    assert seen == expected
    assert first["total"] == 7
    assert back["items"] == pages[-2]["items"]
    assert statuses(client, at="2025-05-01", status="stayed") == [("stayed",), ("stayed",)]
    assert [one[0] for one in statuses(client, at="2025-05-01", status="in_force", limit="3")] == [
        "in_force"
    ] * 3


def test_a_permalink_answers_the_same_and_a_held_answer_is_not_sent_again(
    client: TestClient, office: Desk
) -> None:
    made = order(office)
    answer = client.get("/v1/cases/a-case/orders?at=2025-04-20")
    tag = answer.headers["etag"]
    held = client.get("/v1/cases/a-case/orders?at=2025-04-20", headers={"If-None-Match": tag})
    bearing(office, "stays", made, "2025-04-05")

    assert held.status_code == 304
    assert client.get(answer.json()["permalink"]).json()["items"] == answer.json()["items"]
    assert client.get("/v1/cases/a-case/orders?at=2025-04-20").headers["etag"] != tag
    assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"


def test_without_a_moment_it_is_that_of_as_of_or_now(client: TestClient, office: Desk) -> None:
    order(office)
    answer = public(client, "cases/a-case/orders")
    past = public(client, f"cases/a-case/orders?as_of={answer['as_of']}")

    assert answer["at"].endswith(":00Z")
    assert past["at"] == f"{answer['as_of'][:19]}Z"


def test_wrong_parameters_are_refused_by_name(client: TestClient, office: Desk) -> None:
    order(office)
    wrong = {
        "at=2025-04-20T12:00": "at",
        "at=soon": "at",
        "at=../2025": "at",
        "reported_until=soon": "reported_until",
        "status=stayd": "status",
        "statuses=stayed": "statuses",
        "limit=0": "limit",
        "as_of=2999-01-01T00:00:00Z": "as_of",
    }

    for query, named in wrong.items():
        assert faults(client.get(f"/v1/cases/a-case/orders?{query}")).keys() == {named}, query


def test_what_was_meant_is_said_and_a_cursor_of_another_question_refused(
    client: TestClient, office: Desk
) -> None:
    for day in (1, 2):
        order(office, f"2025-04-0{day}")
    path = "/v1/cases/a-case/orders"
    following = client.get(f"{path}?limit=1&at=2025-05-01").json()["next"]

    assert client.get(f"{path}?status=stayd").json()["errors"][0]["did_you_mean"] == "stayed"
    assert client.get(following.replace("2025-05-01", "2025-05-02")).status_code == 400
    assert client.get(f"{path}?after=abc").status_code == 400
    assert client.get("/v1/cases/b-case/orders").status_code == 404
