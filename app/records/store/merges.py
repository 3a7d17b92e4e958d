"""Which records were found to be others."""

from collections.abc import Collection

from sqlalchemy import (
    Connection,
    select,
    update,
)

from app.records.store.rows import add_ties
from app.records.tables import (
    Merge,
)
from app.records.vocabulary import Visibility


def family(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Return the ids, and those of the records that are merged into them now."""
    return families(connection, ids)[0]


def families(connection: Connection, ids: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the ids with those of the records merged into them now: all, and those the public knows of."""
    merged = connection.execute(
        select(Merge.id, Merge.visibility).where(Merge.survivor_id.in_(ids), Merge.last_seq.is_(None))
    ).all()
    shown = (row.id for row in merged if row.visibility == Visibility.PUBLIC.value)
    return frozenset(ids).union(row.id for row in merged), frozenset(ids).union(shown)


def survivor_of(connection: Connection, record_id: str) -> str:
    """Return what a merged record is called by now, by way of others or directly."""
    found: str = connection.execute(
        select(Merge.survivor_id).where(Merge.id == record_id, Merge.last_seq.is_(None))
    ).scalar_one()
    return found


def add_merge(
    connection: Connection, seq: int, record_id: str, survivor_id: str, *, visibility: Visibility
) -> None:
    """Note that a record is another one from `seq` on, and with it those that were merged into it before."""
    before = connection.execute(
        select(Merge.id, Merge.visibility).where(Merge.survivor_id == record_id, Merge.last_seq.is_(None))
    ).all()
    connection.execute(
        update(Merge).where(Merge.survivor_id == record_id, Merge.last_seq.is_(None)).values(last_seq=seq)
    )
    # Seen only by who saw every step.
    moved = [
        (row.id, row.visibility if visibility is Visibility.PUBLIC else visibility.value) for row in before
    ]
    add_ties(
        connection,
        Merge,
        (
            {"seq": seq, "id": merged_id, "survivor_id": survivor_id, "visibility": shown}
            for merged_id, shown in [(record_id, visibility.value), *moved]
        ),
    )
