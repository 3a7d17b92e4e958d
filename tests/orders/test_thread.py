"""A thread goes both ways along the relations, across dockets, and never over what is hidden."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.db import Database
from app.example.load import id_of
from app.records.vocabulary import RecordType
from tests.support.desk import Desk, faults, public
from tests.support.example import copy_example
from tests.support.statements import statements


def thread(client: TestClient, event: str, **query: Any) -> dict[str, int]:  # noqa: ANN401 - a parameter
    answer = client.get(f"/v1/events/{event}/thread", params=query)
    assert answer.status_code == 200, answer.text
    return {item["event"]["title"]: item["depth"] for item in answer.json()["items"]}


def chain(desk: Desk, titles: str, relation: str = "responds_to", **fields: Any) -> list[str]:  # noqa: ANN401
    """Make events of one title each, every one of which bears on the one before."""
    made: list[str] = []
    for sequence, title in enumerate(titles):
        relations = [{"type": relation, "event": made[-1]}] if made else []
        made.append(desk.make("events", title=title, relations=relations, sequence=sequence, **fields)["id"])
    return made


def example(name: str) -> str:
    return id_of(RecordType.EVENT, f"abrego-garcia/{name}")


def test_the_ruling_of_the_supreme_court_leads_to_the_order_and_back(
    database: Database, client: TestClient
) -> None:
    copy_example(database)
    ruling, order = example("supreme-court-ruling"), example("xinis-order")

    from_ruling = thread(client, ruling, relation="affirms")
    from_order = thread(client, order, relation="affirms")

    assert list(from_ruling.values()) == [1, 0]
    assert list(from_order.values()) == [0, 1]
    assert from_ruling.keys() == from_order.keys()
    dockets = [
        item["event"]["details"]["docket"]
        for item in public(client, f"events/{ruling}/thread?relation=affirms")["items"]
    ]
    assert dockets == ["8:25-cv-00951", "24A949"]


def test_a_thread_ends_at_its_depth_and_in_circles(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    ids = chain(desk, "abcd")
    desk.amend(f"events/{ids[0]}", relations=[{"type": "cites", "event": ids[3]}])

    assert thread(client, ids[0], depth=1) == {"a": 0, "b": 1, "d": 1}
    assert thread(client, ids[0], depth=20) == {"a": 0, "b": 1, "c": 2, "d": 1}
    assert thread(client, ids[0], relation="responds_to") == {"a": 0, "b": 1, "c": 2, "d": 3}
    assert thread(client, ids[0], relation="affirms") == {"a": 0}


@pytest.mark.parametrize("level", ["restricted", "existence_only"])
def test_what_is_hidden_neither_shows_nor_leads_on(client: TestClient, desk: Desk, level: str) -> None:
    desk.make("cases")
    ids = chain(desk, "abc")
    desk.amend(f"events/{ids[1]}", visibility=level, visibility_reason="A minor.")

    assert thread(client, ids[0]) == {"a": 0}
    assert thread(client, ids[2]) == {"c": 0}
    with_key = desk.read(f"events/{ids[0]}/thread")["items"]
    assert [item["event"]["title"] for item in with_key] == ["a", "b", "c"]


def test_an_event_of_hidden_cases_only_does_not_lead_on(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    desk.make("cases", slug="secret", visibility="restricted")
    first = desk.make("events", title="a")["id"]
    between = desk.make("events", title="b", cases=["secret"], relations=[{"type": "cites", "event": first}])[
        "id"
    ]
    desk.make("events", title="c", relations=[{"type": "cites", "event": between}])

    assert thread(client, first) == {"a": 0}


def test_a_stub_has_no_thread_but_itself(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    ids = chain(desk, "ab")
    desk.amend(f"events/{ids[0]}", visibility="existence_only")

    assert thread(client, ids[0]) == {None: 0}


def test_what_was_merged_leads_on_in_the_name_of_its_survivor(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    ids = chain(desk, "ab")
    other = desk.make("events", title="c")["id"]
    desk.make("events", title="d", relations=[{"type": "rules_on", "event": other}])
    desk.act(f"events/{ids[0]}", "merge", into=other)

    assert thread(client, other) == {"b": 1, "c": 0, "d": 1}
    assert thread(client, ids[1]) == {"b": 0, "c": 1, "d": 2}
    moved = client.get(f"/v1/events/{ids[0]}/thread?depth=2", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/events/{other}/thread?depth=2")


def test_a_thread_is_as_it_was(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    ids = chain(desk, "ab")
    link = public(client, f"events/{ids[0]}/thread")["permalink"]
    desk.act(f"events/{ids[1]}", "retract", change={"kind": "retraction", "reason": "Wrong."})

    assert thread(client, ids[0]) == {"a": 0}
    assert [item["event"]["title"] for item in client.get(link).json()["items"]] == ["a", "b"]
    assert client.get(f"/v1/events/{ids[1]}/thread").status_code == 410
    assert client.get(f"/v1/events/evt_{'0' * 12}/thread").status_code == 404


def test_the_walk_is_one_statement(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    ids = chain(desk, "abcdef")
    with statements(client) as short:
        thread(client, ids[0], depth=1)
    with statements(client) as long:
        thread(client, ids[0], depth=20)

    assert len(long) == len(short)
    assert sum("RECURSIVE" in one.upper() for one in long) == 1


def test_an_answer_that_is_held_is_not_sent_again(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    path = f"/v1/events/{chain(desk, 'ab')[0]}/thread"
    tag = client.get(path).headers["etag"]

    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    desk.make("events")
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_wrong_parameters_are_refused_with_what_was_meant(client: TestClient, desk: Desk) -> None:
    desk.make("cases")
    path = f"/v1/events/{chain(desk, 'a')[0]}/thread"

    assert client.get(f"{path}?relation=affirm").json()["errors"][0]["did_you_mean"] == "affirms"
    assert client.get(f"{path}?relations=affirms").json()["errors"][0]["did_you_mean"] == "relation"
    assert faults(client.get(f"{path}?depth=21")).keys() == {"depth"}
    assert faults(client.get(f"{path}?as_of=2999-01-01T00:00:00Z")).keys() == {"as_of"}


def test_unanswered_finds_the_filing_nobody_answers(database: Database, client: TestClient) -> None:
    copy_example(database)

    def found(query: str) -> list[str]:
        items = public(client, f"cases/abrego-garcia/timeline?{query}")["items"]
        return [item["external_id"].removeprefix("abrego-garcia/") for item in items]

    assert found("type=court_filing&unanswered=true") == ["filing-not-obliged"]
    # The filing itself responds to the ruling; the order is affirmed, which is no answer to it.
    assert found("type=court_order&unanswered=false") == ["flights-should-return", "supreme-court-ruling"]
    assert found("type=court_order&unanswered=true") == ["protection-from-removal", "xinis-order"]
