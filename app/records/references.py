"""Who is meant by an id or a slug: now, or at any change of the past."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, CompoundSelect, Select, select, union, union_all
from sqlalchemy.orm import aliased

from app.records.tables import Actor, Case, Merge, Record, Revision
from app.records.vocabulary import RecordType

_WITH_SLUG: Final = (RecordType.CASE.value, RecordType.ACTOR.value)


def called(
    references: Collection[str | ColumnElement[str]], seq: int | ColumnElement[int] | None
) -> CompoundSelect[str | None, str]:
    """Return the query for `(reference, id)` of the records that had those ids or slugs at `seq`.

    `None` is now.  A record that was retracted or merged keeps its slug.
    """
    if seq is None:
        # With the types that have one, as the index over slugs begins with the type.
        by_slug = [
            select(Record.slug.label("reference"), Record.id.label("id")).where(
                Record.type.in_(_WITH_SLUG), Record.slug.in_(references)
            )
        ]
        by_id = select(Record.id, Record.id).where(Record.id.in_(references))
    else:
        by_slug = [_slugs_at(table, references, seq) for table in (Case, Actor)]
        by_id = select(Revision.record_id, Revision.record_id).where(
            Revision.record_id.in_(references), Revision.number == 1, Revision.seq <= seq
        )
    return union_all(*by_slug, by_id)


def _slugs_at(
    table: type[Case] | type[Actor],
    references: Collection[str | ColumnElement[str]],
    seq: int | ColumnElement[int],
) -> Select[str | None, str]:
    later = aliased(table)
    was_renamed = (
        select(later.seq).where(later.id == table.id, later.seq > table.seq, later.seq <= seq).exists()
    )
    return select(table.slug.label("reference"), table.id.label("id")).where(
        table.slug.in_(references), table.seq <= seq, ~was_renamed
    )


def ever_called(references: Collection[str | ColumnElement[str]]) -> CompoundSelect[str]:
    """Return the query for the ids of the records that ever had those ids or slugs, and their survivors."""
    ids = union(
        *(select(table.id.label("id")).where(table.slug.in_(references)) for table in (Case, Actor)),
        select(Record.id).where(Record.id.in_(references)),
    ).cte("ever_called")
    return union(select(ids.c.id), select(Merge.survivor_id).where(Merge.id.in_(select(ids.c.id))))
