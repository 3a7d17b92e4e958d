"""The check of a whole database sees what it lacks and what it has too much of."""

from collections.abc import Callable
from typing import Final

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from app.access.keys import Scope
from app.access.tables import ApiKey, KeptAnswer
from app.core import stamps
from app.core.db import Database
from app.records import store
from app.records.documents import decode
from app.records.tables import (
    CaseChange,
    Citation,
    Event,
    EventCase,
    Participation,
    Record,
    Revision,
)
from app.records.vocabulary import RecordType
from tests.support.editing import change, make_actor, make_case, make_event, make_source, restore, withdraw
from tests.support.keys import make_key
from tests.support.whole import faults_of


def forget_words(connection: Connection) -> None:
    document = connection.execute(select(Revision.document).where(Revision.seq == 4)).scalar_one()
    store.remove_words(connection, RecordType.EVENT, 4, decode(document or b""))


def keep_an_answer(connection: Connection) -> None:
    key_id = connection.execute(select(ApiKey.id)).scalar_one()
    kept = {"request": "a", "digest": "b", "at": stamps.utc_now(), "status": 200}
    body = b'{"id": "evt_1", "revision": 1}'
    connection.execute(
        insert(KeptAnswer).values(api_key_id=key_id, headers='{"Change-Seq": "99"}', body=body, **kept)
    )


# Each damage, and what is said of it.
DAMAGES: Final[dict[str, Callable[[Connection], object]]] = {
    "participations: lacks": lambda connection: connection.execute(delete(Participation)),
    "citations: has": lambda connection: connection.execute(
        update(Citation).values(source_id=Citation.event_id)
    ),
    "event_cases: has": lambda connection: connection.execute(update(EventCase).values(last_seq=None)),
    "events: lacks": lambda connection: connection.execute(update(Event).values(sequence=7)),
    "its ready answer is stale": lambda connection: connection.execute(update(Event).values(ready=b"{}")),
    "is not indexed by its words": forget_words,
    "revision is 7, by the log": lambda connection: connection.execute(update(Record).values(revision=7)),
    "slug is 'another', by the log": lambda connection: connection.execute(
        update(Record).where(Record.type == "actor").values(slug="another")
    ),
    "change 5: is not noted with": lambda connection: connection.execute(
        delete(CaseChange).where(CaseChange.seq == 5)
    ),
    "a revision does not hold until": lambda connection: connection.execute(
        update(Revision).values(last_seq=None)
    ),
    "log: public_seq is not 1..n": lambda connection: connection.execute(
        update(Revision).where(Revision.seq == 5).values(public_seq=99)
    ),
    "chain for public: ": lambda connection: connection.execute(
        update(Revision).where(Revision.seq == 5).values(digest="none")
    ),
    "kept answer: tells of revision 1 of evt_1": keep_an_answer,
}


def write_some(database: Database) -> None:
    make_case(database)
    actor, source = make_actor(database, "an-actor"), make_source(database, "A report")
    event = make_event(
        database,
        "2025-04-10",
        actors=[{"actor": actor, "role": "speaker"}],
        citations=[{"source": source, "quote": "Their words"}],
    )
    change(database, actor, name="Another name")
    withdraw(database, event)
    restore(database, event)
    make_key(database, Scope.WRITE)


def test_a_database_that_was_written_to_is_whole(database: Database) -> None:
    write_some(database)

    assert faults_of(database) == []


@pytest.mark.parametrize("said", DAMAGES)
def test_damage_is_seen(database: Database, said: str) -> None:
    write_some(database)
    with database.write() as connection:
        DAMAGES[said](connection)

    assert [fault for fault in faults_of(database) if said in fault] != []
