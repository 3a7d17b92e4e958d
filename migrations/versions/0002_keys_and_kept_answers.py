"""API keys, and the answers kept for requests that may be repeated."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from app.core.db import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MOMENT: Final = Moment()


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("cases", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
        sqlite_strict=True,
    )
    op.create_table(
        "kept_answers",
        sa.Column("api_key_id", KEY, nullable=False),
        sa.Column("request", KEY, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("status", INT, nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name=op.f("fk_kept_answers_api_key_id")),
        sa.PrimaryKeyConstraint("api_key_id", "request", name=op.f("pk_kept_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_kept_answers_at", "kept_answers", ["at"])


def downgrade() -> None:
    op.drop_table("kept_answers")
    op.drop_table("api_keys")
