"""Which revisions a redaction rewrote, and which records are others."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from app.core.db import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT: Final = Moment()


def upgrade() -> None:
    op.add_column("revisions", sa.Column("redacted_seq", INT, nullable=True))
    op.create_table(
        "merges",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("survivor_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name=op.f("fk_merges_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_merges_seq")),
        sa.ForeignKeyConstraint(["survivor_id"], ["records.id"], name=op.f("fk_merges_survivor_id")),
        sa.PrimaryKeyConstraint("seq", "id", name=op.f("pk_merges")),
        sqlite_strict=True,
    )
    op.create_index("ix_merges_id_seq", "merges", ["id", "seq", "last_seq"])
    op.create_index("ix_merges_survivor_id_seq", "merges", ["survivor_id", "seq", "last_seq"])


def downgrade() -> None:
    op.drop_table("merges")
    op.drop_column("revisions", "redacted_seq")
