"""Allegations with their positions, and obligations with what they name."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PERIOD = ("seq", "last_seq")


def upgrade() -> None:
    _create(
        "allegations",
        _record("id"),
        sa.Column("visibility", sa.Text(), nullable=False),
        _record("case_id"),
        sa.Column("sort_name", KEY, nullable=False),
        indexes={"id_seq": ("id",), "case_id": ("case_id", "sort_name", "id")},
    )
    _create(
        "positions",
        sa.Column("number", INT, autoincrement=False, nullable=False),
        _record("allegation_id"),
        _record("actor_id"),
        _record("source_id", nullable=True),
        _record("event_id", nullable=True),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("start_latest", INT, nullable=False),
        key=("seq", "number"),
        indexes={
            "order": ("actor_id", "position", "start_latest", "allegation_id", "number"),
            "source_id": ("source_id",),
            "event_id": ("event_id",),
        },
    )
    _create(
        "event_allegations",
        _record("event_id"),
        _record("allegation_id"),
        indexes={"allegation_id": ("allegation_id",)},
    )
    _create(
        "obligations",
        _record("id"),
        sa.Column("visibility", sa.Text(), nullable=False),
        _record("order_id"),
        _record("bound_id"),
        indexes={"id_seq": ("id",), "order_id": ("order_id", "id"), "bound_id": ("bound_id", "id")},
    )
    _create(
        "obligation_ties",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("number", INT, autoincrement=False, nullable=False),
        _record("obligation_id"),
        _record("event_id", nullable=True),
        _record("actor_id", nullable=True),
        key=("seq", "part", "number"),
        indexes={"event_id": ("event_id",), "actor_id": ("actor_id",)},
    )


def downgrade() -> None:
    for table in ("obligation_ties", "obligations", "event_allegations", "positions", "allegations"):
        op.drop_table(table)


def _record(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, KEY, nullable=nullable)


def _create(
    table: str,
    *columns: sa.Column[Any],
    indexes: dict[str, tuple[str, ...]],
    key: tuple[str, ...] = ("seq",),
) -> None:
    named = [column.name for column in columns if column.name == "id" or column.name.endswith("_id")]
    op.create_table(
        table,
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        *columns,
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f(f"fk_{table}_seq")),
        *(sa.ForeignKeyConstraint([name], ["records.id"], name=op.f(f"fk_{table}_{name}")) for name in named),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        sqlite_strict=True,
    )
    for name, indexed in indexes.items():
        op.create_index(f"ix_{table}_{name}", table, [*indexed, *PERIOD])
