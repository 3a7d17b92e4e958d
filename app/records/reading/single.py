"""Reads one record, or says where it went."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, literal, select
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import FieldProblem, InvalidRequestError, RecordNotFoundError, RetractedError
from app.core.http import etag_of
from app.records.documents import (
    encode,
)
from app.records.reading.cases import whole_case
from app.records.references import called
from app.records.revisions import SEEN_ALONE, View, as_of, in_sight, nameable, visible, withdrawn_in_sight
from app.records.store import assemble_rows
from app.records.tables import (
    Installation,
    Merge,
    Record,
    Revision,
)
from app.records.vocabulary import RecordType, Visibility


@dataclass(frozen=True, slots=True)
class Found:
    """A record that was found, or where it went."""

    etag: str
    body: bytes
    moved_to: str | None = None


def pinned(connection: Connection, audience: Audience, moment: Any) -> View:  # noqa: ANN401 - a moment or None
    """Return the view of a reader at a moment; `None` is now."""
    if moment is None:
        return View(audience)
    if moment > stamps.utc_now():
        raise InvalidRequestError((FieldProblem("query", "as_of", "That moment has not come yet."),))
    seq = connection.execute(select(func.max(Revision.seq)).where(Revision.at <= moment)).scalar_one()
    return View(audience, seq or 0)


def read_record(connection: Connection, record_type: RecordType, reference: str, view: View) -> Found:
    """Return a record by id or slug.

    Raises `RecordNotFoundError`, also for a record the reader may not know of,
    and `RetractedError`.
    """
    record = find(connection, record_type, reference, view)
    row = connection.execute(
        select(*Revision.__table__.columns, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.record_id == record.id, *as_of(Revision, view.seq))
    ).one_or_none()
    if row is None:
        raise RecordNotFoundError(record_type.value, reference)
    _refuse_hidden_tombstone(connection, row, view, reference)
    etag = _etag(connection, row, view)
    if row.merged_into is not None:
        return Found(etag, b"", _survivor(connection, record.id, view, reference))
    if row.document is None:
        is_told = not view.is_public or {row.visibility, row.now} == {Visibility.PUBLIC.value}
        raise RetractedError(record.id, (is_told and row.reason) or "", etag)
    _refuse_hidden(connection, row, view, reference)
    if record_type is RecordType.CASE:
        body = encode(whole_case(connection, row, view))
    else:
        body = assemble_rows(connection, [row], view)[row.seq]
    return Found(etag, body)


def _survivor(connection: Connection, record_id: str, view: View, reference: str) -> str:
    """Return what a merged record is called by; `RecordNotFoundError` where the reader may not know."""
    revision, record = aliased(Revision), aliased(Record)
    found = connection.execute(
        select(Merge.survivor_id)
        .join(revision, revision.record_id == Merge.survivor_id)
        .join(record, record.id == Merge.survivor_id)
        .where(
            Merge.id == record_id,
            *as_of(Merge, view.seq),
            *visible(Merge, view),
            *as_of(revision, view.seq),
            *nameable(revision, record, view),
        )
    ).scalar_one_or_none()
    if found is None:
        raise RecordNotFoundError(record_id.partition("_")[0], reference)
    return found


def find_record(connection: Connection, record_type: RecordType, reference: str) -> str:
    """Return the id of a record by id or slug, whatever became of it; `RecordNotFoundError` without one."""
    record_id: str = find(connection, record_type, reference, View(Audience.KEYS)).id
    return record_id


def find(connection: Connection, record_type: RecordType, reference: str, view: View) -> Any:  # noqa: ANN401 - a row
    """Return the row `(id, visibility)` of a record by id or slug; `RecordNotFoundError` without one."""
    meant = called([reference], view.seq).subquery()
    row = connection.execute(
        select(Record.id, Record.visibility)
        .join(meant, meant.c.id == Record.id)
        .where(Record.type == record_type.value)
    ).first()
    if row is None or (view.is_public and row.visibility == Visibility.RESTRICTED.value):
        raise RecordNotFoundError(record_type.value, reference)
    if view.is_public and row.visibility == Visibility.EXISTENCE_ONLY.value and row.id != reference:
        # A slug is part of what is not shown.
        raise RecordNotFoundError(record_type.value, reference)
    return row


def _refuse_hidden_tombstone(connection: Connection, row: Any, view: View, reference: str) -> None:  # noqa: ANN401 - a row
    if not view.is_public or row.record_type in SEEN_ALONE or row.document is not None:
        return
    tombstone = aliased(Revision)
    seen = select(tombstone.seq).where(tombstone.seq == row.seq, withdrawn_in_sight(tombstone))
    if connection.execute(seen).first() is None:
        raise RecordNotFoundError(row.record_type, reference)


def _refuse_hidden(connection: Connection, row: Any, view: View, reference: str) -> None:  # noqa: ANN401 - a row
    if not view.is_public:
        return
    is_hidden = row.visibility == Visibility.RESTRICTED.value
    if row.record_type not in SEEN_ALONE and not is_hidden:
        revision = aliased(Revision)
        seen = select(revision.seq).where(revision.seq == row.seq, in_sight(revision.seq, view))
        is_hidden = connection.execute(seen).first() is None
    if is_hidden:
        raise RecordNotFoundError(row.record_type, reference)


def _etag(connection: Connection, row: Any, view: View) -> str:  # noqa: ANN401 - a row of the log
    """Return a record's tag: it changes with whatever the answer is assembled from."""
    number = Revision.public_seq if view.is_public else Revision.seq
    newest = select(func.max(number))
    if view.seq is not None:
        newest = newest.where(Revision.seq <= view.seq)
    seq, rewritten, epoch = connection.execute(
        select(
            newest.scalar_subquery(),
            select(func.max(number)).where(Revision.alters_past == literal(1)).scalar_subquery(),
            Installation.epoch,
        ).where(Installation.id == 1)
    ).one()
    return etag_of(
        epoch, view.audience, str(seq or 0), str(rewritten or 0), row.record_id, revision=row.number
    )
