"""`case-timeline check` lists the events that stand otherwise than their allegations."""

from typing import Any

import pytest
from typer.testing import CliRunner

from app.allegations.check import agrees, find_disagreements
from app.cli import app
from app.core.db import Database
from app.records.vocabulary import AllegationStanding, Standing
from tests.support.desk import Desk

AGREEING = {
    ("unanswered", "alleged"),
    ("unanswered", "reported"),
    ("disputed", "disputed"),
    ("conceded", "established"),
    ("conceded", "reported"),
    ("found_true", "established"),
    ("found_false", "disputed"),
    ("found_false", "alleged"),
    ("withdrawn", "disputed"),
    ("withdrawn", "alleged"),
}


def test_what_agrees_is_what_the_table_says() -> None:
    found = {
        (allegation.value, event.value)
        for allegation in AllegationStanding
        for event in Standing
        if agrees(event, allegation)
    }
    assert found == AGREEING


@pytest.fixture
def allegation(desk: Desk) -> str:
    """Make an allegation that two events rest on, of which one says so; return its id."""
    desk.make("cases")
    desk.make("actors", slug="one")
    desk.make("actors", slug="two")
    said: list[dict[str, Any]] = [{"actor": "one", "stance": "asserts"}, {"actor": "two", "stance": "denies"}]
    made: str = desk.make("allegations", case="a-case", text="It is so.", positions=said)["id"]
    desk.make("events", title="Fits", standing="disputed", allegation=made)
    desk.make("events", title="Differs", standing="established", allegation=made)
    desk.make("events", title="Rests on none", standing="established")
    return made


def test_events_are_found_that_stand_otherwise(desk: Desk, database: Database, allegation: str) -> None:
    with database.read() as connection:
        found = list(find_disagreements(connection))
    assert [(one.title, one.event_standing, one.allegation_standing) for one in found] == [
        ("Differs", Standing.ESTABLISHED, AllegationStanding.DISPUTED)
    ]

    desk.act(f"allegations/{allegation}", "retract")
    with database.read() as connection:
        assert list(find_disagreements(connection)) == []


def test_the_command_lists_them_and_says_so_by_its_exit(
    desk: Desk, database: Database, allegation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASE_TIMELINE_DATABASE_URL", database.url.render_as_string(hide_password=False))
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == 1
    assert f"is established (Differs), but {allegation} is disputed (It is so.)" in result.stdout

    desk.act(f"allegations/{allegation}", "retract")
    result = CliRunner().invoke(app, ["check"])
    assert (result.exit_code, result.stdout) == (0, "Everything agrees.\n")
