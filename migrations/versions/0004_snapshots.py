"""Snapshots of timelines."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from app.core.db import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT: Final = Moment()


def upgrade() -> None:
    op.create_table(
        "snapshots",
        sa.Column("id", KEY, nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("public_seq", INT, nullable=False),
        sa.Column("as_of", MOMENT, nullable=False),
        sa.Column("made_seq", INT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("snapshots")
