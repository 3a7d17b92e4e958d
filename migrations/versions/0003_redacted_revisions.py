"""Which revisions a redaction rewrote."""

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


def downgrade() -> None:
    op.drop_column("revisions", "redacted_seq")
