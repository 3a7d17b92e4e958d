"""Records as other records name them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from app.records.documents.shapes import Stub, decode
from app.records.revisions import View, as_of, nameable
from app.records.tables import Record, Revision
from app.records.vocabulary import RecordType


def load_stubs(connection: Connection, ids: Iterable[str], view: View) -> dict[str, Stub]:
    """Return the stubs of the records the reader may see, by the id they were asked for.

    A merged record answers with the record that survives it.
    """
    stubs: dict[str, Stub] = {}
    # What is still to be looked up: the id to look up, and the ids that led to it.
    wanted = {record_id: {record_id} for record_id in ids}
    while wanted:
        survivors: dict[str, set[str]] = {}
        for row in _stub_rows(connection, wanted.keys(), view):
            askers = wanted[row.record_id]
            if row.merged_into is not None:
                survivors.setdefault(row.merged_into, set()).update(askers)
                continue
            document = decode(row.document) if row.document else None
            stub = Stub(row.record_id, RecordType(row.record_type), document)
            stubs.update(dict.fromkeys(askers, stub))
        wanted = survivors
    return stubs


def _stub_rows(connection: Connection, ids: Iterable[str], view: View) -> Iterable[Any]:
    query = (
        select(Revision.record_id, Revision.record_type, Revision.document, Revision.merged_into)
        .join(Record, Record.id == Revision.record_id)
        .where(
            Revision.record_id.in_(list(ids)),
            *as_of(Revision, view.seq),
            *nameable(Revision, Record, view),
        )
    )
    return connection.execute(query)
