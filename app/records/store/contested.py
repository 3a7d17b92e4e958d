"""The rows of allegations and obligations."""

from typing import TypeAlias

from app.core.db import Base
from app.core.edtf import UNDATED, parse_occurred
from app.core.text import sort_name
from app.records.documents import Document
from app.records.tables import Allegation, Obligation, ObligationTie, Position

# Tables, and the rows to be added to each, as they follow from one document.
TableRows: TypeAlias = list[tuple[type[Base], list[Document]]]


def allegation_rows(row: Document, document: Document) -> TableRows:
    """Return the rows of an allegation; `row` is what every record has."""
    allegation = {**row, "case_id": document["case"], "sort_name": sort_name(document["text"])}
    positions = []
    for number, position in enumerate(document["positions"]):
        text = position["occurred"]
        bounds = UNDATED if text is None else parse_occurred(text, document["timezone"]).bounds
        positions.append(
            {
                "seq": row["seq"],
                "number": number,
                "allegation_id": row["id"],
                "actor_id": position["actor"],
                "source_id": position["citation"]["source"] if position["citation"] else None,
                "event_id": position["event"],
                "stance": position["stance"],
                "position": bounds.position,
                "start_latest": bounds.start_latest,
            }
        )
    return [(Allegation, [allegation]), (Position, positions)]


def obligation_rows(row: Document, document: Document) -> TableRows:
    """Return the rows of an obligation; `row` is what every record has."""
    obligation = {**row, "order_id": document["order"], "bound_id": document["bound"]}
    ties = [
        {
            "seq": row["seq"],
            "part": part,
            "number": number,
            "obligation_id": row["id"],
            "event_id": one["event"],
            "actor_id": one.get("by"),
        }
        for part in ("terms", "responses", "findings")
        for number, one in enumerate(document[part])
    ]
    return [(Obligation, [obligation]), (ObligationTie, ties)]
