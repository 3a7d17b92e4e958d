"""Obligations, and what they name besides their order."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, int64, ordered_text
from app.records.tables.events import PERIOD
from app.records.tables.log import STRICT, Revised, RevisedRecord


class Obligation(RevisedRecord, Base):
    """One thing that an order binds someone to."""

    __tablename__ = "obligations"

    order_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    bound_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (
        Index("ix_obligations_id_seq", "id", *PERIOD),
        Index("ix_obligations_order_id", "order_id", "id", *PERIOD),
        Index("ix_obligations_bound_id", "bound_id", "id", *PERIOD),
        STRICT,
    )


class ObligationTie(Revised, Base):
    """What a term, a response or a finding of an obligation names."""

    __tablename__ = "obligation_ties"

    # `terms`, `responses` or `findings`, and the place in that list.
    part: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    obligation_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"))
    event_id: Mapped[str | None] = mapped_column(ordered_text(), ForeignKey("records.id"))
    actor_id: Mapped[str | None] = mapped_column(ordered_text(), ForeignKey("records.id"))

    __table_args__ = (
        Index("ix_obligation_ties_event_id", "event_id", *PERIOD),
        Index("ix_obligation_ties_actor_id", "actor_id", *PERIOD),
        STRICT,
    )
