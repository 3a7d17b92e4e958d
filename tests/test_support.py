"""The fixtures keep what their names promise."""

import pytest
from sqlalchemy import make_url, text

from app.core.db import Database
from tests.support.needs import give_up


@pytest.mark.parametrize("_time", ["first", "second"])
def test_each_test_gets_a_migrated_database_of_its_own(database: Database, _time: str) -> None:
    database.check()

    # The second time would find the table of the first.
    with database.write() as connection:
        connection.execute(text("CREATE TABLE planted (id INTEGER PRIMARY KEY)"))


def test_one_kind_of_database_can_be_asked_for(sqlite_url: str, postgresql_url: str) -> None:
    assert make_url(sqlite_url).get_backend_name() == "sqlite"
    assert make_url(postgresql_url).get_backend_name() == "postgresql"


def test_what_a_machine_lacks_skips_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASE_TIMELINE_REQUIRE_TELESCOPE", raising=False)

    with pytest.raises(pytest.skip.Exception, match="No telescope"):
        give_up("CASE_TIMELINE_REQUIRE_TELESCOPE", "No telescope.")


def test_what_a_machine_lacks_fails_a_test_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASE_TIMELINE_REQUIRE_TELESCOPE", "1")

    with pytest.raises(pytest.fail.Exception, match="No telescope"):
        give_up("CASE_TIMELINE_REQUIRE_TELESCOPE", "No telescope.")
