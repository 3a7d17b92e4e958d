"""What cases and actors were called at each change."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    slug = "CAST(document AS TEXT) ->> '$.slug'"
    if op.get_bind().dialect.name == "postgresql":
        slug = "CAST(convert_from(document, 'UTF8') AS json) ->> 'slug'"
    for table in ("cases", "actors"):
        op.add_column(table, sa.Column("slug", KEY, nullable=True))
        op.execute(
            f"UPDATE {table} SET slug = (SELECT {slug} FROM revisions WHERE revisions.seq = {table}.seq)"  # noqa: S608 - both are ours
        )
        op.create_index(f"ix_{table}_slug", table, ["slug", "id", "seq"])


def downgrade() -> None:
    for table in ("cases", "actors"):
        op.drop_index(f"ix_{table}_slug", table)
        op.drop_column(table, "slug")
