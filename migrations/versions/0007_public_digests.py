"""Digests of what the public sees of a document."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Null in what was recorded before: there one digest serves both readers, as it is in the chain.
    op.add_column("revisions", sa.Column("public_digest", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("revisions", "public_digest")
