"""Settles the moment an answer is given for: one look-up, before anything is rendered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, Select, and_, func, literal, or_, select
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
from app.records.references import called, ever_called
from app.records.revisions import View
from app.records.tables import Case, CaseChange, Installation, Record, Revision
from app.records.vocabulary import RecordType, Visibility


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


@dataclass(frozen=True, slots=True)
class Pin:
    """Which past an answer is asked for: a moment, or a change in the reader's numbering."""

    moment: datetime | None = None
    reader_seq: int | None = None


def refuse_future(moment: datetime | None) -> None:
    """Raise `InvalidRequestError` for an `as_of` that has not come yet."""
    if moment is not None and moment > stamps.utc_now():
        problem = FieldProblem("query", "as_of", "That moment has not come yet.")
        raise InvalidRequestError((problem,))


def _bound(pin: Pin, audience: Audience) -> ScalarSelect[int] | None:
    """Return the last change of the log that the pinned answer knows; `None` where it is not pinned."""
    if pin.reader_seq is not None:
        number = Revision.public_seq if audience is Audience.PUBLIC else Revision.seq
        return select(Revision.seq).where(number == pin.reader_seq).scalar_subquery()
    if pin.moment is not None:
        # By order and limit, so that the index over `at` answers it.
        return (
            select(Revision.seq)
            .where(Revision.at <= pin.moment)
            .order_by(Revision.at.desc())
            .limit(1)
            .scalar_subquery()
        )
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
    is_public = audience is Audience.PUBLIC
    bound = _bound(pin, audience)
    if case is None:
        return _scene_across(connection, audience, pin, bound)
    changes = aliased(CaseChange)
    mine = [changes.case_id == Record.id, *([changes.is_public == literal(1)] if is_public else [])]
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
        theirs = select(func.max(named.seq)).where(named.record_id.in_(ever_called(references)))
        if is_public:
            theirs = theirs.where(named.public_seq.is_not(None))
        past = theirs if bound is None else theirs.where(named.seq <= bound)
        dialect = connection.dialect.name
        newest = _later_of(newest, theirs, dialect)
        at_pin = _later_of(known, past, dialect)
    meant = (
        or_(Record.id == case, Record.slug == case)
        if bound is None
        else Record.id.in_(select(called([case], bound).subquery().c.id))
    )
    revision, own = aliased(Revision), aliased(Revision)
    row = connection.execute(
        select(
            Record.id,
            Record.visibility,
            Record.merged_into,
            newest.label("newest"),
            known.label("known"),
            revision.seq,
            revision.public_seq,
            revision.at,
            _newest_rewrite(audience).label("rewritten"),
            Case.timezone,
            Case.visibility.label("then"),
            own.reason,
            own.number,
            Installation.epoch,
        )
        .select_from(Record)
        .join(Installation, Installation.id == 1)
        .outerjoin(revision, revision.seq == at_pin)
        .outerjoin(
            Case,
            and_(
                Case.id == Record.id,
                Case.seq <= at_pin,
                or_(Case.last_seq.is_(None), Case.last_seq > at_pin),
            ),
        )
        .outerjoin(
            own,
            and_(
                own.record_id == Record.id,
                own.seq <= at_pin,
                or_(own.last_seq.is_(None), own.last_seq > at_pin),
            ),
        )
        .where(Record.type == RecordType.CASE.value, meant)
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
        at=row.at,
        rewritten=row.rewritten or 0,
    )


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
        .where(Revision.alters_past == literal(1), number.is_not(None))
        .order_by(Revision.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def _scene_across(
    connection: Connection, audience: Audience, pin: Pin, bound: ScalarSelect[int] | None
) -> Scene:
    is_public = audience is Audience.PUBLIC
    number = Revision.public_seq if is_public else Revision.seq
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
    shown = revision.public_seq if is_public else revision.seq
    row = connection.execute(
        select(
            Installation.epoch,
            Installation.created_at,
            newest.label("newest"),
            _newest_rewrite(audience).label("rewritten"),
            revision.seq,
            revision.at,
            shown.label("reader_seq"),
        )
        .select_from(Installation)
        .outerjoin(revision, shown == at_pin)
        .where(Installation.id == 1)
    ).one()
    if row.seq is None:
        if pin.reader_seq:
            raise InvalidCursorError
        # Before the first change: nothing was known, and that will not change.
        at = row.created_at if pin.moment is None else min(pin.moment, row.created_at)
        return Scene(View(audience, 0), row.epoch, None, "UTC", 0, 0, at, row.rewritten or 0)
    return Scene(
        view=View(audience, None if row.reader_seq == row.newest else row.seq),
        epoch=row.epoch,
        case_id=None,
        timezone="UTC",
        seq=row.seq,
        reader_seq=row.reader_seq,
        at=row.at,
        rewritten=row.rewritten or 0,
    )
