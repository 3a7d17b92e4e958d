"""Webhooks, and what each of them is told."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from app.core.db import Flag, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT: Final = Moment()
WAITING: Final = sa.text("next_attempt_at IS NOT NULL")
FINISHED: Final = sa.text("finished_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_secret_until", MOMENT, nullable=True),
        sa.Column("is_enabled", Flag(), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("after_seq", INT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("succeeded_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("webhook_id", KEY, nullable=False),
        sa.Column("seq", INT, nullable=False),
        sa.Column("is_bare", Flag(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", INT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("last_status", INT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook_id", "seq", name=op.f("uq_deliveries_webhook_id_seq")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["webhook_id", "next_attempt_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(
        "ix_deliveries_finished_at",
        "deliveries",
        ["finished_at"],
        sqlite_where=FINISHED,
        postgresql_where=FINISHED,
    )


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("webhooks")
