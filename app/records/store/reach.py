"""Whose answers a change alters."""

from collections.abc import Collection
from functools import cache

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Select,
    and_,
    bindparam,
    func,
    select,
    union,
)
from sqlalchemy.orm import aliased

from app.records.documents import Document
from app.records.revisions import PUBLIC_NOW, SHOWN_IN_PART, visible
from app.records.store.merges import families
from app.records.store.naming import AffectedCases, cases_naming, cases_naming_any, cases_of
from app.records.store.rows import add_ties
from app.records.tables import (
    Allegation,
    Case,
    CaseChange,
    Citation,
    Event,
    EventAllegation,
    EventCase,
    Merge,
    Obligation,
    Participation,
    Party,
    Record,
    Relation,
    Revision,
)
from app.records.vocabulary import RecordType, Visibility


def affected_cases(connection: Connection, record_type: RecordType, ids: Collection[str]) -> AffectedCases:
    """Return the cases whose answers rest on the records, as things stand.

    A change of one record alters every answer that names it, or that names one that was
    merged into it.  Asked before and after the change, the union is what the change alters.
    """
    every, shown = families(connection, ids)
    cases = _resting_now(connection, record_type, every)
    # Through a merge that it does not know of, nothing the public sees is altered.
    if shown != every:
        cases = AffectedCases(cases.every, _resting_now(connection, record_type, shown).public)
    return cases


def _resting_now(connection: Connection, record_type: RecordType, ids: Collection[str]) -> AffectedCases:
    if record_type is RecordType.OBLIGATION:
        # Nothing else names one.
        return AffectedCases()
    rows = connection.execute(_cases_resting_on(record_type), {"ids": list(ids)}).all()
    cases = AffectedCases(
        frozenset(row.case_id for row in rows), frozenset(row.case_id for row in rows if row.is_public)
    )
    if record_type is RecordType.ACTOR:
        cases |= _cases_of_party(connection, ids)
    return cases | cases_naming(connection, record_type, ids)


@cache
def _cases_resting_on(record_type: RecordType) -> Select[str, bool | None]:
    """Return the query, made once a process, for the cases whose answers rest on the records `ids`."""
    seen, case = aliased(Event), aliased(Case)
    # Of an event that is shown in part the public sees which cases it is in, and nothing else it names.
    levels = SHOWN_IN_PART if record_type is RecordType.CASE else (Visibility.PUBLIC.value,)
    return (
        select(
            EventCase.case_id,
            and_(seen.visibility.in_(levels), *visible(case, PUBLIC_NOW)).label("is_public"),
        )
        .join(seen, seen.seq == EventCase.seq)
        # A retracted case has no row.
        .outerjoin(case, and_(case.id == EventCase.case_id, case.last_seq.is_(None)))
        .where(EventCase.last_seq.is_(None), EventCase.seq.in_(resting_events(record_type)))
        .distinct()
    )


def cases_naming_events_of(connection: Connection, case_id: str) -> AffectedCases:
    """Return the cases in which something names one of the case's events, of now or of the past.

    They alter as the case comes into sight or goes out of it.
    """
    own = select(EventCase.event_id).where(EventCase.case_id == case_id)
    merged = select(Merge.id).where(Merge.survivor_id.in_(own))
    naming = aliased(Event)
    rows = connection.execute(
        select(EventCase.case_id, naming.visibility, Record.visibility.label("shown"))
        .join(naming, naming.seq == EventCase.seq)
        .join(Relation, Relation.seq == EventCase.seq)
        .join(Record, Record.id == EventCase.case_id)
        .where(EventCase.last_seq.is_(None), Relation.target_id.in_(own.union(merged)))
        .distinct()
    ).all()
    whole = Visibility.PUBLIC.value
    found = AffectedCases(
        frozenset(row.case_id for row in rows),
        frozenset(row.case_id for row in rows if row.visibility == row.shown == whole),
    )
    return found | cases_naming_any(connection, RecordType.EVENT, own.union(merged))


def _cases_of_party(connection: Connection, actor_ids: Collection[str]) -> AffectedCases:
    rows = connection.execute(
        select(Case.id, Case.visibility)
        .join(Party, Party.seq == Case.seq)
        .where(Party.actor_id.in_(actor_ids), Case.last_seq.is_(None))
    ).all()
    return AffectedCases(
        frozenset(row.id for row in rows),
        frozenset(row.id for row in rows if row.visibility == Visibility.PUBLIC.value),
    )


def cases_ever(connection: Connection, record_type: RecordType, ids: Collection[str]) -> AffectedCases:
    """Return the cases with an answer, of now or of any past moment, that rests on the records."""
    every = _resting_ever(connection, record_type, ids)
    shown = connection.execute(
        select(Record.id).where(
            Record.id.in_(ids),
            Record.visibility != Visibility.RESTRICTED.value,
            select(Revision.seq)
            .where(Revision.record_id == Record.id, Revision.public_seq.is_not(None))
            .exists(),
        )
    ).scalars()
    # What the public cannot see of a record, or never saw, is in none of its answers, whatever names it.
    return AffectedCases(every.every, _resting_ever(connection, record_type, frozenset(shown)).public)


