"""Loads the example case; what is there already stays as it is."""

import hashlib
from collections.abc import Callable, Iterator

from sqlalchemy import or_, select

from app.core import stamps
from app.core.db import Database
from app.example import JsonObject, load_documents
from app.records.revisions import Log
from app.records.service import MODELS, create
from app.records.tables import Record
from app.records.vocabulary import RecordType


def load_example(
    database: Database, *, advance: Callable[[int, int], None] = lambda _done, _all: None
) -> int:
    """Load the example case in one transaction; return how many records were made.

    `advance` is told how many records were looked at, of how many.
    """
    rows = list(_in_order())
    made = 0
    with database.write() as connection:
        log = Log(connection, author="example")
        for done, (record_type, row) in enumerate(rows, start=1):
            names = [name for name in (row.get("external_id"), row.get("slug")) if name]
            held = connection.execute(
                select(Record.id).where(
                    Record.type == record_type.value,
                    or_(Record.external_id.in_(names), Record.slug.in_(names)),
                )
            ).first()
            if held is None:
                written = MODELS[record_type].validate_python(row)
                create(log, record_type, written, record_id=id_of(record_type, str(names[0])))
                made += 1
            advance(done, len(rows))
    return made


def id_of(record_type: RecordType, name: str) -> str:
    """Return the id of a record of the example, the same in every installation.

    So the documentation can name one, and *Execute* on the docs page finds it.
    """
    digest = hashlib.sha256(name.encode()).digest()
    return f"{record_type.prefix}_" + "".join(
        stamps.ALPHABET[byte % 32] for byte in digest[: stamps.ID_LENGTH]
    )


def _in_order() -> Iterator[tuple[RecordType, JsonObject]]:
    for document in load_documents():
        yield from ((RecordType.ACTOR, actor) for actor in document.actors)
        yield from ((RecordType.SOURCE, source) for source in document.sources)
        yield RecordType.CASE, document.case
        yield from ((RecordType.EVENT, event) for event in document.events)
        yield from ((RecordType.ALLEGATION, allegation) for allegation in document.allegations)
        yield from ((RecordType.OBLIGATION, obligation) for obligation in document.obligations)
