"""Pages of the list of webhooks, oldest first, and of a webhook's deliveries, newest first.

Neither has a history, so that a page has no `as_of`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.changes.tables import Delivery, Webhook
from app.changes.webhooks.store import DeliveryState, WebhookRow, read_webhook, webhooks
from app.core import stamps
from app.core.errors import InvalidCursorError
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.timeline.filters import PageQuestion

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """What became of one change that a webhook was to be told of."""

    id: str
    seq: int
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None
    last_status: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some of the rows of a list."""

    rows: list[Row]
    next: str | None
    previous: str | None
    total: int | None


def list_webhooks(connection: Connection, question: PageQuestion, *, path: str) -> Page[WebhookRow]:
    """Return a page of the webhooks; `path` is what its links start with."""
    rows, page = _read(
        connection, webhooks(), (Webhook.created_at, Webhook.id), question, path=path, is_descending=False
    )
    return Page([WebhookRow(**row._asdict()) for row in rows], *page)


def list_deliveries(
    connection: Connection, webhook_id: str, question: PageQuestion, *, path: str
) -> Page[DeliveryRow]:
    """Return a page of what a webhook was told; `RecordNotFoundError` when there is no such webhook."""
    read_webhook(connection, webhook_id)
    query = select(
        Delivery.id,
        Delivery.seq,
        Delivery.state,
        Delivery.attempts,
        Delivery.created_at,
        Delivery.next_attempt_at,
        Delivery.finished_at,
        Delivery.last_status,
        Delivery.last_error,
    ).where(Delivery.webhook_id == webhook_id)
    rows, page = _read(connection, query, (Delivery.seq,), question, path=path, is_descending=True)
    return Page([DeliveryRow(**{**row._asdict(), "state": DeliveryState(row.state)}) for row in rows], *page)


def _read(
    connection: Connection,
    query: Any,  # noqa: ANN401 - a SELECT of any columns
    key: tuple[InstrumentedAttribute[Any], ...],
    question: PageQuestion,
    *,
    path: str,
    is_descending: bool,
) -> tuple[list[Any], tuple[str | None, str | None, int | None]]:
    """Return the rows of a page, and its links and total."""
    fixed = fingerprint(path)
    cursor = None if question.after is None else decode_cursor(question.after, expected=fixed)
    is_backwards = cursor is not None and cursor.is_backwards
    descending = is_descending != is_backwards
    total = None
    if question.total is not None:
        total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    if cursor is not None:
        here, there = tuple_(*key), tuple_(*_position(cursor, len(key)))
        query = query.where(here < there if descending else here > there)
    order = [part.desc() if descending else part.asc() for part in key]
    # One more, which tells whether there are more.
    rows = list(connection.execute(query.order_by(*order).limit(question.limit + 1)))
    has_more = len(rows) > question.limit
    rows = rows[: question.limit]
    if is_backwards:
        rows.reverse()
    asked = [("limit", str(question.limit)), *([("total", "exact")] if question.total is not None else [])]

    def at(row: Any, *, is_backwards: bool) -> str:  # noqa: ANN401 - a row of the page
        values = [getattr(row, part.key) for part in key]
        own = tuple(value if isinstance(value, int | str) else stamps.to_micros(value) for value in values)
        return link(path, [*asked, ("after", encode_cursor(Cursor(fixed, 0, is_backwards, own)))])

    has_next = is_backwards or has_more
    has_previous = cursor is not None and (has_more or not is_backwards)
    return rows, (
        at(rows[-1], is_backwards=False) if rows and has_next else None,
        at(rows[0], is_backwards=True) if rows and has_previous else None,
        total,
    )


def _position(cursor: Cursor, length: int) -> tuple[ColumnElement[Any], ...]:
    # Anyone can make a cursor: what the columns could not be compared with is refused here.
    kinds = (int, str)[:length]
    if tuple(map(type, cursor.key)) != kinds or "\x00" in str(cursor.key[-1]):
        raise InvalidCursorError
    return tuple(literal(part) for part in cursor.key)
