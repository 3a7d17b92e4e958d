"""Obligations as they are read, with how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.orders.moments import Moments, known_dates
from app.records.documents import Document, decode, load_stubs, named_in
from app.records.status.answers import answer_of
from app.records.status.facts import Computed, Dates, compute_status, happened_by
from app.records.status.periods import events_in
from app.records.vocabulary import RecordType


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation as it had come to be, and how it stood."""

    # The row of the log, with the record's visibility now.
    row: Any
    document: Document
    computed: Computed


def judge(connection: Connection, rows: Sequence[Any], moments: Moments) -> list[Duty]:
    """Return the obligations of rows of the log, as they stood; without those that did not exist yet."""
    documents = [decode(row.document) for row in rows]
    dates = known_dates(connection, set().union(*map(events_in, documents)), moments)
    found = []
    for row, document in zip(rows, documents, strict=True):
        known = _reported(happened_by(document, dates, moments.at), dates, moments)
        computed = compute_status(known, dates, moments.at)
        if computed is not None:
            found.append(Duty(row, known, computed))
    return found


def _reported(document: Document, dates: Dates, moments: Moments) -> Document:
    """Leave out what no event tells of, and so no source, where it is asked what had been published."""
    if moments.reported_before is None:
        return document
    return {**document, "terms": [term for term in document["terms"] if term["event"] in dates]}


def render(connection: Connection, duties: Sequence[Duty], moments: Moments) -> list[Document]:
    """Return obligations as they are read, each with its status."""
    named = set().union(*(named_in(duty.document, RecordType.OBLIGATION) for duty in duties))
    stubs = load_stubs(connection, named, moments.view) if named else {}
    return [answer_of(duty.row, duty.document, duty.computed, stubs, moments.view) for duty in duties]
