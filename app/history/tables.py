"""Snapshots: answers that were put on record."""

from datetime import datetime
from typing import Final

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import FREE_TEXT, Base, Moment, bytestring, int64, ordered_text

STRICT: Final = {"sqlite_strict": True}


class Snapshot(Base):
    """One timeline as the public read it, kept as bytes."""

    __tablename__ = "snapshots"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    # A JSON object: the filter, with records by their ids.
    filter: Mapped[str] = mapped_column(Text, info=FREE_TEXT)
    # The change it is as of, in the public's numbering, and its moment.
    public_seq: Mapped[int] = mapped_column(int64())
    as_of: Mapped[datetime] = mapped_column(Moment)
    # The newest change of the log when it was made.
    made_seq: Mapped[int] = mapped_column(int64())
    at: Mapped[datetime] = mapped_column(Moment)
    author: Mapped[str] = mapped_column(Text)
    # SHA-256 of the bytes as they were first kept, in hexadecimal.
    digest: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(bytestring(), info=FREE_TEXT)

    __table_args__ = STRICT
