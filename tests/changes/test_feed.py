"""The feed: each change once and in order, and nothing of what its reader may not see."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from httpx2 import Response
from pydantic import JsonValue
from sqlalchemy import Connection, event
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.core.db import Database
from app.records.revisions import Log
from app.records.service import merge
from app.records.vocabulary import ChangeKind
from tests.support.editing import change, make_actor, make_case, make_event, make_source, restore, withdraw
from tests.support.keys import make_key

Item = dict[str, JsonValue]


def read(client: TestClient, query: str = "", headers: dict[str, str] | None = None) -> dict[str, JsonValue]:
    answer = client.get(f"/v1/changes{query}", headers=headers or {})
    assert answer.status_code == 200, answer.text
    page: dict[str, JsonValue] = answer.json()
    return page


def items(client: TestClient, query: str = "", headers: dict[str, str] | None = None) -> list[Item]:
    found: list[Item] = read(client, query, headers)["items"]  # type: ignore[assignment]
    return found


def told(found: list[Item]) -> list[tuple[JsonValue, ...]]:
    return [(one["seq"], one["operation"], one["record"], one["revision"]) for one in found]


def every_page(client: TestClient, limit: int, case: str = "") -> list[Item]:
    """Follow the feed from the beginning, by the links."""
    found: list[Item] = []
    url: str | None = f"/v1/changes?limit={limit}{case}"
    while url is not None:
        answer = client.get(url)
        found += answer.json()["items"]
        linked = re.fullmatch(r'<(.+)>; rel="next"', answer.headers.get("link", ""))
        url = linked[1] if linked else None
    return found


def refused(answer: Response, name: str) -> None:
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, name)


def test_every_act_is_one_item_in_order(database: Database, client: TestClient) -> None:
    case = make_case(database)
    meeting = make_event(database, "2025")
    change(database, meeting, ChangeKind.CORRECTION, title="As it was")
    withdraw(database, meeting)
    restore(database, meeting)

    page = read(client)
    assert told(page["items"]) == [  # type: ignore[arg-type]
        (1, "create", case, 1),
        (2, "create", meeting, 1),
        (3, "amend", meeting, 2),
        (4, "retract", meeting, 3),
        (5, "reinstate", meeting, 4),
    ]
    assert [one["cases"] for one in items(client)] == [[case]] * 5
    assert [one["kind"] for one in items(client)] == [
        None,
        None,
        "correction",
        "retraction",
        "correction",
    ]
    assert (page["next_after"], page["high_watermark"]) == (5, 5)
    moments = [str(one["at"]) for one in items(client)]
    assert moments == sorted(set(moments))


def test_an_empty_feed_is_empty(client: TestClient) -> None:
    page = read(client)

    assert (page["items"], page["next_after"], page["high_watermark"]) == ([], 0, 0)
    assert isinstance(page["epoch"], str)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
def test_the_pages_hold_every_change_once(database: Database, client: TestClient, limit: int) -> None:
    make_case(database)
    for year in range(2019, 2025):
        make_event(database, str(year))

    assert [one["seq"] for one in every_page(client, limit)] == [1, 2, 3, 4, 5, 6, 7]


def test_hidden_acts_leave_neither_a_row_nor_a_hole(database: Database, client: TestClient) -> None:
    key = make_key(database, Scope.READ)
    make_case(database, "hidden-case", visibility="restricted")
    case = make_case(database)
    make_event(database, "2024", "hidden-case")
    secret = make_event(database, "2024", visibility="restricted")
    seen = make_event(database, "2025")
    change(database, secret, title="Another title")
    withdraw(database, secret)
    change(database, seen, title="Another title")

    assert told(items(client)) == [(1, "create", case, 1), (2, "create", seen, 1), (3, "amend", seen, 2)]
    assert [one["seq"] for one in items(client, headers=key)] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert read(client)["high_watermark"] == 3


def test_what_is_hidden_later_keeps_its_number_moment_and_hash(
    database: Database, client: TestClient
) -> None:
    key = make_key(database, Scope.READ)
    make_case(database)
    secret = make_event(database, "2025")
    before = items(client)
    change(database, secret, visibility="restricted")

    after = items(client)
    assert after[0] == before[0]
    for number, row in enumerate(after[1:], start=2):
        assert row == {
            "seq": number,
            "at": row["at"],
            "operation": None,
            "record": None,
            "revision": None,
            "cases": [],
            "kind": None,
            "digest": None,
            "hash": row["hash"],
        }
    assert (after[1]["at"], after[1]["hash"]) == (before[1]["at"], before[1]["hash"])
    assert told(items(client, headers=key)) == [
        (1, "create", before[0]["record"], 1),
        (2, "create", secret, 1),
        (3, "amend", secret, 2),
    ]


def test_an_event_goes_out_of_the_feed_and_comes_back_with_its_case(
    database: Database, client: TestClient
) -> None:
    case = make_case(database)
    meeting = make_event(database, "2025")

    change(database, case, visibility="restricted")
    assert [one["record"] for one in items(client)] == [None, None, None]
    assert [one["cases"] for one in items(client)] == [[], [], []]

    change(database, case, visibility="public")
    assert told(items(client)) == [
        (1, "create", case, 1),
        (2, "create", meeting, 1),
        (3, "amend", case, 2),
        (4, "amend", case, 3),
        (5, "disclose", meeting, 2),
    ]


def test_a_stub_is_named(database: Database, client: TestClient) -> None:
    make_case(database)
    stub = make_event(database, "2025", visibility="existence_only")

    assert items(client)[1]["record"] == stub


def test_a_case_is_named_only_to_who_may_know_of_it(database: Database, client: TestClient) -> None:
    key = make_key(database, Scope.READ)
    case = make_case(database)
    hidden = make_case(database, "hidden-case", visibility="restricted")
    make_event(database, "2025", cases=[case, hidden])

    assert items(client)[-1]["cases"] == [case]
    assert items(client, headers=key)[-1]["cases"] == sorted([case, hidden])


def test_a_case_is_named_by_whatever_alters_its_answers(database: Database, client: TestClient) -> None:
    case, other = make_case(database), make_case(database, "another-case")
    judge = make_actor(database, "a-judge")
    make_event(database, "2025", actors=[{"actor": "a-judge", "role": "judge"}])
    change(database, judge, name="Another name")

    assert told(items(client, "?case=a-case")) == [
        (1, "create", case, 1),
        (4, "create", items(client)[3]["record"], 1),
        (5, "amend", judge, 2),
    ]
    assert told(items(client, f"?case={other}")) == [(2, "create", other, 1)]
    assert [one["seq"] for one in items(client, "?case=a-case&case=another-case")] == [1, 2, 4, 5]
    assert [one["seq"] for one in every_page(client, 1, "&case=a-case&case=another-case")] == [1, 2, 4, 5]


def test_a_follower_of_a_quiet_case_reads_nothing_twice(database: Database, client: TestClient) -> None:
    make_case(database)
    make_case(database, "another-case")
    for year in range(2019, 2025):
        make_event(database, str(year), "another-case")

    page = read(client, "?case=a-case&limit=1")
    assert (told(page["items"])[0][0], page["next_after"]) == (1, 8)  # type: ignore[arg-type]
    assert read(client, "?case=a-case&after=8")["next_after"] == 8
    make_event(database, "2025")
    page = read(client, "?case=a-case&after=8")
    assert ([one["seq"] for one in page["items"]], page["next_after"]) == ([9], 9)  # type: ignore[index, union-attr, call-overload]


def test_what_was_withdrawn_from_a_case_is_told_to_its_followers(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    secret = make_event(database, "2025")
    change(database, secret, visibility="restricted")

    found = items(client, "?case=a-case&after=2")
    assert [(one["seq"], one["record"], one["cases"]) for one in found] == [(3, None, [])]


@pytest.mark.parametrize("make", [make_actor, make_source])
def test_a_merged_record_stays_named(
    database: Database, client: TestClient, make: Callable[[Database, str], str]
) -> None:
    make_case(database)
    one, two = make(database, "one"), make(database, "two")
    join(database, one, two)

    assert told(items(client))[1:] == [
        (2, "create", one, 1),
        (3, "create", two, 1),
        (4, "merge", one, 2),
    ]


def test_a_case_that_is_not_there_or_is_hidden_is_refused(database: Database, client: TestClient) -> None:
    hidden = make_case(database, "hidden-case", visibility="restricted")
    make_case(database, "a-stub", visibility="existence_only")
    key = make_key(database, Scope.READ)

    for reference in ("nowhere", "hidden-case", hidden, "a-stub"):
        refused(client.get(f"/v1/changes?case={reference}"), "case")
        refused(client.get(f"/v1/changes/stream?case={reference}"), "case")
    assert client.get("/v1/changes?case=hidden-case", headers=key).status_code == 200


def test_a_retracted_case_can_still_be_followed(database: Database, client: TestClient) -> None:
    case = make_case(database)
    withdraw(database, case)

    assert told(items(client, "?case=a-case")) == [(1, "create", case, 1), (2, "retract", case, 2)]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("after=x", "after"),
        ("after=-1", "after"),
        ("after=1.5", "after"),
        ("after=99999999999999999999", "after"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("after=1&after=2", "after"),
        ("seq=1", "seq"),
    ],
)
def test_a_wrong_question_is_refused(client: TestClient, query: str, name: str) -> None:
    refused(client.get(f"/v1/changes?{query}"), name)


def test_beyond_the_end_there_is_nothing_and_the_number_stays(database: Database, client: TestClient) -> None:
    make_case(database)

    for query in ("?after=9", "?after=9&case=a-case"):
        page = read(client, query)
        assert (page["items"], page["next_after"], page["high_watermark"]) == ([], 9, 1)


def test_an_answer_the_client_holds_is_not_sent_again(database: Database, client: TestClient) -> None:
    make_case(database)
    answer = client.get("/v1/changes?after=1")
    tag = {"If-None-Match": answer.headers["etag"]}

    again = client.get("/v1/changes?after=1", headers=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert client.get("/v1/changes?after=0", headers=tag).status_code == 200
    key = make_key(database, Scope.READ)
    keyed = client.get("/v1/changes?after=1", headers={**tag, **key})
    assert (keyed.status_code, keyed.headers["cache-control"]) == (200, "private, max-age=0, must-revalidate")
    make_event(database, "2025", visibility="restricted")
    assert client.get("/v1/changes?after=1", headers=tag).status_code == 304
    make_event(database, "2025")
    assert client.get("/v1/changes?after=1", headers=tag).status_code == 200


def test_head_answers_as_get_does(database: Database, client: TestClient) -> None:
    make_case(database)
    asked, told_of = client.get("/v1/changes"), client.head("/v1/changes")

    assert (told_of.status_code, told_of.content) == (200, b"")
    assert told_of.headers["etag"] == asked.headers["etag"]


@contextmanager
def statements(client: TestClient) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            sent.append(statement)

    database: Database = client.app.state.database  # type: ignore[attr-defined]
    event.listen(database.read_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.read_engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("query", "most"), [("", 3), ("?limit=2", 3), ("?case=a-case", 4), ("?after=9", 1)])
def test_a_page_takes_few_statements_however_much_it_holds(
    database: Database, client: TestClient, query: str, most: int
) -> None:
    make_case(database)
    for year in range(2019, 2025):
        make_event(database, str(year))

    with statements(client) as sent:
        tag = client.get(f"/v1/changes{query}").headers["etag"]
    assert len(sent) <= most
    with statements(client) as sent:
        assert client.get(f"/v1/changes{query}", headers={"If-None-Match": tag}).status_code == 304
    assert len(sent) == 1


def join(database: Database, one: str, into: str) -> None:
    with database.write() as connection:
        merge(Log(connection, author="test"), one, into, kind=ChangeKind.CORRECTION, reason="The same.")
