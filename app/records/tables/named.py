"""Cases, actors and sources: what events are tied to."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, int64, ordered_text
from app.records.tables.log import CURRENT, STRICT, Revised, RevisedRecord


class Case(RevisedRecord, Base):
    """One matter followed over time."""

    __tablename__ = "cases"

    title: Mapped[str] = mapped_column(Text)
    # What the list is sorted by: the title without case and marks.
    sort_name: Mapped[str] = mapped_column(ordered_text())
    status: Mapped[str] = mapped_column(Text)
    timezone: Mapped[str] = mapped_column(Text)
    # What it was called in this revision: `records` knows the present only.
    slug: Mapped[str | None] = mapped_column(ordered_text())

    __table_args__ = (
        Index("ix_cases_slug", "slug", "id", "seq"),
        Index("ix_cases_id_seq", "id", "seq", "last_seq"),
        Index("ix_cases_sort_name", "sort_name", "id", **CURRENT),
        STRICT,
    )


class CaseTag(Revised, Base):
    """A tag of a case."""

    __tablename__ = "case_tags"

    tag: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    case_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (Index("ix_case_tags_tag", "tag", "case_id", **CURRENT), STRICT)


class Docket(Revised, Base):
    """A court's register of one proceeding of a case."""

    __tablename__ = "dockets"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    court: Mapped[str] = mapped_column(Text)
    docket_number: Mapped[str] = mapped_column(ordered_text())

    __table_args__ = (Index("ix_dockets_docket_number", "docket_number", "case_id"), STRICT)


class Party(Revised, Base):
    """An actor's role in a docket."""

    __tablename__ = "parties"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    docket_number: Mapped[str] = mapped_column(ordered_text())
    actor_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    role: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_parties_actor_id", "actor_id", "case_id"), STRICT)


class Actor(RevisedRecord, Base):
    """A person, an organization, a court, a government or a group."""

    __tablename__ = "actors"

    kind: Mapped[str] = mapped_column(Text)
    sort_name: Mapped[str] = mapped_column(ordered_text())
    slug: Mapped[str | None] = mapped_column(ordered_text())

    __table_args__ = (
        Index("ix_actors_slug", "slug", "id", "seq"),
        Index("ix_actors_id_seq", "id", "seq", "last_seq"),
        Index("ix_actors_sort_name", "sort_name", "id", **CURRENT),
        STRICT,
    )


class Source(RevisedRecord, Base):
    """A document or a publication that events are cited from."""

    __tablename__ = "sources"

    kind: Mapped[str] = mapped_column(Text)
    publisher: Mapped[str | None] = mapped_column(ordered_text())
    sort_name: Mapped[str] = mapped_column(ordered_text())
    # The first moment its date of publication allows, in seconds since 1970; null when undated.
    published_earliest: Mapped[int | None] = mapped_column(int64())

    __table_args__ = (
        Index("ix_sources_id_seq", "id", "seq", "last_seq"),
        Index("ix_sources_publisher", "publisher", "id"),
        Index("ix_sources_published_earliest", "published_earliest", "id"),
        Index("ix_sources_sort_name", "sort_name", "id", **CURRENT),
        STRICT,
    )