def _resting_ever(connection: Connection, record_type: RecordType, ids: Collection[str]) -> AffectedCases:
    resting: Select[int] | CompoundSelect[int]
    match record_type:
        case RecordType.CASE:
            resting = select(EventCase.seq).where(EventCase.case_id.in_(ids))
        case RecordType.ACTOR:
            resting = select(Participation.seq).where(Participation.actor_id.in_(ids))
        case RecordType.SOURCE:
            resting = select(Citation.seq).where(Citation.source_id.in_(ids))
        case RecordType.EVENT:
            incoming = select(Relation.seq).where(Relation.target_id.in_(ids))
            resting = incoming.union_all(select(Event.seq).where(Event.id.in_(ids)))
        case RecordType.ALLEGATION:
            resting = select(EventAllegation.seq).where(EventAllegation.allegation_id.in_(ids))
        case RecordType.OBLIGATION:
            rows = connection.execute(cases_of(Obligation, Obligation.id.in_(ids))).all()
            shown = (row.case_id for row in rows if row.is_public)
            return AffectedCases(frozenset(row.case_id for row in rows), frozenset(shown))
    event, record, case = aliased(Event), aliased(Record), aliased(Record)
    rows = connection.execute(
        select(
            EventCase.case_id,
            (
                (event.visibility != Visibility.RESTRICTED.value)
                & (record.visibility != Visibility.RESTRICTED.value)
                & (case.visibility == Visibility.PUBLIC.value)
            ).label("is_public"),
        )
        .join(event, event.seq == EventCase.seq)
        .join(record, record.id == event.id)
        .join(case, case.id == EventCase.case_id)
        .where(EventCase.seq.in_(resting))
        .distinct()
    ).all()
    found = AffectedCases(
        frozenset(row.case_id for row in rows), frozenset(row.case_id for row in rows if row.is_public)
    )
    if record_type is RecordType.ACTOR:
        found |= _cases_by_id(connection, select(Party.case_id).where(Party.actor_id.in_(ids)))
    if record_type is RecordType.CASE:
        found |= _cases_by_id(connection, select(Record.id).where(Record.id.in_(ids)))
    if record_type is RecordType.ALLEGATION:
        found |= _cases_by_id(connection, select(Allegation.case_id).where(Allegation.id.in_(ids)))
    return found | cases_naming(connection, record_type, ids, is_ever=True)


def _cases_by_id(connection: Connection, ids: Select[str]) -> AffectedCases:
    rows = connection.execute(select(Record.id, Record.visibility).where(Record.id.in_(ids))).all()
    return AffectedCases(
        frozenset(row.id for row in rows),
        frozenset(row.id for row in rows if row.visibility == Visibility.PUBLIC.value),
    )


@cache
def resting_events(record_type: RecordType) -> Select[int]:
    """Return the current rows of the events whose answers rest on the records, their own not included.

    The query is made once a process; the parameter `ids` says which records.
    """
    ids: BindParameter[list[str]] = bindparam("ids", expanding=True)
    match record_type:
        case RecordType.CASE:
            tie = aliased(EventCase)
            return select(tie.seq).where(tie.case_id.in_(ids), tie.last_seq.is_(None))
        case RecordType.ACTOR:
            return select(Participation.seq).where(
                Participation.actor_id.in_(ids), Participation.last_seq.is_(None)
            )
        case RecordType.SOURCE:
            return select(Citation.seq).where(Citation.source_id.in_(ids), Citation.last_seq.is_(None))
        case RecordType.EVENT:
            other = aliased(Event)
            incoming = select(Relation.seq).where(Relation.target_id.in_(ids), Relation.last_seq.is_(None))
            # Not shown in the other event, but whether it is still unanswered depends on it.
            outgoing = (
                select(other.seq)
                .join(Relation, Relation.target_id == other.id)
                .join(Event, Event.seq == Relation.seq)
                .where(Event.id.in_(ids), Event.last_seq.is_(None), other.last_seq.is_(None))
            )
            both = union(incoming, outgoing).subquery()
            return select(both.c.seq)
        case RecordType.ALLEGATION:
            return select(EventAllegation.seq).where(
                EventAllegation.allegation_id.in_(ids), EventAllegation.last_seq.is_(None)
            )
        case RecordType.OBLIGATION:
            return select(Event.seq).where(Event.id.in_(ids))


def add_case_changes(connection: Connection, seq: int, cases: AffectedCases, *, alters_past: bool) -> None:
    """Note which cases a change alters."""
    add_ties(connection, CaseChange, case_change_rows(seq, cases, alters_past=alters_past))


def case_change_rows(seq: int, cases: AffectedCases, *, alters_past: bool) -> list[Document]:
    """Return the rows that note which cases a change alters."""
    return [
        {"case_id": case_id, "seq": seq, "is_public": case_id in cases.public, "alters_past": alters_past}
        for case_id in sorted(cases.every | cases.public)
    ]


def first_changes(connection: Connection, record_id: str) -> tuple[int, int | None]:
    """Return the first change of the record, and the first one that the public saw, if any."""
    first, public = connection.execute(
        select(
            func.min(Revision.seq),
            func.min(Revision.seq).filter(Revision.public_seq.is_not(None)),
        ).where(Revision.record_id == record_id)
    ).one()
    return first, public
