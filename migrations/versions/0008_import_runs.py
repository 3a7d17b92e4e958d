"""Import runs, and the index that finds a document which was recorded before."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from app.core.db import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT: Final = Moment()


def upgrade() -> None:
    op.create_table(
        "import_runs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("rows", INT, nullable=False),
        sa.Column("created", INT, nullable=False),
        sa.Column("updated", INT, nullable=False),
        sa.Column("unchanged", INT, nullable=False),
        sa.Column("refused", INT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
        sqlite_strict=True,
    )
    op.create_index("ix_revisions_digest", "revisions", ["digest"])


def downgrade() -> None:
    op.drop_index("ix_revisions_digest", "revisions")
    op.drop_table("import_runs")
