"""Which cases have an allegation or an obligation that names a record."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    bindparam,
    select,
    union,
)
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.records.revisions import PUBLIC_NOW, View, case_in_sight, order_in_sight, survivor_of
from app.records.tables import Allegation, Case, EventCase, Obligation, ObligationTie, Position, Record
from app.records.vocabulary import RecordType, Visibility

_WHOLE: Final = Visibility.PUBLIC.value
_ALL_NOW: Final = View(Audience.KEYS)


@dataclass(frozen=True, slots=True)
class AffectedCases:
    """The cases whose answers a change alters, and those whose public answers it alters."""

    every: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()

    def __or__(self, other: "AffectedCases") -> "AffectedCases":
        """Return the cases of both."""
        return AffectedCases(self.every | other.every, self.public | other.public)


# Which records are meant: a parameter, or the query for their ids.
Ids: TypeAlias = BindParameter[list[str]] | Select[str] | CompoundSelect[str]


def cases_naming(
    connection: Connection, record_type: RecordType, ids: Collection[str], *, is_ever: bool = False
) -> AffectedCases:
    """Return the cases with an allegation or an obligation that names one of the records.

    Those of now; with `is_ever` those of any past moment, too.
    """
    query = _made_once(record_type, is_ever=is_ever)
    if query is None:
        return AffectedCases()
    return _found(connection, query, {"ids": list(ids)})


def cases_naming_any(connection: Connection, record_type: RecordType, ids: Ids) -> AffectedCases:
    """Return the cases of now that name one of the records whose ids a query gives."""
    query = _cases(record_type, ids, is_ever=False)
    return AffectedCases() if query is None else _found(connection, query, {})


def cases_of_order(connection: Connection, order_id: str, *, is_shown: bool) -> AffectedCases:
    """Return the cases of an order, by itself or as its survivor; `is_shown` says that its obligation is."""
    tie, case, order = aliased(EventCase), aliased(Case), aliased(Record)
    named = aliased(Record)
    rows = connection.execute(
        select(
            tie.case_id,
            and_(
                order_in_sight(named.id, PUBLIC_NOW), case.visibility == _WHOLE, order.visibility == _WHOLE
            ).label("is_public"),
        )
        .select_from(named)
        .join(tie, and_(tie.event_id == survivor_of(named.id, _ALL_NOW), tie.last_seq.is_(None)))
        .join(order, order.id == tie.event_id)
        .outerjoin(case, and_(case.id == tie.case_id, case.last_seq.is_(None)))
        .where(named.id == order_id)
    ).all()
    shown = (row.case_id for row in rows if row.is_public and is_shown)
    return AffectedCases(frozenset(row.case_id for row in rows), frozenset(shown))


def unseen_obligations(connection: Connection, order_ids: Collection[str]) -> frozenset[str]:
    """Return the obligations of some orders that the public would see if it saw their order."""
    one = aliased(Obligation)
    return frozenset(
        connection.execute(
            select(one.id).where(
                one.order_id.in_(order_ids),
                one.last_seq.is_(None),
                one.visibility != Visibility.RESTRICTED.value,
                ~order_in_sight(one.order_id, PUBLIC_NOW),
            )
        ).scalars()
    )


def _found(connection: Connection, query: CompoundSelect[Any], named: dict[str, Any]) -> AffectedCases:
    rows = connection.execute(query, named).all()
    return AffectedCases(
        frozenset(row.case_id for row in rows), frozenset(row.case_id for row in rows if row.is_public)
    )


@cache
def _made_once(record_type: RecordType, *, is_ever: bool) -> CompoundSelect[Any] | None:
    return _cases(record_type, bindparam("ids", expanding=True), is_ever=is_ever)


def _cases(record_type: RecordType, ids: Ids, *, is_ever: bool) -> CompoundSelect[Any] | None:
    allegation, obligation = aliased(Allegation), aliased(Obligation)
    position, tie = aliased(Position), aliased(ObligationTie)
    found: list[Select[Any]] = []
    match record_type:
        case RecordType.ACTOR:
            found.append(_of_allegations(allegation, position, position.actor_id.in_(ids), is_ever=is_ever))
            held, named = obligation.bound_id.in_(ids), tie.actor_id.in_(ids)
            found += _of_obligations(obligation, tie, held, named, is_ever=is_ever)
        case RecordType.EVENT:
            found.append(_of_allegations(allegation, position, position.event_id.in_(ids), is_ever=is_ever))
            held, named = obligation.order_id.in_(ids), tie.event_id.in_(ids)
            found += _of_obligations(obligation, tie, held, named, is_ever=is_ever)
        case RecordType.SOURCE:
            found.append(_of_allegations(allegation, position, position.source_id.in_(ids), is_ever=is_ever))
        case RecordType.CASE | RecordType.ALLEGATION | RecordType.OBLIGATION:
            return None
    return union(*found)


def _of_allegations(
    allegation: type[Allegation], position: type[Position], named: ColumnElement[bool], *, is_ever: bool
) -> Select[Any]:
    query = select(allegation.case_id).join(position, position.seq == allegation.seq).where(named)
    if not is_ever:
        is_public = and_(allegation.visibility == _WHOLE, case_in_sight(allegation.case_id, PUBLIC_NOW))
        return query.add_columns(is_public.label("is_public")).where(position.last_seq.is_(None))
    record, case = aliased(Record), aliased(Record)
    is_public = and_(allegation.visibility == _WHOLE, record.visibility == _WHOLE, case.visibility == _WHOLE)
    return (
        query.add_columns(is_public.label("is_public"))
        .join(record, record.id == allegation.id)
        .join(case, case.id == allegation.case_id)
    )


def _of_obligations(
    obligation: type[Obligation],
    tie: type[ObligationTie],
    held: ColumnElement[bool],
    named: ColumnElement[bool],
    *,
    is_ever: bool,
) -> list[Select[Any]]:
    """Return the queries for what an obligation itself names, and for what its terms, responses … name."""
    inner = select(tie.seq).where(named)
    if not is_ever:
        held, inner = held & obligation.last_seq.is_(None), inner.where(tie.last_seq.is_(None))
    return [cases_of(obligation, one, is_ever=is_ever) for one in (held, obligation.seq.in_(inner))]


def cases_of(
    obligation: type[Obligation], which: ColumnElement[bool], *, is_ever: bool = True
) -> Select[Any]:
    """Return the query for the cases of some obligations, and whether the public sees those there."""
    of_order, order, case = aliased(EventCase), aliased(Record), aliased(Record)
    record = aliased(Record)
    query = (
        select(obligation.seq)
        .join(of_order, of_order.event_id == survivor_of(obligation.order_id, _ALL_NOW))
        .join(order, order.id == of_order.event_id)
        .join(record, record.id == obligation.id)
        .join(case, case.id == of_order.case_id)
        .where(which)
    )
    is_public = and_(
        obligation.visibility == _WHOLE,
        record.visibility == _WHOLE,
        order.visibility == _WHOLE,
        case.visibility == _WHOLE,
    )
    if not is_ever:
        query = query.where(of_order.last_seq.is_(None))
        is_public = and_(is_public, order_in_sight(obligation.order_id, PUBLIC_NOW))
    return cast(
        "Select[Any]",
        query.with_only_columns(of_order.case_id, is_public.label("is_public"), maintain_column_froms=True),
    )
