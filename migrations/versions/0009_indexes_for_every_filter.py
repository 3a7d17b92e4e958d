"""Indexes by which every filter and every order is read, in the present and in the past."""

from typing import Any, Final

from alembic import op
from sqlalchemy import text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ORDER: Final = ("position", "start_latest", "sequence")
PERIOD: Final = ("seq", "last_seq")
LENGTH: Final = "end_latest - position"
# Those that were for the present alone: their columns then, and what they get besides.
WIDENED: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("events", "type", ("type", *ORDER, "id")),
    ("events", "standing", ("standing", *ORDER, "id")),
    ("events", "country", ("country", *ORDER, "id")),
    ("events", "docket_number", ("docket_number", *ORDER, "id")),
    ("events", "longitude", ("longitude", "latitude")),
    ("events", "recorded", ("recorded_seq", "id")),
    ("events", "public_recorded", ("public_recorded_seq", "id")),
    ("relations", "order", ("type", *ORDER, "event_id")),
)
ADDED: Final[tuple[tuple[str, str, tuple[str, ...], str | None], ...]] = (
    ("events", "changed", ("seq",), "last_seq IS NULL"),
    ("events", "stubs", PERIOD, "visibility = 'existence_only'"),
    ("events", "month_long", (*ORDER, "id", *PERIOD), f"{LENGTH} > 86400 AND {LENGTH} <= 2678400"),
    ("events", "year_long", (*ORDER, "id", *PERIOD), f"{LENGTH} > 2678400 AND {LENGTH} <= 31622400"),
    ("events", "longer", (*ORDER, "id", *PERIOD), f"{LENGTH} > 31622400"),
    ("events", "open_start", (*ORDER, "id", *PERIOD), "start_earliest = -4611686018427387904"),
    ("event_cases", "recorded", ("case_id", "recorded_seq", "event_id", *PERIOD), None),
    ("event_cases", "public_recorded", ("case_id", "public_recorded_seq", "event_id", *PERIOD), None),
    ("event_cases", "changed", ("case_id", *PERIOD), None),
    ("participations", "role", ("role", *ORDER, "event_id", *PERIOD), None),
    ("sources", "published_earliest", ("published_earliest", "id"), None),
)


def upgrade() -> None:
    for table, name, columns in WIDENED:
        op.drop_index(f"ix_{table}_{name}", table)
        op.create_index(f"ix_{table}_{name}", table, [*columns, *PERIOD])
    for table, name, added, condition in ADDED:
        op.create_index(f"ix_{table}_{name}", table, list(added), **_where(condition))


def downgrade() -> None:
    for table, name, _columns, _condition in ADDED:
        op.drop_index(f"ix_{table}_{name}", table)
    for table, name, columns in WIDENED:
        op.drop_index(f"ix_{table}_{name}", table)
        op.create_index(f"ix_{table}_{name}", table, list(columns), **_where("last_seq IS NULL"))


def _where(condition: str | None) -> dict[str, Any]:
    if condition is None:
        return {}
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
