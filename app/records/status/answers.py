"""Obligations as they are read with their status."""

from collections.abc import Mapping
from typing import Any

from app.records.documents import Document, Stub, assemble, read_occurred, read_revision
from app.records.revisions import View
from app.records.status.facts import Computed, due_now


def answer_of(
    row: Any,  # noqa: ANN401 - a row of the log, with the record's visibility now
    known: Document,
    computed: Computed,
    stubs: Mapping[str, Stub],
    view: View,
) -> Document:
    """Return an obligation as it had come to be, `known`, with how it stood."""
    return {
        **assemble(known, read_revision(row, view, row.now), stubs),
        "status": computed.current.status,
        "certain": computed.certain,
        "due_now": read_occurred(due_now(computed), known["timezone"]),
    }
