"""Which ready answers do not hold any more."""

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, int64
from app.records.tables.log import STRICT


class StaleAnswer(Base):
    """The ready answer of an event's row names a record that has changed since.

    A table of its own, as a record may be named by a hundred thousand events:
    that many numbers are written in an instant, that many answers are not.
    """

    __tablename__ = "stale_answers"

    seq: Mapped[int] = mapped_column(int64(), primary_key=True, autoincrement=False)

    __table_args__ = STRICT
