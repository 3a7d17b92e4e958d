"""Obligations across cases: by status at any moment, from an index, and as the pure function says."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, select
from starlette.testclient import TestClient

from app.access.audience import Audience
from app.core.db import Database
from app.core.edtf import parse_occurred
from app.orders.duties import judge, render
from app.orders.moments import Moments
from app.orders.obligations import Wanted, all_rows, periods_at
from app.records.revisions import View
from app.records.status.obligations import ObligationStatus
from app.records.tables.periods import ObligationPeriod
from tests.orders.test_orders import RETRACTED, make, office, order
from tests.support.desk import Desk, public
from tests.support.statements import statements

__all__ = ["office"]
DAYS = [f"2025-04-{day:02}" for day in range(1, 15)]


def listed(client: TestClient, query: str) -> list[str]:
    return [one["act"] for one in public(client, f"obligations?{query}")["items"]]


def test_they_come_by_due_moment_whatever_case_they_are_of(client: TestClient, office: Desk) -> None:
    office.make("cases", slug="b-case")
    first, second = order(office), order(office, cases=["b-case"])
    make(office, "obligations", order=first, act="late in the month", due="2025-04-20")
    make(office, "obligations", order=second, act="some day")
    make(office, "obligations", order=second, act="soon", due="2025-04-10T17:00Z")

    assert listed(client, "at=2025-04-02") == ["soon", "late in the month", "some day"]
    assert listed(client, "at=2025-04-15&status=overdue") == ["soon"]
    assert listed(client, "at=2025-04-15&status=pending&status=overdue&limit=2") == [
        "soon",
        "late in the month",
    ]
    assert listed(client, "at=2025-03-01") == []


def test_they_are_found_by_whom_they_bind_and_by_court(client: TestClient, office: Desk) -> None:
    office.make("actors", slug="another", name="Another")
    docket = {"court": "mdd", "docket_number": "8:25-cv-1"}
    office.amend("cases/a-case", dockets=[docket])
    made, other = order(office, details={"docket": "8:25-cv-1"}), order(office)
    make(office, "obligations", order=made, act="one")
    make(office, "obligations", order=other, act="two", bound="another")

    assert listed(client, "bound=the-bound") == ["one"]
    assert listed(client, "bound=another&bound=the-bound&total=exact").__len__() == 2
    assert listed(client, "court=mdd") == ["one"]
    assert listed(client, "court=ca4") == []
    office.act("actors/another", "merge", into="the-bound")
    assert sorted(listed(client, "bound=the-bound")) == ["one", "two"]
    by_bound = public(client, "obligations/statistics?by=bound")["values"]
    assert [(one["value"], one["orders"], one["obligations"]) for one in by_bound] == [("the-bound", 2, 2)]
    assert client.get(by_bound[0]["url"]).status_code == 200
    permalink = public(client, "obligations?bound=the-bound")["permalink"]
    assert "bound=act_" in permalink


def test_pages_join_to_the_whole_in_both_directions_while_editors_write(
    client: TestClient, office: Desk
) -> None:
    made = order(office)
    acts = [f"act {n}" for n in range(7)]
    for n, act in enumerate(acts):
        make(office, "obligations", order=made, act=act, due=f"2025-04-{10 + n // 2}")
    whole = listed(client, "at=2025-05-01&status=overdue")
    page = public(client, "obligations?at=2025-05-01&status=overdue&limit=3&total=exact")
    seen = [one["act"] for one in page["items"]]
    assert page["total"] == 7
    # From here on the kept periods are those of later than the pages.
    make(office, "obligations", order=made, act="new", due="2025-04-01")
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [one["act"] for one in page["items"]]
    back = client.get(page["previous"]).json()

    assert (seen, sorted(whole)) == (whole, acts)
    assert [one["act"] for one in back["items"]] == whole[3:6]
    assert listed(client, "at=2025-05-01&status=overdue")[0] == "new"


def test_the_past_is_worked_out_as_it_was(client: TestClient, office: Desk) -> None:
    made, answer = order(office), make(office, "events", occurred="2025-04-05")
    duty = make(office, "obligations", order=made, act="it", due="2025-04-10")
    before = public(client, "obligations")["as_of"]
    office.amend(f"obligations/{duty}", responses=[{"event": answer}])

    for status, asked in (("overdue", f"as_of={before}"), ("answered", "limit=5")):
        assert listed(client, f"at=2025-05-01&status={status}&{asked}") == ["it"]
    late = [
        public(client, f"obligations/statistics?at=2025-05-01&{q}")["all"]["late"]
        for q in (f"as_of={before}", "by=court")
    ]
    assert late == [1, 0]
    office.act(f"obligations/{duty}", "retract", change=RETRACTED)
    assert listed(client, "at=2025-05-01") == []
    office.act(f"obligations/{duty}", "reinstate")
    assert listed(client, "at=2025-05-01&status=answered") == ["it"]


def test_a_renamed_actor_and_a_retitled_event_are_named_so_at_once(client: TestClient, office: Desk) -> None:
    made = order(office)
    answer = make(office, "events", occurred="2025-04-05")
    make(office, "obligations", order=made, responses=[{"event": answer, "by": "the-bound"}])
    office.amend("actors/the-bound", name="Somebody")
    office.amend(f"events/{answer}", title="An answer")
    office.amend(f"events/{made}", title="A decree")

    for read in (office.read, lambda path: public(client, path)):
        (one,) = read("obligations")["items"]
        (response,) = one["responses"]
        assert (one["bound"]["name"], one["order"]["title"]) == ("Somebody", "A decree")
        assert (response["by"]["name"], response["event"]["title"]) == ("Somebody", "An answer")


def test_a_redacted_name_is_in_no_kept_answer(database: Database, office: Desk) -> None:
    made = order(office, title="Zebulon is told")
    answer = make(office, "events", title="Zebulon answers", occurred="2025-04-05")
    office.amend("actors/the-bound", name="Zebulon")
    make(office, "obligations", order=made, act="Tell Zebulon.", responses=[{"event": answer}])
    office.act("actors/the-bound", "redact", label="A person")

    with database.read() as connection:
        held = connection.execute(select(ObligationPeriod.ready)).scalars().all()
    assert held
    assert not any(b"Zebulon" in bytes(one) for one in held if one is not None)
    (one,) = office.read("obligations")["items"]
    assert (one["act"], one["order"]["title"]) == ("Tell A person.", "A person is told")


def test_a_page_takes_few_statements_however_much_there_is(client: TestClient, office: Desk) -> None:
    made = order(office)
    for n in range(4):
        make(office, "obligations", order=made, act=str(n), due="2025-04-10")
    with statements(client) as few:
        listed(client, "status=overdue&at=2025-05-01&limit=1")
    with statements(client) as more:
        listed(client, "status=overdue&at=2025-05-01&limit=4")

    assert len(more) == len(few) <= 5


@pytest.mark.parametrize(
    ("statuses", "index"),
    [
        ((ObligationStatus.OVERDUE,), "ix_obligation_periods_status"),
        ((), "ix_obligation_periods_due"),
    ],
)
def test_a_page_is_read_in_the_order_of_an_index(
    sqlite_url: str, statuses: tuple[ObligationStatus, ...], index: str
) -> None:
    database = Database.open(sqlite_url)
    wanted = Wanted(Moments(View(Audience.PUBLIC), 0), statuses, {}, ())
    key = (ObligationPeriod.due, ObligationPeriod.obligation_id)
    query = periods_at(wanted, *key, ObligationPeriod.ready).order_by(*key).limit(51)
    with database.read() as connection:
        compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
    database.dispose()

    (step,) = [row[3] for row in plan]
    assert index in step


def test_statistics_go_by_month_where_the_order_was_made(client: TestClient, office: Desk) -> None:
    for occurred, zone in (("2025-04-01", "Asia/Tokyo"), ("2025-04-30", "America/New_York"), (None, "UTC")):
        made = order(office, occurred, timezone=zone)
        make(office, "obligations", order=made)

    months = public(client, "obligations/statistics?by=month")["values"]
    assert [(one["value"], one["obligations"], one["url"]) for one in months] == [("2025-04", 2, None)]


class Clerk:
    """Writes at random what an obligation rests on, and how it is seen."""

    def __init__(self, desk: Desk, seed: str) -> None:
        self.desk, self.chance = desk, random.Random(seed)
        self.orders = [order(desk, self.date()) for _ in range(2)]
        self.events = [make(desk, "events", occurred=self.date()) for _ in range(4)]
        self.duties = [make(desk, "obligations", **self.duty()) for _ in range(3)]

    def date(self) -> str:
        return self.chance.choice([*DAYS, "[2025-04-03..2025-04-09]", "2025-04", "2025-04-05T12:00Z"])

    def some(self, most: int) -> Iterator[str]:
        yield from self.chance.sample(self.events, self.chance.randint(0, most))

    def duty(self) -> dict[str, Any]:
        chance = self.chance
        due = chance.choice([None, *DAYS[4:9], "2025-04-07T12:00Z"])
        effects = ["due_changed", "modified", "stayed", "resumed", "superseded", "vacated"]
        terms = [
            {"effect": effect, "event": one, "due": chance.choice(DAYS) if effect == "due_changed" else None}
            for one in self.some(2)
            for effect in [chance.choice(effects)]
        ]
        return {
            "order": chance.choice(self.orders),
            "due": due,
            "recurrence": chance.choice([None, "FREQ=DAILY", "FREQ=DAILY;COUNT=3"]) if due else None,
            "terms": terms,
            "responses": [{"event": one, "claims_compliance": chance.random() < 0.5} for one in self.some(2)],
            "findings": [
                {"event": one, "finding": chance.choice(["complied", "partly", "noncompliant", "excused"])}
                for one in self.some(1)
            ],
        }

    def act(self) -> None:
        chance = self.chance
        kind, records = chance.choice(
            [("events", self.events), ("events", self.orders), ("obligations", self.duties)]
        )
        path = f"{kind}/{chance.choice(records)}"
        change = {"kind": "update", "reason": "A test."}
        match chance.choice(["amend", "amend", "show", "withdraw", "merge", "case"]):
            case "amend":
                fields = self.duty() if kind == "obligations" else {"occurred": self.date()}
                self.desk.attempt(path, change=change, **fields)
            case "show":
                level = chance.choice(["public", "restricted", "existence_only"])
                self.desk.attempt(path, change=change, visibility=level)
            case "withdraw":
                self.desk.attempt(path, act=chance.choice(["retract", "reinstate"]))
            case "merge" if kind == "events":
                self.desk.attempt(path, act="merge", into=chance.choice(records))
            case "case":
                level = chance.choice(["public", "public", "restricted"])
                self.desk.attempt("cases/a-case", change=change, visibility=level)


@pytest.mark.parametrize("seed", range(2))
def test_the_periods_that_are_kept_are_what_the_pure_function_says(
    database: Database, office: Desk, seed: int
) -> None:
    clerk = Clerk(office, f"clerk {seed}")
    for _ in range(12):
        clerk.act()
        ats = [parse_occurred(day, "UTC").bounds.start_earliest for day in (*DAYS, "2025-06-01")]
        with database.read() as connection:
            for audience in Audience:
                wanted = Wanted(Moments(View(audience), 0), (), {}, ())
                rows = [row for _key, row in all_rows(connection, wanted)]
                for at in ats:
                    moments = Moments(View(audience), at)
                    duties = judge(connection, rows, moments)
                    said = {one["id"]: (one["status"], one) for one in render(connection, duties, moments)}
                    assert kept(connection, audience, at) == said


def kept(connection: Connection, audience: Audience, at: int) -> dict[str, tuple[str, Any]]:
    """Return what the table says of a moment: status and answer."""
    rows = connection.execute(
        select(ObligationPeriod.obligation_id, ObligationPeriod.status, ObligationPeriod.ready).where(
            ObligationPeriod.audience == audience.value,
            ObligationPeriod.since <= at,
            ObligationPeriod.until > at,
        )
    )
    return {row.obligation_id: (row.status, json.loads(row.ready)) for row in rows}
