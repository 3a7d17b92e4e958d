"""The revisions of an event."""

from typing import Any

from sqlalchemy import Connection, select

from app.core import stamps
from app.core.errors import RecordNotFoundError
from app.records.documents import (
    Document,
    decode,
    encode,
)
from app.records.reading.single import find
from app.records.revisions import View
from app.records.store import assemble_rows
from app.records.tables import (
    Record,
    Revision,
)
from app.records.vocabulary import RecordType, Visibility


def list_revisions(connection: Connection, event_id: str, view: View, *, number: int | None = None) -> bytes:
    """Return the revisions of an event that the reader may see, first to last, or one of them.

    Retracted and merged events answer too.  Each shows the event as it was read then.
    """
    record = find(connection, RecordType.EVENT, event_id, view)
    query = (
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.record_id == record.id)
        .order_by(Revision.number)
    )
    if view.is_public:
        query = query.where(Revision.public_seq.is_not(None))
    if number is not None:
        query = query.where(Revision.number == number)
    rows = connection.execute(query).all()
    items = [_revision(connection, row, view) for row in rows]
    if not items:
        raise RecordNotFoundError("event" if number is None else "revision", event_id)
    return encode(items[0] if number is not None else {"items": items})


def _revision(connection: Connection, row: Any, view: View) -> Document:  # noqa: ANN401 - a row of the log
    shown: Document | None = None
    if row.document is not None and not (view.is_public and row.visibility == Visibility.RESTRICTED.value):
        then = View(view.audience, row.seq)
        shown = decode(assemble_rows(connection, [row], then)[row.seq])
    return {
        "revision": row.number,
        "seq": row.public_seq if view.is_public else row.seq,
        "at": stamps.moment_text(row.at),
        "operation": row.operation,
        "kind": row.kind,
        "reason": row.reason,
        "event": shown,
    }
