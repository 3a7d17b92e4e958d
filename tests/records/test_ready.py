"""The answers kept ready are, after any act, what would be assembled for the public now."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.config import Settings
from app.core.db import Database
from app.main import create_app
from app.records import keeping
from app.records.documents import decode
from app.records.revisions import PUBLIC_NOW, Log
from app.records.service.redaction import redact
from app.records.store import assemble_rows, has_stale, ready, ready_answer
from app.records.tables import (
    Actor,
    Case,
    Event,
    EventCase,
    Participation,
    Record,
    Relation,
    Revision,
    Source,
)
from app.records.vocabulary import ChangeKind
from tests.support.editing import change, make_case, make_event, make_source, restore, withdraw
from tests.support.example import copy_example


def check_ready(database: Database) -> int:
    """Compare every ready answer with a fresh one; return how many there are."""
    with database.read() as connection:
        found = connection.execute(
            select(Revision, Record.visibility.label("now"), ready_answer())
            .join(Record, Record.id == Revision.record_id)
            .join(Event, Event.seq == Revision.seq)
            .where(Event.last_seq.is_(None))
        ).all()
        rows = [row for row in found if row.ready is not None]
        kept = {row.seq: bytes(row.ready) for row in rows}
        fresh = assemble_rows(connection, rows, PUBLIC_NOW)
    assert kept.keys() == fresh.keys()
    for seq, answer in kept.items():
        assert answer == fresh[seq], f"stale: {seq}"
    return len(kept)


def find_actor(database: Database) -> str:
    """Return the actor that most events name."""
    with database.read() as connection:
        return connection.execute(
            select(Participation.actor_id)
            .join(Actor, Actor.id == Participation.actor_id)
            .group_by(Participation.actor_id)
            .order_by(func.count().desc(), Participation.actor_id)
            .limit(1)
        ).scalar_one()


def find_source(database: Database) -> str:
    with database.read() as connection:
        return connection.execute(select(Source.id).order_by(Source.seq).limit(1)).scalar_one()


def events_of(database: Database, case_id: str) -> int:
    """Return how many events a case has."""
    with database.read() as connection:
        return connection.execute(
            select(func.count()).where(EventCase.case_id == case_id, EventCase.last_seq.is_(None))
        ).scalar_one()


def find_target(database: Database) -> str:
    """Return an event that others relate to."""
    with database.read() as connection:
        return connection.execute(
            select(Relation.target_id)
            .group_by(Relation.target_id)
            .order_by(func.count().desc(), Relation.target_id)
            .limit(1)
        ).scalar_one()


def find_case(database: Database) -> str:
    with database.read() as connection:
        return connection.execute(select(Case.id).order_by(Case.seq).limit(1)).scalar_one()


@pytest.fixture
def example(database: Database) -> Database:
    copy_example(database)
    return database


def test_every_event_of_the_example_is_ready(example: Database) -> None:
    with example.read() as connection:
        events = connection.execute(select(func.count()).select_from(Event)).scalar_one()
    assert check_ready(example) == events > 0


def test_a_renamed_actor_is_renamed_in_them(example: Database) -> None:
    change(example, find_actor(example), name="Somebody Else")
    assert check_ready(example) > 0


def test_a_retitled_source_is_retitled_in_them(example: Database) -> None:
    change(example, find_source(example), title="Another title")
    assert check_ready(example) > 0


def test_a_retracted_event_is_out_of_them_and_back_when_reinstated(example: Database) -> None:
    target = find_target(example)
    before = check_ready(example)
    withdraw(example, target)
    assert 0 < check_ready(example) < before
    restore(example, target)
    assert check_ready(example) > 0


@pytest.mark.parametrize("find", [find_actor, find_source, find_target, find_case])
def test_a_hidden_record_is_out_of_them_and_back_when_shown(
    example: Database, find: Callable[[Database], str]
) -> None:
    record = find(example)
    change(example, record, visibility="restricted")
    check_ready(example)
    change(example, record, visibility="public")
    check_ready(example)


@pytest.mark.parametrize("find", [find_actor, find_source, find_case])
def test_a_retracted_record_is_out_of_them_and_back_when_reinstated(
    example: Database, find: Callable[[Database], str]
) -> None:
    record = find(example)
    withdraw(example, record)
    check_ready(example)
    restore(example, record)
    check_ready(example)


def test_they_hold_through_one_act_after_another(example: Database) -> None:
    actor, source, target, case = (
        find(example) for find in (find_actor, find_source, find_target, find_case)
    )
    acts: list[Callable[[], object]] = [
        lambda: change(example, actor, name="Somebody Else"),
        lambda: change(example, source, title="Another title"),
        lambda: withdraw(example, target),
        lambda: restore(example, target),
        lambda: change(example, actor, visibility="restricted"),
        lambda: change(example, case, visibility="restricted"),
        lambda: change(example, actor, name="A third name"),
        lambda: change(example, case, visibility="public"),
        lambda: change(example, actor, visibility="public"),
    ]
    for act in acts:
        act()
        check_ready(example)


def test_an_event_of_another_case_loses_what_it_relates_to_when_that_case_is_hidden(
    database: Database,
) -> None:
    hidden = make_case(database, "hidden")
    make_case(database, "shown")
    source = make_source(database, "An article")
    target = make_event(database, "2025-03-15", "hidden")
    make_event(
        database,
        "2025-03-16",
        "shown",
        relations=[{"type": "follows_from", "event": target}],
        citations=[{"source": source}],
    )
    assert check_ready(database) == 2
    change(database, hidden, visibility="restricted")
    check_ready(database)
    change(database, hidden, title="Still hidden")
    check_ready(database)
    change(database, hidden, visibility="public")
    check_ready(database)


def test_an_event_that_moves_out_of_sight_leaves_those_that_relate_to_it(database: Database) -> None:
    make_case(database, "hidden", visibility="restricted")
    make_case(database, "shown")
    target = make_event(database, "2025-03-15", "shown")
    make_event(database, "2025-03-16", "shown", relations=[{"type": "follows_from", "event": target}])
    change(database, target, cases=["hidden"])
    check_ready(database)
    change(database, target, cases=["hidden", "shown"])
    check_ready(database)


def test_stale_answers_are_made_again_some_at_a_time(
    example: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = check_ready(example)
    monkeypatch.setattr(ready, "REFRESHED_AT_ONCE", 1)
    monkeypatch.setattr(keeping, "AT_ONCE", 3)
    case = find_case(example)
    change(example, case, title="Another title")
    assert check_ready(example) == every - events_of(example, case) + 1

    # One of them is superseded while it is stale.
    change(example, find_target(example), title="Another event")
    made = []
    while lot := keeping.refresh_some(example):
        made.append(lot)
        check_ready(example)
    assert len(made) > 2
    assert set(made[:-1]) == {3}
    assert check_ready(example) == every
    with example.read() as connection:
        assert not has_stale(connection)


def test_a_server_makes_stale_answers_again_by_itself(
    example: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "REFRESHED_AT_ONCE", 1)
    monkeypatch.setattr(keeping, "IDLE_S", 0.05)
    every = check_ready(example)
    with TestClient(create_app(Settings(database_url=database_url), keeps_ready=True)):
        change(example, find_case(example), title="Another title")
        until = time.monotonic() + 20
        while check_ready(example) < every and time.monotonic() < until:
            time.sleep(0.05)
    assert check_ready(example) == every


def test_what_is_redacted_is_in_no_stale_answer(example: Database) -> None:
    actor = find_actor(example)
    with example.read() as connection:
        current = select(Revision.document).where(Revision.record_id == actor, Revision.last_seq.is_(None))
        name = decode(connection.execute(current).scalar_one() or b"")["name"]
    change(example, actor, name="Somebody Else")
    with example.write() as connection:
        log = Log(connection, author="test")
        redact(log, actor, "A person", also=[], kind=ChangeKind.CORRECTION, reason="A test.")
    with example.read() as connection:
        kept = connection.execute(select(Event.ready).where(Event.ready.is_not(None))).scalars()
        held = [bytes(answer or b"") for answer in kept]
    assert held
    assert not any(word.encode() in answer for answer in held for word in (name, "Somebody Else"))
