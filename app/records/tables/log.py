"""The log, and what every read model has in common."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core.db import FREE_TEXT, Base, Flag, Moment, bytestring, int64, ordered_text

STRICT: Final = {"sqlite_strict": True}


def where(condition: str) -> dict[str, Any]:
    """Return the options of a partial index, the same on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


CURRENT: Final = where("last_seq IS NULL")


class Installation(Base):
    """The one row that tells one database from another."""

    __tablename__ = "installation"
    __table_args__ = STRICT

    id: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    # New after every restore: a restored database uses numbers again that a reader may have seen.
    epoch: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)


class Record(Base):
    """What is true of a record now, whatever revision is asked for."""

    __tablename__ = "records"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    slug: Mapped[str | None] = mapped_column(ordered_text())
    external_id: Mapped[str | None] = mapped_column(ordered_text())
    # The current revision, and the visibility that limits every older one.
    seq: Mapped[int] = mapped_column(int64())
    revision: Mapped[int] = mapped_column(int64())
    visibility: Mapped[str] = mapped_column(Text)
    is_live: Mapped[bool] = mapped_column(Flag)
    merged_into: Mapped[str | None] = mapped_column(ordered_text(), ForeignKey("records.id"), index=True)

    __table_args__ = (
        UniqueConstraint("type", "slug"),
        UniqueConstraint("type", "external_id"),
        STRICT,
    )


class Revision(Base):
    """One act on one record: the log, in which nothing but `last_seq` ever changes.

    A redaction is the exception: it rewrites documents, and keeps their digests.
    """

    __tablename__ = "revisions"

    seq: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    last_seq: Mapped[int | None] = mapped_column(int64())
    record_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    record_type: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(int64())
    at: Mapped[datetime] = mapped_column(Moment, unique=True)
    author: Mapped[str] = mapped_column(Text)
    operation: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text, info=FREE_TEXT)
    visibility: Mapped[str] = mapped_column(Text)
    # Null in a tombstone: what was withdrawn is in the revision before it.
    document: Mapped[bytes | None] = mapped_column(bytestring())
    merged_into: Mapped[str | None] = mapped_column(ordered_text())
    # SHA-256 of the document as first recorded, in hexadecimal.
    digest: Mapped[str] = mapped_column(Text)
    # Of what the public saw of it then; null where it never saw it.
    public_digest: Mapped[str | None] = mapped_column(Text)
    # The redaction that rewrote the document since, so that it no longer has that digest.
    redacted_seq: Mapped[int | None] = mapped_column(int64())
    hash: Mapped[str] = mapped_column(Text)
    # The same act in the public's own numbering; null where the public never saw it.
    public_seq: Mapped[int | None] = mapped_column(int64(), unique=True)
    public_hash: Mapped[str | None] = mapped_column(Text)
    # True where past answers change too: a redaction, or a change of who may see.
    alters_past: Mapped[bool] = mapped_column(Flag)
    # The record's story so far, for each audience, so that no answer has to read it.
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    public_recorded_at: Mapped[datetime | None] = mapped_column(Moment)
    corrections: Mapped[int] = mapped_column(int64())
    public_corrections: Mapped[int] = mapped_column(int64())
    last_corrected_at: Mapped[datetime | None] = mapped_column(Moment)
    public_last_corrected_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("record_id", "number"),
        Index("ix_revisions_record_id_seq", "record_id", "seq", "last_seq"),
        # Finds what an import says again: a document that was recorded before.
        Index("ix_revisions_digest", "digest"),
        Index(
            "ix_revisions_alters_past",
            "seq",
            **where("alters_past = 1"),
        ),
        STRICT,
    )


class CaseChange(Base):
    """A change alters the answers of a case: what `as_of`, the feed and the ETags of a case rest on."""

    __tablename__ = "case_changes"

    case_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(int64(), ForeignKey("revisions.seq"), primary_key=True)
    # Does it alter what the public sees of the case?
    is_public: Mapped[bool] = mapped_column(Flag)
    alters_past: Mapped[bool] = mapped_column(Flag)

    __table_args__ = (
        Index("ix_case_changes_seq", "seq"),
        Index(
            "ix_case_changes_public",
            "case_id",
            "seq",
            **where("is_public = 1"),
        ),
        Index(
            "ix_case_changes_alters_past",
            "case_id",
            "seq",
            **where("alters_past = 1"),
        ),
        STRICT,
    )


class Revised:
    """A row that holds for one revision of one record."""

    @declared_attr
    def seq(cls) -> Mapped[int]:  # noqa: N805 - SQLAlchemy passes the class
        """Return the number of the change that made the row."""
        # First of the key and of the row: a record's rows are found by the change that made them.
        return mapped_column(
            int64(), ForeignKey("revisions.seq"), primary_key=True, autoincrement=False, sort_order=-3
        )

    last_seq: Mapped[int | None] = mapped_column(int64(), sort_order=-2)


class RevisedRecord(Revised):
    """The row of the record itself: one for each revision that is not a tombstone."""

    @declared_attr
    def id(cls) -> Mapped[str]:  # noqa: N805 - SQLAlchemy passes the class
        """Return the record's id."""
        return mapped_column(ordered_text(), ForeignKey("records.id"), sort_order=-1)

    visibility: Mapped[str] = mapped_column(Text)


class Merge(RevisedRecord, Base):
    """A record is found to be another one: `id` is now called `survivor_id`, directly or by way of others.

    Its visibility is `restricted` where the public did not see the act.
    """

    __tablename__ = "merges"

    # Of the key too: one act moves every record that was merged into the same one before.
    id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"), primary_key=True, sort_order=-1)
    survivor_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (
        Index("ix_merges_id_seq", "id", "seq", "last_seq"),
        Index("ix_merges_survivor_id_seq", "survivor_id", "seq", "last_seq"),
        STRICT,
    )
