"""Copies a whole database into an empty one of either kind, history and all.

Rows go over as they are, whatever table they are in; only the full-text index,
whose form differs by kind, is made anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, bindparam, column, delete, func, inspect, select, table, text

from app.core.db import Base, Database, migrate
from app.records.revisions import GENESIS
from app.records.store.words import count_indexed, index_every_revision
from app.records.tables import Installation, Revision

BATCH: Final = 1_000

# Takes how many rows are done, and of how many.
Advance: TypeAlias = Callable[[int, int], None]


class TargetNotEmptyError(ValueError):
    """The database to copy to holds something already."""

    def __init__(self, found: str) -> None:
        super().__init__(f"The database to copy to must be empty, and has {found}.")


class CopyDiffersError(ValueError):
    """What arrived is not what was sent."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Nothing was copied: {what} would have differed in the copy.")


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied, as read back from the copy."""

    rows: int
    changes: int
    # The hash of the last change, which stands for all before it.
    hash: str
    epoch: str


def copy_database(source: Database, target: Database, *, advance: Advance) -> Copied:
    """Copy everything, as it is at one moment, into an empty database, which is migrated if need be.

    The copy has the epoch and the numbers of its source, so that whoever followed
    one goes on with the other.  All of it is one transaction: raises
    `TargetNotEmptyError`, or whatever goes wrong, and leaves no half copy.
    """
    source.check()
    _prepare(target)
    with source.read() as read, target.write() as write:
        _refuse_unless_empty(write)
        tables = {one: _count(read, one) for one in Base.metadata.sorted_tables}
        indexed = count_indexed(read)
        done, total = 0, sum(tables.values()) + indexed
        write.execute(delete(Installation))
        for one in tables:
            for copied in _copy_rows(read, write, one):
                done += copied
                advance(done, total)
        for added in index_every_revision(write):
            done += added
            advance(done, total)
        for one, rows in tables.items():
            if _count(write, one) != rows:
                raise CopyDiffersError(f"the number of rows in `{one.name}`")
        last, sent = _last_change(write), _last_change(read)
        if last != sent:
            raise CopyDiffersError("the last change")
        epoch = write.execute(select(Installation.epoch)).scalar_one()
        if write.dialect.name == "postgresql":
            # Else its first answers are planned without knowing how much there is.
            write.execute(text("ANALYZE"))
    return Copied(rows=sum(tables.values()), changes=last[0], hash=last[1], epoch=epoch)


def _prepare(target: Database) -> None:
    """Migrate the target if there is nothing in it at all; else it must have this release's schema."""
    with target.read() as connection:
        is_known = MigrationContext.configure(connection).get_current_revision() is not None
        found = inspect(connection).get_table_names()
    if not is_known and found:
        raise TargetNotEmptyError(f"the table `{found[0]}`")
    if not is_known:
        migrate(target.url.render_as_string(hide_password=False))
    target.check()


def _refuse_unless_empty(connection: Connection) -> None:
    for one in Base.metadata.sorted_tables:
        # A migration makes the one row of the installation.
        if one is not Installation.__table__ and connection.execute(select(one.c[0]).limit(1)).first():
            raise TargetNotEmptyError(f"rows in `{one.name}`")


def _count(connection: Connection, one: Table) -> int:
    return connection.execute(select(func.count()).select_from(one)).scalar_one()


def _last_change(connection: Connection) -> tuple[int, str]:
    last = select(Revision.seq, Revision.hash).order_by(Revision.seq.desc()).limit(1)
    found = connection.execute(last).one_or_none()
    return (found.seq, found.hash) if found else (0, GENESIS)


def _copy_rows(read: Connection, write: Connection, one: Table) -> Iterator[int]:
    """Copy a table; yield how many rows of it were, batch by batch."""
    # Without the types of the columns: values go over as they are stored, the same on both kinds.
    plain = table(one.name, *(column(own.name) for own in one.columns))
    key = next(iter(one.primary_key.columns)).name
    # What refers to the table itself may come before what it refers to.
    late: dict[str, list[dict[str, Any]]] = {
        own.name: []
        for own in one.columns
        if any(foreign.column.table is one for foreign in own.foreign_keys)
    }
    found = read.execute(select(plain), execution_options={"yield_per": BATCH}).mappings()
    for batch in found.partitions():
        rows = [dict(row) for row in batch]
        for name, references in late.items():
            references += [{"of": row[key], "to": row[name]} for row in rows if row[name] is not None]
            rows = [{**row, name: None} for row in rows]
        write.execute(plain.insert(), rows)
        yield len(rows)
    for name, references in late.items():
        if references:
            statement = plain.update().where(plain.c[key] == bindparam("of")).values({name: bindparam("to")})
            write.execute(statement, references)
