"""Makes and changes records as an editor would, one transaction an act."""

from pydantic import JsonValue

from app.core.db import Database
from app.records.revisions import Appended, Log
from app.records.service import MODELS, amend, create, reinstate, retract
from app.records.vocabulary import ChangeKind, RecordType


def make_case(database: Database, slug: str = "a-case", **fields: JsonValue) -> str:
    """Make a case in UTC; return its id."""
    return _make(database, RecordType.CASE, {"slug": slug, "title": slug, **fields})


def make_actor(database: Database, slug: str, **fields: JsonValue) -> str:
    """Make a person; return its id."""
    return _make(database, RecordType.ACTOR, {"slug": slug, "name": slug, "kind": "person", **fields})


def make_source(database: Database, title: str, **fields: JsonValue) -> str:
    """Make an article; return its id."""
    return _make(database, RecordType.SOURCE, {"kind": "article", "title": title, **fields})


def make_event(database: Database, occurred: str | None, case: str = "a-case", **fields: JsonValue) -> str:
    """Make an event of one case, a statement unless `type` says otherwise; return its id."""
    return make_events(database, [occurred], case, **fields)[0]


def make_events(
    database: Database, dates: list[str | None], case: str = "a-case", **fields: JsonValue
) -> list[str]:
    """Make an event for each date in one transaction; return their ids."""
    with database.write() as connection:
        log = Log(connection, author="test")
        return [
            create(
                log,
                RecordType.EVENT,
                MODELS[RecordType.EVENT].validate_python(
                    {
                        "type": "statement",
                        "title": f"What happened on {date}",
                        "occurred": date,
                        "cases": [case],
                        **fields,
                    }
                ),
            )[0]
            for date in dates
        ]


def change(
    database: Database, record_id: str, kind: ChangeKind = ChangeKind.UPDATE, **patch: JsonValue
) -> Appended:
    """Patch a record."""
    with database.write() as connection:
        return amend(Log(connection, author="test"), record_id, patch, kind=kind, reason="A test.")


def withdraw(database: Database, record_id: str) -> Appended:
    """Retract a record."""
    with database.write() as connection:
        return retract(
            Log(connection, author="test"), record_id, kind=ChangeKind.RETRACTION, reason="A test."
        )


def restore(database: Database, record_id: str) -> Appended:
    """Reinstate a record."""
    with database.write() as connection:
        log = Log(connection, author="test")
        return reinstate(log, record_id, kind=ChangeKind.CORRECTION, reason="A test.")


def _make(database: Database, record_type: RecordType, row: dict[str, JsonValue]) -> str:
    with database.write() as connection:
        log = Log(connection, author="test")
        return create(log, record_type, MODELS[record_type].validate_python(row))[0]
