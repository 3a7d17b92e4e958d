"""Settles the moment an answer is given for: one look-up, before anything is rendered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import (
    FieldProblem,
    InvalidCursorError,
    InvalidRequestError,
    RecordNotFoundError,
    RetractedError,
)
from app.core.http.kept import State
from app.records.references import called, ever_called
from app.records.revisions import View
from app.records.tables import Case, CaseChange, Installation, Record, Revision
from app.records.vocabulary import RecordType, Visibility
from app.timeline.compiled import TRUE, names_of, parameter, run
from app.timeline.query import unindexed

# By what an answer is pinned to its past.
_Pinned: TypeAlias = Literal["now", "moment", "change"]
_PIN: Final = parameter("pin")


@dataclass(frozen=True, slots=True)
class Scene:
    """The change an answer stands at, and what tells it from other answers."""

    view: View
    epoch: str
    case_id: str | None
    timezone: str
    # The change, in the numbering of the log and in the reader's own.
    seq: int
    reader_seq: int
    at: datetime
    # The newest change that altered past answers, in the reader's numbering.
    rewritten: int
    # The newest change of all, in the numbering of the log.
    log_seq: int

    @property
    def state(self) -> State:
        """Return the state of the database that the answer is read from."""
        return self.epoch, self.log_seq


@dataclass(frozen=True, slots=True)
class Pin:
    """Which past an answer is asked for: a moment, or a change in the reader's numbering."""

    moment: datetime | None = None
    reader_seq: int | None = None

    @property
    def shape(self) -> _Pinned:
        """Return by what it is pinned."""
        if self.reader_seq is not None:
            return "change"
        return "now" if self.moment is None else "moment"

    @property
    def value(self) -> int | None:
        """Return what is bound to `_PIN`."""
        return self.reader_seq if self.moment is None else stamps.to_micros(self.moment)


def refuse_future(moment: datetime | None) -> None:
    """Raise `InvalidRequestError` for an `as_of` that has not come yet."""
    if moment is not None and moment > stamps.utc_now():
        problem = FieldProblem("query", "as_of", "That moment has not come yet.")
        raise InvalidRequestError((problem,))


def _bound(pinned: _Pinned, audience: Audience) -> ScalarSelect[int] | None:
    """Return the last change of the log that the pinned answer knows; `None` where it is not pinned."""
    match pinned:
        case "change":
            number = Revision.public_seq if audience is Audience.PUBLIC else Revision.seq
            return select(Revision.seq).where(number == _PIN).scalar_subquery()
        case "moment":
            # By order and limit, so that the index over `at` answers it.
            return (
                select(Revision.seq)
                .where(Revision.at <= _PIN)
                .order_by(Revision.at.desc())
                .limit(1)
                .scalar_subquery()
            )
        case "now":
            return None


def set_scene(
    connection: Connection,
    audience: Audience,
    pin: Pin,
    *,
    case: str | None,
    references: Collection[str] = (),
) -> Scene:
    """Return the scene of a case (by id or slug) or, with `None`, of all of them.

    `references` are the records that the question names by id or slug: whether there is
    one decides its answer, so that their changes count besides those of the case.
    Raises `RecordNotFoundError`, `RetractedError` for a retracted case, and
    `InvalidCursorError` when the pinned change is none.
    """
    if case is None:
        return _scene_across(connection, audience, pin)
    is_public = audience is Audience.PUBLIC
    names = names_of("reference", references)
    dialect = connection.dialect.name
    row = run(
        connection,
        ("scene", audience, pin.shape, len(references)),
        lambda: _select_scene(audience, pin.shape, list(names), dialect),
        {"case": case, "pin": pin.value, **names},
    ).first()
    # A case of which only the existence is shown has no timeline to show.
    hidden = (
        row is not None
        and is_public
        and ({row.visibility, row.then or row.visibility} != {Visibility.PUBLIC.value} or row.known is None)
    )
    if row is None or hidden or row.known is None:
        raise RecordNotFoundError("case", case)
    if row.then is None:
        raise RetractedError(row.id, row.reason or "", f'"{row.number}"')
    return Scene(
        view=View(audience, None if row.seq == row.newest else row.seq),
        epoch=row.epoch,
        case_id=row.id,
        timezone=row.timezone,
        seq=row.seq,
        reader_seq=row.public_seq if is_public else row.seq,
        at=stamps.from_micros(row.at),
        rewritten=row.rewritten or 0,
        log_seq=row.log_seq,
    )


