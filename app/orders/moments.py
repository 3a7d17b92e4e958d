"""The two moments of a question besides `as_of`: what had happened, and what had been published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from app.core import stamps
from app.core.edtf import EdtfError, parse_window
from app.core.errors import FieldProblem, InvalidRequestError
from app.records.documents import load_stubs
from app.records.revisions import View, as_of, in_visible_case, visible
from app.records.status.facts import Dates
from app.records.status.periods import load_dates
from app.records.tables import Citation, Event, Source
from app.timeline.query import source_shown


@dataclass(frozen=True, slots=True)
class Moments:
    """What an answer about orders stands at; `reported_before` is the first moment that is too late."""

    view: View
    # Seconds since 1970.
    at: int
    reported_before: int | None = None


def settle_at(text: str | None, as_of: datetime | None, timezone: str) -> int:
    """Return the moment of `at` in seconds since 1970; `InvalidRequestError` where it is none.

    Of a date it is the first moment.  Without it, it is that of `as_of`, or else the
    present minute, so that an answer can be held for as long.
    """
    if text is None:
        moment = as_of or stamps.utc_now().replace(second=0)
        return stamps.to_micros(moment) // 1_000_000
    try:
        start = parse_window(text, None, timezone).start
    except EdtfError as error:
        raise InvalidRequestError((FieldProblem("query", "at", str(error)),)) from None
    if start is None:
        raise InvalidRequestError((FieldProblem("query", "at", "That has no first moment."),))
    return start


def settle_reported(text: str | None) -> int | None:
    """Return the first moment after `reported_until`; `None` where it asks nothing."""
    if text is None:
        return None
    try:
        # Days of publication have no time zone: they are compared as days.
        return parse_window(None, text, "UTC").end
    except EdtfError as error:
        raise InvalidRequestError((FieldProblem("query", "reported_until", str(error)),)) from None


def known_dates(connection: Connection, ids: set[str], moments: Moments) -> Dates:
    """Return the dates of the events that count: those the reader sees, and that had been reported."""
    dates = load_dates(connection, ids, moments.view)
    if moments.reported_before is None:
        return dates
    stubs = load_stubs(connection, dates, moments.view)
    reported = set(
        connection.execute(
            select(Event.id).where(
                Event.id.in_({stub.id for stub in stubs.values()}),
                *as_of(Event, moments.view.seq),
                *visible(Event, moments.view),
                in_visible_case(Event.seq, moments.view),
                reported_condition(moments),
            )
        ).scalars()
    )
    return {asked: bounds for asked, bounds in dates.items() if stubs[asked].id in reported}


def reported_condition(moments: Moments) -> Any:  # noqa: ANN401 - a condition
    """Return the condition that a source that the reader sees had reported the event by then."""
    return (
        select(Citation.seq)
        .where(
            Citation.seq == Event.seq,
            source_shown(moments.view, Source.published_earliest < moments.reported_before),
        )
        .exists()
    )
