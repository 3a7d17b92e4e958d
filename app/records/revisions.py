"""The log: what held at a moment, who may see it, and how an act is appended.

One predicate serves now and every past moment, and it is the only place where
visibility is decided: a query that forgets it shows what it must not.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from pydantic_core import to_json
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    insert,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.access.audience import Audience
from app.core import stamps
from app.records.tables import (
    Allegation,
    Case,
    Event,
    EventCase,
    Merge,
    Obligation,
    Record,
    Revised,
    RevisedRecord,
    Revision,
)
from app.records.vocabulary import ChangeKind, Operation, RecordType, Visibility

SHOWN_IN_PART = (Visibility.PUBLIC.value, Visibility.EXISTENCE_ONLY.value)
# Seen by their own visibility alone; an event and an allegation need a case besides, an obligation an order.
SEEN_ALONE: Final = (RecordType.CASE.value, RecordType.ACTOR.value, RecordType.SOURCE.value)
GENESIS = "0" * 64
_TICK = timedelta(microseconds=1)
_Number: TypeAlias = ColumnElement[int] | InstrumentedAttribute[int]
_Id: TypeAlias = ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
# Made once: making an alias takes longer than many a query.
_TIE, _CASE = aliased(EventCase), aliased(Case)


@dataclass(frozen=True, slots=True)
class View:
    """What a reader may see, at a change.

    `seq` counts in the numbering of the log, never in the audience's own;
    `None` means now.
    """

    audience: Audience
    seq: int | None = None

    @property
    def is_public(self) -> bool:
        """Tell whether the reader has no key."""
        return self.audience is Audience.PUBLIC


PUBLIC_NOW: Final = View(Audience.PUBLIC)


def as_of(table: type[Revised] | type[Revision], seq: int | None) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that select the rows that hold at `seq`.

    `None` means now.  The period is half-open: a row made at `seq` holds, one
    superseded at `seq` does not.
    """
    if seq is None:
        # Spelt this way, and not as a comparison, so that the partial index serves it.
        return (table.last_seq.is_(None),)
    return (table.seq <= seq, or_(table.last_seq.is_(None), table.last_seq > seq))


def visible(
    table: type[RevisedRecord], view: View, *, levels: tuple[str, ...] = (Visibility.PUBLIC.value,)
) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which the reader sees a row at one of the visibility `levels`.

    Past revisions are limited twice: by what the record was then and by what it
    is now, so that hiding a record hides its history.
    """
    if not view.is_public:
        return ()
    then = table.visibility.in_(levels)
    if view.seq is None:
        return (then,)
    now = aliased(Record)
    return (then, select(now.id).where(now.id == table.id, now.visibility.in_(levels)).exists())


def in_visible_case(seq: _Number, view: View) -> ColumnElement[bool]:
    """Return the condition that the event whose row is numbered `seq` has a case the reader sees."""
    if not view.is_public:
        return true()
    return (
        select(_TIE.case_id)
        .join(_CASE, _CASE.id == _TIE.case_id)
        .where(_TIE.seq == seq, *as_of(_CASE, view.seq), *visible(_CASE, view))
        .exists()
    )


def case_in_sight(case_id: _Id, view: View) -> ColumnElement[bool]:
    """Return the condition that the reader sees a case."""
    if not view.is_public:
        return true()
    case = aliased(Case)
    return select(case.id).where(case.id == case_id, *as_of(case, view.seq), *visible(case, view)).exists()


def order_in_sight(order_id: _Id, view: View) -> ColumnElement[bool]:
    """Return the condition that the reader sees the event that an obligation names as its order."""
    if not view.is_public:
        return true()
    event = aliased(Event)
    return (
        select(event.id)
        .where(
            event.id == survivor_of(order_id, view),
            *as_of(event, view.seq),
            *visible(event, view),
            in_visible_case(event.seq, view),
        )
        .exists()
    )


def in_sight(seq: _Number, view: View) -> ColumnElement[bool]:
    """Return the condition that the reader sees what the record whose row is numbered `seq` is part of.

    That is a case of an event or of an allegation, and the order of an obligation.
    """
    if not view.is_public:
        return true()
    allegation, obligation = aliased(Allegation), aliased(Obligation)
    return or_(
        in_visible_case(seq, view),
        select(allegation.seq).where(allegation.seq == seq, case_in_sight(allegation.case_id, view)).exists(),
        select(obligation.seq)
        .where(obligation.seq == seq, order_in_sight(obligation.order_id, view))
        .exists(),
    )


def was_in_open(seq: _Number) -> ColumnElement[bool]:
    """Return the condition that what the record whose row is numbered `seq` was part of is no secret now.

    A case that was retracted since is none: what was said of its events may still be told.
    """
    tie, case, allegation = aliased(EventCase), aliased(Record), aliased(Allegation)
    whole = Visibility.PUBLIC.value
    return or_(
        select(tie.case_id)
        .join(case, case.id == tie.case_id)
        .where(tie.seq == seq, case.visibility == whole)
        .exists(),
        select(allegation.seq)
        .join(case, case.id == allegation.case_id)
        .where(allegation.seq == seq, case.visibility == whole)
        .exists(),
        _had_open_order(seq),
    )


def _had_open_order(seq: _Number) -> ColumnElement[bool]:
    obligation, tie, merge = aliased(Obligation), aliased(EventCase), aliased(Merge)
    order, case = aliased(Record), aliased(Record)
    whole = Visibility.PUBLIC.value
    survivor = select(merge.survivor_id).where(merge.id == obligation.order_id, merge.visibility == whole)
    return (
        select(obligation.seq)
        .join(tie, or_(tie.event_id == obligation.order_id, tie.event_id.in_(survivor)))
        .join(order, order.id == tie.event_id)
        .join(case, case.id == tie.case_id)
        .where(
            obligation.seq == seq,
            order.visibility == whole,
            case.visibility == whole,
            tie.seq <= obligation.seq,
            or_(tie.last_seq.is_(None), tie.last_seq > obligation.seq),
        )
        .exists()
    )


def withdrawn_in_sight(revision: type[Revision]) -> ColumnElement[bool]:
    """Return the condition that the public saw a record's withdrawal, and may still know of it.

    `revision` is the tombstone, which is part of nothing itself; what it withdrew was.
    """
    before = aliased(Revision)
    return and_(
        revision.document.is_(None),
        revision.public_seq.is_not(None),
        select(before.seq)
        .where(
            before.record_id == revision.record_id,
            before.number == revision.number - 1,
            was_in_open(before.seq),
        )
        .exists(),
    )


def survivor_of(record_id: _Id, view: View) -> ColumnElement[str]:
    """Return what a record is called by at the view's change: itself, or what it was merged into."""
    merge = aliased(Merge)
    into = (
        select(merge.survivor_id)
        .where(merge.id == record_id, *as_of(merge, view.seq), *visible(merge, view))
        # By itself it would look for `record_id` no further out than in the next query.
        .correlate_except(merge)
        .scalar_subquery()
    )
    return func.coalesce(into, record_id)


