"""Records and their revisions, the read models, and the full-text index."""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.core import stamps
from app.core.db import Flag, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
REAL: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
MOMENT = Moment()
FLAG = Flag()


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", INT, autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        sqlite_strict=True,
    )
    op.create_table(
        "records",
        sa.Column("id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("slug", KEY, nullable=True),
        sa.Column("external_id", KEY, nullable=True),
        sa.Column("seq", INT, nullable=False),
        sa.Column("revision", INT, nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("is_live", FLAG, nullable=False),
        sa.Column("merged_into", KEY, nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["records.id"], name=op.f("fk_records_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("type", "external_id", name=op.f("uq_records_type_external_id")),
        sa.UniqueConstraint("type", "slug", name=op.f("uq_records_type_slug")),
        sqlite_strict=True,
    )
    op.create_index("ix_records_merged_into", "records", ["merged_into"])

    op.create_table(
        "revisions",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("number", INT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("merged_into", KEY, nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("public_seq", INT, nullable=True),
        sa.Column("public_hash", sa.Text(), nullable=True),
        sa.Column("alters_past", FLAG, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("public_recorded_at", MOMENT, nullable=True),
        sa.Column("corrections", INT, nullable=False),
        sa.Column("public_corrections", INT, nullable=False),
        sa.Column("last_corrected_at", MOMENT, nullable=True),
        sa.Column("public_last_corrected_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_revisions_record_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_revisions")),
        sa.UniqueConstraint("at", name=op.f("uq_revisions_at")),
        sa.UniqueConstraint("public_seq", name=op.f("uq_revisions_public_seq")),
        sa.UniqueConstraint("record_id", "number", name=op.f("uq_revisions_record_id_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_revisions_alters_past", "revisions", ["seq"], **where("alters_past = 1"))
    op.create_index("ix_revisions_record_id_seq", "revisions", ["record_id", "seq", "last_seq"])

    op.create_table(
        "actors",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sort_name", KEY, nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name=op.f("fk_actors_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_actors_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_actors")),
        sqlite_strict=True,
    )
    op.create_index("ix_actors_id_seq", "actors", ["id", "seq", "last_seq"])
    op.create_index("ix_actors_sort_name", "actors", ["sort_name", "id"], **where("last_seq IS NULL"))

    op.create_table(
        "case_changes",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("seq", INT, nullable=False),
        sa.Column("is_public", FLAG, nullable=False),
        sa.Column("alters_past", FLAG, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["records.id"], name=op.f("fk_case_changes_case_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_case_changes_seq")),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_case_changes")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_case_changes_alters_past", "case_changes", ["case_id", "seq"], **where("alters_past = 1")
    )
    op.create_index("ix_case_changes_public", "case_changes", ["case_id", "seq"], **where("is_public = 1"))
    op.create_index("ix_case_changes_seq", "case_changes", ["seq"])

    op.create_table(
        "case_tags",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("tag", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["records.id"], name=op.f("fk_case_tags_case_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_case_tags_seq")),
        sa.PrimaryKeyConstraint("seq", "tag", name=op.f("pk_case_tags")),
        sqlite_strict=True,
    )
    op.create_index("ix_case_tags_tag", "case_tags", ["tag", "case_id"], **where("last_seq IS NULL"))

    op.create_table(
        "cases",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sort_name", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name=op.f("fk_cases_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_cases_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_cases")),
        sqlite_strict=True,
    )
    op.create_index("ix_cases_id_seq", "cases", ["id", "seq", "last_seq"])
    op.create_index("ix_cases_sort_name", "cases", ["sort_name", "id"], **where("last_seq IS NULL"))

    op.create_table(
        "citations",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("number", INT, autoincrement=False, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("start_latest", INT, nullable=False),
        sa.Column("sequence", INT, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["records.id"], name=op.f("fk_citations_event_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_citations_seq")),
        sa.ForeignKeyConstraint(["source_id"], ["records.id"], name=op.f("fk_citations_source_id")),
        sa.PrimaryKeyConstraint("seq", "number", name=op.f("pk_citations")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_citations_order",
        "citations",
        ["source_id", "position", "start_latest", "sequence", "event_id"],
        **where("last_seq IS NULL"),
    )
    op.create_index(
        "ix_citations_order_past",
        "citations",
        ["source_id", "position", "start_latest", "sequence", "event_id", "seq", "last_seq"],
    )

    op.create_table(
        "dockets",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("number", INT, autoincrement=False, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("court", sa.Text(), nullable=False),
        sa.Column("docket_number", KEY, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["records.id"], name=op.f("fk_dockets_case_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_dockets_seq")),
        sa.PrimaryKeyConstraint("seq", "number", name=op.f("pk_dockets")),
        sqlite_strict=True,
    )
    op.create_index("ix_dockets_docket_number", "dockets", ["docket_number", "case_id"])

    op.create_table(
        "event_cases",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("recorded_seq", INT, nullable=False),
        sa.Column("public_recorded_seq", INT, nullable=True),
        sa.Column("position", INT, nullable=False),
        sa.Column("start_latest", INT, nullable=False),
        sa.Column("sequence", INT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["records.id"], name=op.f("fk_event_cases_case_id")),
        sa.ForeignKeyConstraint(["event_id"], ["records.id"], name=op.f("fk_event_cases_event_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_event_cases_seq")),
        sa.PrimaryKeyConstraint("seq", "case_id", name=op.f("pk_event_cases")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_event_cases_order",
        "event_cases",
        ["case_id", "position", "start_latest", "sequence", "event_id"],
        **where("last_seq IS NULL"),
    )
    op.create_index(
        "ix_event_cases_order_past",
        "event_cases",
        ["case_id", "position", "start_latest", "sequence", "event_id", "seq", "last_seq"],
    )

    op.create_table(
        "event_tags",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("tag", KEY, nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("start_latest", INT, nullable=False),
        sa.Column("sequence", INT, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["records.id"], name=op.f("fk_event_tags_event_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_event_tags_seq")),
        sa.PrimaryKeyConstraint("seq", "tag", name=op.f("pk_event_tags")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_event_tags_order",
        "event_tags",
        ["tag", "position", "start_latest", "sequence", "event_id"],
        **where("last_seq IS NULL"),
    )
    op.create_index(
        "ix_event_tags_order_past",
        "event_tags",
        ["tag", "position", "start_latest", "sequence", "event_id", "seq", "last_seq"],
    )

    op.create_table(
        "events",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("start_earliest", INT, nullable=False),
        sa.Column("end_earliest", INT, nullable=False),
        sa.Column("end_latest", INT, nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("latitude", REAL, nullable=True),
        sa.Column("longitude", REAL, nullable=True),
        sa.Column("docket_number", KEY, nullable=True),
        sa.Column("recorded_seq", INT, nullable=False),
        sa.Column("public_recorded_seq", INT, nullable=True),
        sa.Column("ready", sa.LargeBinary(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("start_latest", INT, nullable=False),
        sa.Column("sequence", INT, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name=op.f("fk_events_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_events_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_events_country",
        "events",
        ["country", "position", "start_latest", "sequence", "id"],
        **where("last_seq IS NULL"),
    )
    op.create_index(
        "ix_events_docket_number",
        "events",
        ["docket_number", "position", "start_latest", "sequence", "id"],
        **where("last_seq IS NULL"),
    )
    op.create_index("ix_events_id_seq", "events", ["id", "seq", "last_seq"])
    op.create_index("ix_events_longitude", "events", ["longitude", "latitude"], **where("last_seq IS NULL"))
    op.create_index(
        "ix_events_order",
        "events",
        ["position", "start_latest", "sequence", "id"],
        **where("last_seq IS NULL"),
    )
    op.create_index(
        "ix_events_order_past", "events", ["position", "start_latest", "sequence", "id", "seq", "last_seq"]
    )
    op.create_index(
        "ix_events_public_recorded", "events", ["public_recorded_seq", "id"], **where("last_seq IS NULL")
    )
    op.create_index("ix_events_recorded", "events", ["recorded_seq", "id"], **where("last_seq IS NULL"))
    op.create_index(
        "ix_events_standing",
        "events",
        ["standing", "position", "start_latest", "sequence", "id"],
        **where("last_seq IS NULL"),
    )
    op.create_index(
        "ix_events_type",
        "events",
        ["type", "position", "start_latest", "sequence", "id"],
        **where("last_seq IS NULL"),
    )

    op.create_table(
        "participations",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("number", INT, autoincrement=False, nullable=False),
        sa.Column("actor_id", KEY, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("start_latest", INT, nullable=False),
        sa.Column("sequence", INT, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["records.id"], name=op.f("fk_participations_actor_id")),
        sa.ForeignKeyConstraint(["event_id"], ["records.id"], name=op.f("fk_participations_event_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_participations_seq")),
        sa.PrimaryKeyConstraint("seq", "number", name=op.f("pk_participations")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_participations_order",
        "participations",
        ["actor_id", "position", "start_latest", "sequence", "event_id"],
        **where("last_seq IS NULL"),
    )
    op.create_index(
        "ix_participations_order_past",
        "participations",
        ["actor_id", "position", "start_latest", "sequence", "event_id", "seq", "last_seq"],
    )

    op.create_table(
        "parties",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("number", INT, autoincrement=False, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("docket_number", KEY, nullable=False),
        sa.Column("actor_id", KEY, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["records.id"], name=op.f("fk_parties_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["records.id"], name=op.f("fk_parties_case_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_parties_seq")),
        sa.PrimaryKeyConstraint("seq", "number", name=op.f("pk_parties")),
        sqlite_strict=True,
    )
    op.create_index("ix_parties_actor_id", "parties", ["actor_id", "case_id"])

    op.create_table(
        "relations",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("number", INT, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("target_id", KEY, nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("start_latest", INT, nullable=False),
        sa.Column("sequence", INT, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["records.id"], name=op.f("fk_relations_event_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_relations_seq")),
        sa.ForeignKeyConstraint(["target_id"], ["records.id"], name=op.f("fk_relations_target_id")),
        sa.PrimaryKeyConstraint("seq", "number", name=op.f("pk_relations")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_relations_order",
        "relations",
        ["type", "position", "start_latest", "sequence", "event_id"],
        **where("last_seq IS NULL"),
    )
    op.create_index("ix_relations_target_id", "relations", ["target_id", "type", "seq", "last_seq"])

    op.create_table(
        "sources",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("last_seq", INT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("publisher", KEY, nullable=True),
        sa.Column("sort_name", KEY, nullable=False),
        sa.Column("published_earliest", INT, nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name=op.f("fk_sources_id")),
        sa.ForeignKeyConstraint(["seq"], ["revisions.seq"], name=op.f("fk_sources_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sources")),
        sqlite_strict=True,
    )
    op.create_index("ix_sources_id_seq", "sources", ["id", "seq", "last_seq"])
    op.create_index("ix_sources_publisher", "sources", ["publisher", "id"])
    op.create_index("ix_sources_sort_name", "sources", ["sort_name", "id"], **where("last_seq IS NULL"))

    op.execute(
        sa.insert(
            sa.table("installation", sa.column("id"), sa.column("epoch"), sa.column("created_at", MOMENT))
        ).values(id=1, epoch=secrets.token_hex(4), created_at=stamps.utc_now())
    )
    # The words are folded and split by the application, so that both databases find the same.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_words USING fts5("
            "words, content='', tokenize='unicode61 remove_diacritics 0')"
        )
        # A name that is taken out must leave the index's pages too.
        op.execute("INSERT INTO search_words(search_words, rank) VALUES ('secure-delete', 1)")
    else:
        op.execute("CREATE TABLE search_words (seq BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_search_words_words ON search_words USING gin (words)")


def downgrade() -> None:
    op.execute("DROP TABLE search_words")
    for table in (
        "sources",
        "relations",
        "parties",
        "participations",
        "events",
        "event_tags",
        "event_cases",
        "dockets",
        "citations",
        "cases",
        "case_tags",
        "case_changes",
        "actors",
        "revisions",
        "records",
        "installation",
    ):
        op.drop_table(table)
