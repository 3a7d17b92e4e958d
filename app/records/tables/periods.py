"""How each obligation reads at every moment, so that a list across cases is read from an index."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, bytestring, int64, ordered_text
from app.records.tables.log import STRICT


class ObligationPeriod(Base):
    """A time in which an obligation reads the same, as one audience sees things now.

    Moments are seconds since 1970; the period holds from `since` on, and before `until`.
    An obligation that the audience does not see has one period, which is empty.
    """

    __tablename__ = "obligation_periods"

    obligation_id: Mapped[str] = mapped_column(ordered_text(), ForeignKey("records.id"), primary_key=True)
    audience: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)
    until: Mapped[int] = mapped_column(int64())
    status: Mapped[str] = mapped_column(Text)
    # What lists are sorted by: the due moment first set, or the end of time.
    due: Mapped[int] = mapped_column(int64())
    # The answer for the reader of now; emptied when an actor that it names changes.
    ready: Mapped[bytes | None] = mapped_column(bytestring())
    # The change after which it was worked out.
    seq: Mapped[int] = mapped_column(int64())

    __table_args__ = (
        Index("ix_obligation_periods_status", "audience", "status", "due", "obligation_id", "since", "until"),
        Index("ix_obligation_periods_due", "audience", "due", "obligation_id", "since", "until"),
        Index("ix_obligation_periods_seq", "audience", "seq"),
        STRICT,
    )
