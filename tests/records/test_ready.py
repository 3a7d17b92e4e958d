"""The answers kept ready are, after any act, what would be assembled for the public now."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.example.load import load_example
from app.records.revisions import PUBLIC_NOW
from app.records.store import assemble_rows
from app.records.tables import Actor, Case, Event, Participation, Record, Relation, Revision, Source
from tests.support.editing import change, make_case, make_event, make_source, restore, withdraw


def check_ready(database: Database) -> int:
    """Compare every ready answer with a fresh one; return how many there are."""
    with database.read() as connection:
        kept = {
            row.seq: bytes(row.ready)
            for row in connection.execute(
                select(Event.seq, Event.ready).where(Event.last_seq.is_(None), Event.ready.is_not(None))
            )
        }
        rows = connection.execute(
            select(Revision, Record.visibility.label("now"))
            .join(Record, Record.id == Revision.record_id)
            .join(Event, Event.seq == Revision.seq)
            .where(Event.last_seq.is_(None), Event.ready.is_not(None))
        ).all()
        fresh = assemble_rows(connection, rows, PUBLIC_NOW)
    assert kept.keys() == fresh.keys()
    for seq, ready in kept.items():
        assert ready == fresh[seq], f"stale: {seq}"
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
    load_example(database)
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
