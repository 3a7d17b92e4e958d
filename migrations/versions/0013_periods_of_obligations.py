"""How each obligation reads at every moment."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TABLE = "obligation_periods"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("obligation_id", KEY, nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("since", INT, autoincrement=False, nullable=False),
        sa.Column("until", INT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due", INT, nullable=False),
        sa.Column("ready", sa.LargeBinary(), nullable=True),
        sa.Column("seq", INT, nullable=False),
        sa.ForeignKeyConstraint(["obligation_id"], ["records.id"], name=op.f(f"fk_{TABLE}_obligation_id")),
        sa.PrimaryKeyConstraint("obligation_id", "audience", "since", name=op.f(f"pk_{TABLE}")),
        sqlite_strict=True,
    )
    for name, columns in {
        "status": ("audience", "status", "due", "obligation_id", "since", "until"),
        "due": ("audience", "due", "obligation_id", "since", "until"),
        "seq": ("audience", "seq"),
    }.items():
        op.create_index(f"ix_{TABLE}_{name}", TABLE, list(columns))


def downgrade() -> None:
    op.drop_table(TABLE)