def merged_into(survivor_id: _Id, view: View) -> Select[str]:
    """Return the query for the ids of the records that are merged into one at the view's change."""
    merge = aliased(Merge)
    return (
        select(merge.id)
        .where(merge.survivor_id == survivor_id, *as_of(merge, view.seq), *visible(merge, view))
        # As in `survivor_of`.
        .correlate_except(merge)
    )


def nameable(revision: type[Revision], record: type[Record], view: View) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which a record may be named to the reader by another one.

    `revision` is the row that holds at the view's change, `record` its record.
    """
    if not view.is_public:
        return ()
    whole = Visibility.PUBLIC.value
    return (
        revision.visibility == whole,
        record.visibility == whole,
        or_(
            revision.record_type.in_(SEEN_ALONE),
            withdrawn_in_sight(revision),
            and_(revision.document.is_not(None), in_sight(revision.seq, view)),
        ),
    )


@dataclass(frozen=True, slots=True)
class Act:
    """Why and how a record is changed."""

    operation: Operation
    kind: ChangeKind | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Prior:
    """The current revision of a record, before it is changed."""

    id: str
    type: RecordType
    seq: int
    number: int
    visibility: Visibility
    is_live: bool
    merged_into: str | None
    document: bytes | None
    # Why the current revision was made; of a tombstone, why the record was withdrawn.
    reason: str | None
    recorded_at: datetime
    public_recorded_at: datetime | None
    corrections: int
    public_corrections: int
    last_corrected_at: datetime | None
    public_last_corrected_at: datetime | None


def find_current(connection: Connection, record_id: str) -> Prior | None:
    """Return the current revision of a record, a tombstone too; `None` when there is no such record."""
    row = connection.execute(
        select(
            Record.id,
            Record.type,
            Revision.seq,
            Revision.number,
            Record.visibility,
            Record.is_live,
            Record.merged_into,
            Revision.document,
            Revision.reason,
            Revision.recorded_at,
            Revision.public_recorded_at,
            Revision.corrections,
            Revision.public_corrections,
            Revision.last_corrected_at,
            Revision.public_last_corrected_at,
        )
        .join(Revision, Revision.seq == Record.seq)
        .where(Record.id == record_id)
    ).one_or_none()
    if row is None:
        return None
    return Prior(
        **{
            **row._asdict(),
            "type": RecordType(row.type),
            "visibility": Visibility(row.visibility),
        }
    )


@dataclass(frozen=True, slots=True)
class Appended:
    """The numbers of a revision that was just appended, and what made it."""

    seq: int
    number: int
    at: datetime
    public_seq: int | None
    act: Act
    merged_into: str | None


# Where the log ends: number, moment and hash, and the public's own number and hash.
LogEnd: TypeAlias = tuple[int, datetime, str, int, str]


class Log:
    """The end of the log, held for the length of one write transaction.

    Nobody else can append meanwhile, so the last numbers are read once.
    """

    def __init__(self, connection: Connection, *, author: str, cases: frozenset[str] | None = None) -> None:
        """Read the end of the log; `author` is who acts, `cases` the only ones that may be changed."""
        self.connection = connection
        self.author = author
        self.cases = cases
        last = connection.execute(
            select(Revision.seq, Revision.at, Revision.hash).order_by(Revision.seq.desc()).limit(1)
        ).one_or_none()
        public = connection.execute(
            select(Revision.public_seq, Revision.public_hash)
            .where(Revision.public_seq.is_not(None))
            .order_by(Revision.public_seq.desc())
            .limit(1)
        ).one_or_none()
        self.seq: int = last.seq if last else 0
        self._at: datetime = last.at if last else stamps.from_micros(0)
        self._hash: str = last.hash if last else GENESIS
        self._public_seq: int = (public.public_seq or 0) if public else 0
        self._public_hash: str = (public.public_hash or GENESIS) if public else GENESIS

    def end(self) -> LogEnd:
        """Return where the log ends now, for `rewind`."""
        return self.seq, self._at, self._hash, self._public_seq, self._public_hash

    def rewind(self, end: LogEnd) -> None:
        """Take back the numbers given since; the rows that `number` returned must not be added."""
        self.seq, self._at, self._hash, self._public_seq, self._public_hash = end

    def append(
        self,
        record_id: str,
        record_type: RecordType,
        act: Act,
        *,
        prior: Prior | None,
        document: bytes | None,
        visibility: Visibility,
        is_public: bool,
        alters_past: bool,
        merged_into: str | None = None,
        shown: bytes | None = None,
    ) -> Appended:
        """Append one revision, as `number` makes it, and close the record's previous one."""
        appended, row = self.number(
            record_id,
            record_type,
            act,
            prior=prior,
            document=document,
            visibility=visibility,
            is_public=is_public,
            alters_past=alters_past,
            merged_into=merged_into,
            shown=shown,
        )
        if prior is not None:
            self.connection.execute(
                update(Revision).where(Revision.seq == prior.seq).values(last_seq=appended.seq)
            )
        self.connection.execute(insert(Revision).values(**row))
        return appended

    def number(
        self,
        record_id: str,
        record_type: RecordType,
        act: Act,
        *,
        prior: Prior | None,
        document: bytes | None,
        visibility: Visibility,
        is_public: bool,
        alters_past: bool,
        merged_into: str | None = None,
        shown: bytes | None = None,
    ) -> tuple[Appended, dict[str, Any]]:
        """Give the next revision its numbers; return them, and the row of the log that is to be added.

        `document` is `None` for a tombstone.  `is_public` says whether the
        public sees the act, `shown` what it sees of the document, where that is not all.
        The moment recorded rises with every act, even
        where the clock stands still or steps back.
        """
        self.seq += 1
        self._at = max(stamps.utc_now(), self._at + _TICK)
        number = prior.number + 1 if prior else 1
        digest = hashlib.sha256(document or b"").hexdigest()
        content = (stamps.moment_text(self._at), act.operation.value, record_id, number, digest)
        self._hash = chain(self._hash, self.seq, *content)
        public_seq = public_hash = public_digest = None
        if is_public:
            self._public_seq += 1
            # Over what the public sees: any other digest would let guesses at the rest be tried.
            public_digest = digest if shown is None else hashlib.sha256(shown).hexdigest()
            self._public_hash = chain(self._public_hash, self._public_seq, *content[:-1], public_digest)
            public_seq, public_hash = self._public_seq, self._public_hash
        is_correction = act.kind is ChangeKind.CORRECTION
        row = {
            "seq": self.seq,
            "last_seq": None,
            "record_id": record_id,
            "record_type": record_type.value,
            "number": number,
            "at": self._at,
            "author": self.author,
            "operation": act.operation.value,
            "kind": act.kind.value if act.kind else None,
            "reason": act.reason,
            "visibility": visibility.value,
            "document": document,
            "merged_into": merged_into,
            "digest": digest,
            "public_digest": public_digest,
            "hash": self._hash,
            "public_seq": public_seq,
            "public_hash": public_hash,
            "alters_past": alters_past,
            "recorded_at": prior.recorded_at if prior else self._at,
            "public_recorded_at": (prior.public_recorded_at if prior else None)
            or (self._at if is_public else None),
            "corrections": (prior.corrections if prior else 0) + is_correction,
            "public_corrections": (prior.public_corrections if prior else 0) + (is_correction and is_public),
            "last_corrected_at": self._at if is_correction else (prior.last_corrected_at if prior else None),
            "public_last_corrected_at": self._at
            if is_correction and is_public
            else (prior.public_last_corrected_at if prior else None),
        }
        return Appended(self.seq, number, self._at, public_seq, act, merged_into), row


def chain(previous: str, *content: str | int) -> str:
    """Return the hash of a change over the hash of the one before and what the change says.

    `content` is its number, moment, operation, record, revision and the digest
    of its document.  SHA-256 over the compact JSON array of the arguments in this
    order, in UTF-8.
    """
    return hashlib.sha256(to_json([previous, *content])).hexdigest()
