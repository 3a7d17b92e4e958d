"""A database with two editors: one does what the public sees, the other what it never sees.

The clock and the ids are pinned, so that two worlds in which the first editor
does the same are the same to the public, whatever the second one does in between.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import pytest
from pydantic import JsonValue
from sqlalchemy import func, select

from app.core import stamps
from app.core.db import Database
from app.records import service
from app.records.revisions import Log
from app.records.service import MODELS
from app.records.tables import Revision
from app.records.vocabulary import ChangeKind, RecordType

START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
BETWEEN: Final = timedelta(seconds=10)
MOMENT: Final = timedelta(milliseconds=7)
KINDS: Final = {one.prefix: one for one in RecordType}
Fields: TypeAlias = dict[str, JsonValue]


def ident(prefix: str, name: str) -> str:
    """Return the id of a record of that name, the same in every world."""
    digest = hashlib.sha256(f"{prefix} {name}".encode()).digest()
    return f"{prefix}_" + "".join(stamps.ALPHABET[byte % 32] for byte in digest[: stamps.ID_LENGTH])


def case(name: str) -> str:
    """Return the id of a case."""
    return ident("cas", name)


def actor(name: str) -> str:
    """Return the id of an actor."""
    return ident("act", name)


def source(name: str) -> str:
    """Return the id of a source."""
    return ident("src", name)


def event(name: str) -> str:
    """Return the id of an event."""
    return ident("evt", name)


def allegation(name: str) -> str:
    """Return the id of an allegation."""
    return ident("alg", name)


def obligation(name: str) -> str:
    """Return the id of an obligation."""
    return ident("obl", name)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def read(self) -> datetime:
        """Return the time."""
        return self.now


@contextmanager
def pinned_clock() -> Iterator[Clock]:
    """Pin the application's clock while the block runs."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stamps, "utc_now", clock.read)
        yield clock


@dataclass
class Editor:
    """Does acts, each in a transaction of its own; one that is absent does nothing."""

    database: Database
    clock: Clock
    step: timedelta
    is_present: bool = True
    moments: list[datetime] = field(default_factory=list)

    def make(self, record_id: str, **fields: JsonValue) -> None:
        """Make a record under an id."""
        kind = KINDS[record_id.partition("_")[0]]
        with self._log() as log:
            if log is not None:
                service.create(log, kind, MODELS[kind].validate_python(fields), record_id=record_id)

    def amend(self, record_id: str, why: str = "It was wrong.", **patch: JsonValue) -> None:
        """Correct a record."""
        with self._log() as log:
            if log is not None:
                service.amend(log, record_id, patch, kind=ChangeKind.CORRECTION, reason=why)

    def retract(self, record_id: str, why: str = "Withdrawn.") -> None:
        """Withdraw a record."""
        with self._log() as log:
            if log is not None:
                service.retract(log, record_id, kind=ChangeKind.RETRACTION, reason=why)

    def reinstate(self, record_id: str, why: str = "Put back.") -> None:
        """Undo a withdrawal."""
        with self._log() as log:
            if log is not None:
                service.reinstate(log, record_id, kind=ChangeKind.CLARIFICATION, reason=why)

    def merge(self, record_id: str, into: str, why: str = "One and the same.") -> None:
        """Merge a record into another one."""
        with self._log() as log:
            if log is not None:
                service.merge(log, record_id, into, kind=ChangeKind.CORRECTION, reason=why)

    def redact(self, record_id: str, label: str, *also: str, why: str = "To be forgotten.") -> None:
        """Take an actor's name out of everything."""
        with self._log() as log:
            if log is not None:
                service.redact(log, record_id, label, also=list(also), kind=ChangeKind.UPDATE, reason=why)

    @contextmanager
    def _log(self) -> Iterator[Log | None]:
        if not self.is_present:
            yield None
            return
        self.clock.now += self.step
        with self.database.write() as connection:
            yield Log(connection, author="key_000000000000")
        with self.database.read() as connection:
            newest = connection.execute(select(func.max(Revision.at))).scalar_one()
        self.moments.append(newest)


class World:
    """Both editors of one database; the hidden one may be absent."""

    def __init__(self, database: Database, clock: Clock, *, has_hidden: bool) -> None:
        """Begin at the start of the clock."""
        self.database = database
        self.clock = clock
        self.has_hidden = has_hidden
        self.hidden = Editor(database, clock, MOMENT, is_present=has_hidden)
        self._public = Editor(database, clock, timedelta())
        self._next = START
        clock.now = START

    @property
    def public(self) -> Editor:
        """Return the editor of what the public sees, for one act at the next round moment."""
        self._next += BETWEEN
        self.clock.now = self._next
        return self._public

    @property
    def moments(self) -> tuple[list[datetime], list[datetime]]:
        """Return when something was recorded: for all to see, and hidden."""
        return self._public.moments, self.hidden.moments

    def tie(self, *ties: JsonValue) -> list[JsonValue]:
        """Return ties to what is hidden; none where nothing is."""
        return list(ties) if self.has_hidden else []
