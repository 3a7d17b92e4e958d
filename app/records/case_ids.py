"""Finds cases that are named in something other than a record."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, or_, select

from app.core.errors import FieldProblem, InvalidRequestError
from app.records.tables import Record
from app.records.vocabulary import RecordType


def find_case_ids(connection: Connection, references: Sequence[str], *, pointer: str) -> tuple[str, ...]:
    """Return the ids of cases named by id, slug or `external_id`, retracted and hidden ones too.

    `pointer` is where in the request's body the list is.  Raises
    `InvalidRequestError` that names every one there is none of.
    """
    named = or_(*(column.in_(references) for column in (Record.id, Record.slug, Record.external_id)))
    rows = connection.execute(
        select(Record.id, Record.slug, Record.external_id).where(Record.type == RecordType.CASE.value, named)
    ).all()
    # An id wins over a slug, and a slug over another system's id, where one text is several.
    found = {
        **{row.external_id: row.id for row in rows},
        **{row.slug: row.id for row in rows},
        **{row.id: row.id for row in rows},
    }
    missing = tuple(
        FieldProblem("body", f"{pointer}/{place}", f"There is no case {reference!r}.")
        for place, reference in enumerate(references)
        if reference not in found
    )
    if missing:
        raise InvalidRequestError(missing)
    return tuple(found[reference] for reference in references)


def find_case_slugs(connection: Connection, case_ids: Collection[str]) -> dict[str, str]:
    """Return the slugs of cases by their ids."""
    rows = connection.execute(
        select(Record.id, Record.slug).where(
            Record.type == RecordType.CASE.value, Record.id.in_(case_ids), Record.slug.is_not(None)
        )
    )
    return {row.id: row.slug for row in rows}
