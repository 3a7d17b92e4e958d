"""Events and their ties, which carry the sort key of their event."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from app.core.db import Base, bytestring, int64, ordered_text, real
from app.core.edtf import OPEN_EARLIEST
from app.records.tables.log import CURRENT, STRICT, Revised, RevisedRecord, where


@dataclass(frozen=True, slots=True)
class Span:
    """Events that may have lasted more than `least` seconds, and up to `most`; `None` is any longer time."""

    name: str
    least: int
    most: int | None

    @property
    def condition(self) -> str:
        """Return the condition, as the index has it."""
        length = "end_latest - position"
        upper = "" if self.most is None else f" AND {length} <= {self.most}"
        return f"{length} > {self.least}{upper}"


# What takes no more than a day needs no index: it is found among the events of the day before.
DAY_S: Final = 86_400
SPANS: Final = (
    Span("month_long", DAY_S, 31 * DAY_S),
    Span("year_long", 31 * DAY_S, 366 * DAY_S),
    Span("longer", 366 * DAY_S, None),
)
OPEN_START: Final = f"start_earliest = {OPEN_EARLIEST}"


class Placed:
    """Carries the sort key of an event, so that a page is read in index order.

    The order is total: `(position, start_latest, sequence, event_id)`.
    """

    position: Mapped[int] = mapped_column(int64())
    start_latest: Mapped[int] = mapped_column(int64())
    sequence: Mapped[int] = mapped_column(int64())


ORDER: Final = ("position", "start_latest", "sequence")
# Ends an index that serves the present and the past alike.
PERIOD: Final = ("seq", "last_seq")


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
        Index("ix_events_id_seq", "id", *PERIOD),
        Index("ix_events_order", *ORDER, "id", **CURRENT),
        Index("ix_events_order_past", *ORDER, "id", *PERIOD),
        Index("ix_events_type", "type", *ORDER, "id", *PERIOD),
        Index("ix_events_standing", "standing", *ORDER, "id", *PERIOD),
        Index("ix_events_country", "country", *ORDER, "id", *PERIOD),
        Index("ix_events_docket_number", "docket_number", *ORDER, "id", *PERIOD),
        Index("ix_events_longitude", "longitude", "latitude", *PERIOD),
        Index("ix_events_recorded", "recorded_seq", "id", *PERIOD),
        Index("ix_events_public_recorded", "public_recorded_seq", "id", *PERIOD),
        Index("ix_events_changed", "seq", **CURRENT),
        Index("ix_events_stubs", *PERIOD, **where("visibility = 'existence_only'")),
        # What began before a moment and may have lasted beyond it: the longer, the further back to look.
        *(Index(f"ix_events_{span.name}", *ORDER, "id", *PERIOD, **where(span.condition)) for span in SPANS),
        Index("ix_events_open_start", *ORDER, "id", *PERIOD, **where(OPEN_START)),
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
        Index("ix_event_cases_order_past", "case_id", *ORDER, "event_id", *PERIOD),
        Index("ix_event_cases_recorded", "case_id", "recorded_seq", "event_id", *PERIOD),
        Index("ix_event_cases_public_recorded", "case_id", "public_recorded_seq", "event_id", *PERIOD),
        Index("ix_event_cases_changed", "case_id", *PERIOD),
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
        Index("ix_participations_order_past", "actor_id", *ORDER, "event_id", *PERIOD),
        Index("ix_participations_role", "role", *ORDER, "event_id", *PERIOD),
        STRICT,
    )


class Citation(Tie, Base):
    """The event is cited from a source."""

    __tablename__ = "citations"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    source_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (
        Index("ix_citations_order", "source_id", *ORDER, "event_id", **CURRENT),
        Index("ix_citations_order_past", "source_id", *ORDER, "event_id", *PERIOD),
        STRICT,
    )


class Relation(Tie, Base):
    """The event bears on another one."""

    __tablename__ = "relations"

    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(Text)
    target_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (
        Index("ix_relations_order", "type", *ORDER, "event_id", *PERIOD),
        Index("ix_relations_target_id", "target_id", "type", *PERIOD),
        STRICT,
    )


class EventTag(Tie, Base):
    """A tag of the event."""

    __tablename__ = "event_tags"

    tag: Mapped[str] = mapped_column(ordered_text(), primary_key=True)

    __table_args__ = (
        Index("ix_event_tags_order", "tag", *ORDER, "event_id", **CURRENT),
        Index("ix_event_tags_order_past", "tag", *ORDER, "event_id", *PERIOD),
        STRICT,
    )
