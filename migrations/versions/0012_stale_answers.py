"""Which ready answers do not hold any more."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stale_answers",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_stale_answers")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    # What is made again of these is right, what would be kept of them is not.
    op.execute("UPDATE events SET ready = NULL WHERE seq IN (SELECT seq FROM stale_answers)")
    op.drop_table("stale_answers")
