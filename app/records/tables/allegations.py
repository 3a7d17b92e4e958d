"""Allegations, the positions on them, and the events that rest on them."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, int64, ordered_text
from app.records.tables.events import PERIOD
from app.records.tables.log import STRICT, Revised, RevisedRecord


class Allegation(RevisedRecord, Base):
    """A contested statement of fact in a case."""

    __tablename__ = "allegations"

    case_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    # What the list is sorted by: the text without case and marks.
    sort_name: Mapped[str] = mapped_column(ordered_text())

    __table_args__ = (
        Index("ix_allegations_id_seq", "id", *PERIOD),
        Index("ix_allegations_case_id", "case_id", "sort_name", "id", *PERIOD),
        STRICT,
    )


class Position(Revised, Base):
    """One actor's word on an allegation; it sorts by its date, as events do."""

    __tablename__ = "positions"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    allegation_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    actor_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    source_id: Mapped[str | None] = mapped_column(ordered_text(), ForeignKey("records.id"))
    event_id: Mapped[str | None] = mapped_column(ordered_text(), ForeignKey("records.id"))
    stance: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(int64())
    start_latest: Mapped[int] = mapped_column(int64())

    __table_args__ = (
        Index(
            "ix_positions_order", "actor_id", "position", "start_latest", "allegation_id", "number", *PERIOD
        ),
        Index("ix_positions_source_id", "source_id", *PERIOD),
        Index("ix_positions_event_id", "event_id", *PERIOD),
        STRICT,
    )


class EventAllegation(Revised, Base):
    """The event rests on the allegation."""

    __tablename__ = "event_allegations"

    event_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    allegation_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (Index("ix_event_allegations_allegation_id", "allegation_id", *PERIOD), STRICT)
