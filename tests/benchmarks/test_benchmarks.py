"""The pieces of the benchmark that need no opponents: data, questions, the limit, and the report."""

import itertools
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.config import Settings
from app.core.db import Database, sqlite_module
from app.imports.readers import Line
from app.imports.runs import Plan, run_import
from app.main import create_app
from tests.benchmarks import questions
from tests.benchmarks.__main__ import parse
from tests.benchmarks.data import make_events
from tests.benchmarks.measuring import Measured
from tests.benchmarks.opponents import limit, tables
from tests.benchmarks.questions import Question
from tests.benchmarks.report import Machine, write
from tests.benchmarks.results import Goal, Result, ceiling, floors
from tests.support.asking import Request, ask

EVENTS = 2_000
LARGE = 1_000
CASES = range(1, 11)
ASKED = 200
SERIES: dict[str, Callable[[], Iterator[Question]]] = {
    "pages": lambda: questions.pages(CASES),
    "searches": questions.searches,
    "facets": questions.facets,
    "firsts": questions.firsts,
    **{kind: partial(questions.across, kind) for kind in questions.ACROSS},
}


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database.open(sqlite_url)
    lines = (
        Line(number, json.dumps(event).encode(), number)
        for number, event in enumerate(make_events(EVENTS, large=LARGE), start=1)
    )
    assert run_import(opened, lines, Plan("test")).created == EVENTS
    yield opened
    opened.dispose()


def items(app: FastAPI, paths: Sequence[str]) -> list[list[dict[str, object]]]:
    answers = ask(app, [Request(path) for path in paths])
    assert {answer.status for answer in answers} == {200}
    return [json.loads(answer.body)["items"] for answer in answers]


def test_the_limit_gives_the_same_events_in_the_same_order_as_we_do(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [questions.ours(one) for one in questions.sample(questions.pages(CASES), ASKED)]
    monkeypatch.setenv("BENCHMARK_FILE", database.url.database or "")
    limit.connection.cache_clear()
    by_limit = items(cast("FastAPI", limit.app), paths)
    limit.connection().close()
    limit.connection.cache_clear()

    app = create_app(Settings(database_url=str(database.url)))
    with TestClient(app):
        by_us = items(app, paths)

    assert by_limit == by_us
    assert sum(len(page) == 50 for page in by_us) > ASKED / 2


def test_the_opponents_file_answers_a_page_as_we_do(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "opponents.sqlite"
    told: list[int] = []
    tables.write_tables(Path(database.url.database or ""), target, advance=told.append)
    asked = questions.sample(questions.pages(CASES), 20)
    canned = json.loads((Path(tables.__file__).with_name("datasette.json")).read_text(encoding="utf-8"))
    sql = canned["databases"]["opponents"]["queries"]["page"]

    with TestClient(create_app(Settings(database_url=str(database.url)))) as client:
        by_us = [[one["id"] for one in client.get(questions.ours(it)).json()["items"]] for it in asked]
    read = sqlite_module().connect(target)
    by_sql = [
        [
            row[0]
            for row in read.execute(
                sql,
                {
                    "case": it.case,
                    "types": json.dumps(it.types),
                    "since": it.seconds[0],
                    "until": it.seconds[1],
                },
            )
        ]
        for it in asked
    ]
    read.close()

    assert by_sql == by_us
    assert told[-1] == EVENTS


@pytest.mark.parametrize("name", SERIES)
def test_a_series_of_questions_never_repeats_itself(name: str) -> None:
    paths = [questions.ours(one) for one in itertools.islice(SERIES[name](), 30_000)]

    assert len(set(paths)) == 30_000


def test_a_question_is_put_to_each_server_in_its_own_words() -> None:
    asked = Question("case-7", ("hearing", "other"), date(2005, 1, 1), date(2005, 1, 2))

    assert questions.ours(asked) == (
        "/v1/cases/case-7/timeline?type=hearing&type=other&since=2005-01-01&until=2005-01-02"
    )
    # From the first second of the one day to the one after the other, since 1970.
    assert questions.django(asked) == (
        "/events/?case=case-7&type=hearing%2Cother&since=1104537600&until=1104710400"
    )
    assert questions.table(asked).endswith("&end_latest__gt=1104537600&start_earliest__lt=1104710400")
    assert "/opponents/page.json?" in questions.canned(asked)


def test_goals_tell_whether_they_are_met() -> None:
    found = {name: measured(name, rate) for name, rate in (("ours", 50.0), ("limit", 100.0))}

    assert [goal.is_met for goal in floors(found, {"limit": 0.55, "absent": 1})] == [False]
    assert [goal.is_met for goal in floors(found, {"limit": 0.5})] == [True]
    assert str(ceiling(found, "ours", "limit", 1.1)) == "≤ 1.1 times as long as “limit”: 2, MISSED"


def test_the_report_is_json_and_a_picture_that_names_every_server(tmp_path: Path) -> None:
    result = Result(
        "page",
        "Read <pages>.",
        "10 events",
        (measured("ours", 50), measured("limit", 100)),
        (Goal("times limit", 0.55, 0.5),),
        ("A note.",),
    )
    write(tmp_path, [result], Machine.here("SQLite"))

    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in told["results"][0]["measured"]] == ["ours", "limit"]
    assert told["results"][0]["goals"][0]["is_met"] is False
    drawn = ET.fromstring((tmp_path / "report.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own
    words = ["".join(one.itertext()) for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"ours", "limit", "A note.", "Read <pages>. 10 events."} <= set(words)


def test_rows_and_sizes_can_be_asked_for_one_by_one() -> None:
    asked = parse(["--events", "10000", "--events", "1000000", "--only", "page", "deep"])

    assert (asked.events, asked.only) == ([10_000, 1_000_000], ["page", "deep"])
    with pytest.raises(SystemExit):
        parse(["--only", "nonsense"])


def measured(name: str, rate: float) -> Measured:
    return Measured(name, rate, 1.0, 2.0, 3_000, (rate,))