def _select_scene(audience: Audience, pinned: _Pinned, references: list[str], dialect: str) -> Select[Any]:
    """Return the SELECT of a case's scene; `references` are the names of the parameters that hold them."""
    bound = _bound(pinned, audience)
    is_public = audience is Audience.PUBLIC
    changes = aliased(CaseChange)
    mine = [changes.case_id == Record.id, *([changes.is_public == TRUE] if is_public else [])]
    newest: ColumnElement[int] = (
        select(func.max(changes.seq)).where(*mine).correlate(Record).scalar_subquery()
    )
    known = newest
    if bound is not None:
        known = (
            select(func.max(changes.seq))
            .where(*mine, changes.seq <= bound)
            .correlate(Record)
            .scalar_subquery()
        )
    at_pin = known
    if references:
        named = aliased(Revision)
        theirs = select(func.max(named.seq)).where(
            named.record_id.in_(ever_called([parameter(name) for name in references]))
        )
        if is_public:
            theirs = theirs.where(named.public_seq.is_not(None))
        past = theirs if bound is None else theirs.where(named.seq <= bound)
        newest = _later_of(newest, theirs, dialect)
        at_pin = _later_of(known, past, dialect)
    # In the past by what is meant, which is one record, and not by its type, of which there may be many;
    # now the index over slugs begins with the type.
    kind = Record.type if bound is None else unindexed(Record.type, dialect)
    meant = (
        or_(Record.id == parameter("case"), Record.slug == parameter("case"))
        if bound is None
        else Record.id.in_(select(called([parameter("case")], bound).subquery().c.id))
    )
    # Worked out first and once, or each of the joins would do it again.
    found = (
        select(
            Record.id,
            Record.visibility,
            newest.label("newest"),
            known.label("known"),
            at_pin.label("at_pin"),
        )
        .where(kind == RecordType.CASE.value, meant)
        .cte("found")
        .prefix_with("MATERIALIZED")
    )
    revision, own = aliased(Revision), aliased(Revision)
    return (
        select(
            found.c.id,
            found.c.visibility,
            found.c.newest,
            found.c.known,
            revision.seq,
            revision.public_seq,
            revision.at,
            _newest_rewrite(audience).label("rewritten"),
            Case.timezone,
            Case.visibility.label("then"),
            own.reason,
            own.number,
            Installation.epoch,
            _newest_of_all().label("log_seq"),
        )
        .select_from(found)
        .join(Installation, Installation.id == TRUE)
        .outerjoin(revision, revision.seq == found.c.at_pin)
        .outerjoin(Case, and_(Case.id == found.c.id, *_holds_at(Case, found.c.at_pin)))
        .outerjoin(own, and_(own.record_id == found.c.id, *_holds_at(own, found.c.at_pin)))
    )


def _holds_at(table: Any, seq: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - a class of rows
    return (table.seq <= seq, or_(table.last_seq.is_(None), table.last_seq > seq))


def _newest_of_all() -> ColumnElement[int]:
    return func.coalesce(select(func.max(Revision.seq)).scalar_subquery(), 0)


def _later_of(one: ColumnElement[int], other: Select[int], dialect: str) -> ColumnElement[int]:
    greatest = func.max if dialect == "sqlite" else func.greatest
    return func.nullif(greatest(func.coalesce(one, 0), func.coalesce(other.scalar_subquery(), 0)), 0)


def _newest_rewrite(audience: Audience) -> ScalarSelect[Any]:
    """Return the newest change that altered past answers, in the reader's numbering.

    Of all cases: a record that is hidden now may be in the past of a case it has left since.
    """
    number = Revision.public_seq if audience is Audience.PUBLIC else Revision.seq
    return (
        select(number)
        .where(Revision.alters_past == TRUE, number.is_not(None))
        .order_by(Revision.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def _scene_across(connection: Connection, audience: Audience, pin: Pin) -> Scene:
    row = run(
        connection,
        ("scene across", audience, pin.shape),
        lambda: _select_scene_across(audience, pin.shape),
        {"pin": pin.value},
    ).one()
    if row.seq is None:
        if pin.reader_seq:
            raise InvalidCursorError
        # Before the first change: nothing was known, and that will not change.
        created_at = stamps.from_micros(row.created_at)
        at = created_at if pin.moment is None else min(pin.moment, created_at)
        return Scene(
            View(audience, 0), row.epoch, None, "UTC", 0, 0, at, row.rewritten or 0, log_seq=row.log_seq
        )
    return Scene(
        view=View(audience, None if row.reader_seq == row.newest else row.seq),
        epoch=row.epoch,
        case_id=None,
        timezone="UTC",
        seq=row.seq,
        reader_seq=row.reader_seq,
        at=stamps.from_micros(row.at),
        rewritten=row.rewritten or 0,
        log_seq=row.log_seq,
    )


def _select_scene_across(audience: Audience, pinned: _Pinned) -> Select[Any]:
    bound = _bound(pinned, audience)
    number = Revision.public_seq if audience is Audience.PUBLIC else Revision.seq
    newest = select(func.max(number)).scalar_subquery()
    at_pin = newest
    if bound is not None:
        at_pin = (
            select(number)
            .where(Revision.seq <= bound, number.is_not(None))
            .order_by(Revision.seq.desc())
            .limit(1)
            .scalar_subquery()
        )
    revision = aliased(Revision)
    shown = revision.public_seq if audience is Audience.PUBLIC else revision.seq
    return (
        select(
            Installation.epoch,
            Installation.created_at,
            newest.label("newest"),
            _newest_rewrite(audience).label("rewritten"),
            revision.seq,
            revision.at,
            shown.label("reader_seq"),
            _newest_of_all().label("log_seq"),
        )
        .select_from(Installation)
        .outerjoin(revision, shown == at_pin)
        .where(Installation.id == TRUE)
    )
