"""Import runs."""

from datetime import datetime
from typing import Final

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Moment, int64, ordered_text

STRICT: Final = {"sqlite_strict": True}


class ImportRun(Base):
    """One execution of an importer, which the reason of every change it made names."""

    __tablename__ = "import_runs"

    id: Mapped[str] = mapped_column(ordered_text(), primary_key=True)
    # The id of the API key, or the command that ran it.
    author: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Moment)
    # Null while it runs, and for ever if it was killed.
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    rows: Mapped[int] = mapped_column(int64())
    created: Mapped[int] = mapped_column(int64())
    updated: Mapped[int] = mapped_column(int64())
    unchanged: Mapped[int] = mapped_column(int64())
    refused: Mapped[int] = mapped_column(int64())

    __table_args__ = STRICT
