"""Records as other records name them."""

from collections.abc import Iterable
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Select, bindparam, select

from app.access.audience import Audience
from app.core.db import int64
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
    values: dict[str, Any] = {"ids": list(ids)}
    if view.seq is not None:
        values["as_of_seq"] = view.seq
    return connection.execute(stub_query(view.audience, is_now=view.seq is None), values)


@cache
def stub_query(audience: Audience, *, is_now: bool) -> Select[*tuple[Any, ...]]:
    """Return the query for the stubs of the records `ids`, now or at `as_of_seq`.

    Made once a process: making it took longer than all else that a write does.
    """
    view = View(audience, None if is_now else cast("int", bindparam("as_of_seq", type_=int64())))
    return (
        select(Revision.record_id, Revision.record_type, Revision.document, Revision.merged_into)
        .join(Record, Record.id == Revision.record_id)
        .where(
            Revision.record_id.in_(bindparam("ids", expanding=True)),
            *as_of(Revision, view.seq),
            *nameable(Revision, Record, view),
        )
    )
