"""Events and their ties, which carry the sort key of their event."""

from typing import Final

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core.db import Base, bytestring, int64, ordered_text, real
from app.records.tables.log import CURRENT, STRICT, Revised, RevisedRecord


class Placed:
    """Carries the sort key of an event, so that a page is read in index order.

    The order is total: `(position, start_latest, sequence, event_id)`.
    """

    position: Mapped[int] = mapped_column(int64())
    start_latest: Mapped[int] = mapped_column(int64())
    sequence: Mapped[int] = mapped_column(int64())


ORDER: Final = ("position", "start_latest", "sequence")


class Event(RevisedRecord, Placed, Base):
    """Something that happened in the world, that a source reports."""

    __tablename__ = "events"

    type: Mapped[str] = mapped_column(Text)
    standing: Mapped[str] = mapped_column(Text)
    start_earliest: Mapped[int] = mapped_column(int64())
    end_earliest: Mapped[int] = mapped_column(int64())
    end_latest: Mapped[int] = mapped_column(int64())
    country: Mapped[str | None] = mapped_column(Text)
    latitude: Mapped[float | None] = mapped_column(real())
    longitude: Mapped[float | None] = mapped_column(real())
    docket_number: Mapped[str | None] = mapped_column(ordered_text())
    # The first change that each audience may see of the event.
    recorded_seq: Mapped[int] = mapped_column(int64())
    public_recorded_seq: Mapped[int | None] = mapped_column(int64())
    # The answer for the public reader of now; emptied when a record it is tied to changes.
    ready: Mapped[bytes | None] = mapped_column(bytestring())

    __table_args__ = (
        Index("ix_events_id_seq", "id", "seq", "last_seq"),
        Index("ix_events_order", *ORDER, "id", **CURRENT),
        Index("ix_events_order_past", *ORDER, "id", "seq", "last_seq"),
        Index("ix_events_type", "type", *ORDER, "id", **CURRENT),
        Index("ix_events_standing", "standing", *ORDER, "id", **CURRENT),
        Index("ix_events_country", "country", *ORDER, "id", **CURRENT),
        Index("ix_events_docket_number", "docket_number", *ORDER, "id", **CURRENT),
        Index("ix_events_longitude", "longitude", "latitude", **CURRENT),
        Index("ix_events_recorded", "recorded_seq", "id", **CURRENT),
        Index("ix_events_public_recorded", "public_recorded_seq", "id", **CURRENT),
        STRICT,
    )


class Tie(Revised, Placed):
    """A row that ties one revision of an event to something else, and sorts as the event does."""

    @declared_attr
    def event_id(cls) -> Mapped[str]:  # noqa: N805 - SQLAlchemy passes the class
        """Return the id of the event."""
        return mapped_column(ordered_text(), ForeignKey("records.id"), sort_order=-1)


class EventCase(Tie, Base):
    """The event belongs to the case."""

    __tablename__ = "event_cases"

    case_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"), primary_key=True)
    recorded_seq: Mapped[int] = mapped_column(int64())
    public_recorded_seq: Mapped[int | None] = mapped_column(int64())

    __table_args__ = (
        Index("ix_event_cases_order", "case_id", *ORDER, "event_id", **CURRENT),
        Index("ix_event_cases_order_past", "case_id", *ORDER, "event_id", "seq", "last_seq"),
        STRICT,
    )


class Participation(Tie, Base):
    """An actor takes part in the event, in a role."""

    __tablename__ = "participations"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    actor_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    role: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index("ix_participations_order", "actor_id", *ORDER, "event_id", **CURRENT),
        Index("ix_participations_order_past", "actor_id", *ORDER, "event_id", "seq", "last_seq"),
        STRICT,
    )


class Citation(Tie, Base):
    """The event is cited from a source."""

    __tablename__ = "citations"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    source_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (
        Index("ix_citations_order", "source_id", *ORDER, "event_id", **CURRENT),
        Index("ix_citations_order_past", "source_id", *ORDER, "event_id", "seq", "last_seq"),
        STRICT,
    )


class Relation(Tie, Base):
    """The event bears on another one."""

    __tablename__ = "relations"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(Text)
    target_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (
        Index("ix_relations_order", "type", *ORDER, "event_id", **CURRENT),
        Index("ix_relations_target_id", "target_id", "type", "seq", "last_seq"),
        STRICT,
    )


class EventTag(Tie, Base):
    """A tag of the event."""

    __tablename__ = "event_tags"

    tag: Mapped[str] = mapped_column(ordered_text(), primary_key=True)

    __table_args__ = (
        Index("ix_event_tags_order", "tag", *ORDER, "event_id", **CURRENT),
        Index("ix_event_tags_order_past", "tag", *ORDER, "event_id", "seq", "last_seq"),
        STRICT,
    )
