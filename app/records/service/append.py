"""Appends one revision and brings every read model into step with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, update

from app.core.errors import CaseNotAllowedError, RecordNotFoundError
from app.records import search, store
from app.records.documents import Document, decode, encode, load_stubs, named_in, public_part
from app.records.revisions import PUBLIC_NOW, SEEN_ALONE, Act, Appended, Log, Prior, find_current
from app.records.status.periods import refresh_periods
from app.records.store import AffectedCases, affected_cases
from app.records.tables import Case, Record, Revision
from app.records.vocabulary import ChangeKind, Operation, RecordType, Visibility

_NO_CASES = AffectedCases()
_DISCLOSED = Act(Operation.DISCLOSE, ChangeKind.UPDATE, "What it is part of came into public sight.")


@dataclass(frozen=True, slots=True)
class Step:
    """One act on one record, and what the record was before it."""

    record_id: str
    type: RecordType
    act: Act
    prior: Prior | None
    # What it was, if it was live; what it is to be, unless it is to be a tombstone.
    before: Document | None
    document: Document | None
    visibility: Visibility
    # The record that survives a merge.
    merged_into: str | None

    @property
    def touched(self) -> list[str]:
        """Return the records whose names mean something else afterwards."""
        return [self.record_id] if self.merged_into is None else [self.record_id, self.merged_into]

    @property
    def alters_past(self) -> bool:
        """Tell whether past answers change, too."""
        is_shown_otherwise = self.prior is not None and self.visibility is not self.prior.visibility
        return is_shown_otherwise or self.act.operation is Operation.REDACT

    @property
    def is_seen_anew(self) -> bool:
        """Tell whether a case, and its events with it, may come into sight or go out of it."""
        is_otherwise = self.alters_past or self.document is None or self.before is None
        return self.type is RecordType.CASE and is_otherwise

    @property
    def is_opening(self) -> bool:
        """Tell whether a case comes into public sight, and its events with it."""
        return self.type is RecordType.CASE and _is_open(self.document) and not _is_open(self.before)


def record(
    log: Log,
    record_id: str,
    record_type: RecordType,
    act: Act,
    *,
    prior: Prior | None,
    document: Document | None,
    merged_into: str | None = None,
    beyond: AffectedCases = _NO_CASES,
    is_told: bool = False,
) -> Appended:
    """Append the revision that `act` makes; `document` is `None` for a tombstone.

    `merged_into` is the record that survives a merge.  `beyond` are cases whose answers
    the act alters besides those that follow from the record; `is_told` says that it alters
    something else the public sees.  Raises `CaseNotAllowedError`
    where the writer is limited to other cases.
    """
    connection = log.connection
    before = decode(prior.document) if prior and prior.is_live and prior.document else None
    hidden_as = prior.visibility if prior else Visibility.PUBLIC
    visibility = hidden_as if document is None else Visibility(document["visibility"])
    step = Step(record_id, record_type, act, prior, before, document, visibility, merged_into)
    is_public = (
        is_told
        or bool(beyond.public)
        or any(
            one is not None and is_seen(record_type, one, _own_cases(log, record_type, record_id, one))
            for one in (before, document)
        )
        or _was_seen_otherwise(log, step)
    )
    orders = store.family(connection, step.touched if step.type is RecordType.EVENT else ())
    unseen = store.unseen_obligations(connection, orders) if prior else frozenset()
    resting = affected_cases(connection, record_type, step.touched) if prior else AffectedCases()
    own = _own_cases_of(log, step)
    refuse_beyond_limit(log, step, own=own, resting=resting)
    past = _cases_of_the_past(log, step)
    cited = _cited(log, step)
    appended = log.append(
        record_id,
        record_type,
        act,
        prior=prior,
        document=encode(document) if document else None,
        visibility=visibility,
        is_public=is_public,
        alters_past=step.alters_past,
        merged_into=merged_into,
        shown=_shown(log, step) if is_public else None,
    )
    _update_record(log, step, appended)
    _replace_rows(log, step, appended.seq, is_public=is_public)
    _keep_words(log, step, appended)
    store.reindex_quotes(connection, before=cited, now=_cited(log, step))
    past |= _cases_of_the_past(log, step)
    cases = own | resting | past | beyond | affected_cases(connection, record_type, step.touched)
    if prior is not None and step.is_seen_anew:
        cases |= store.cases_naming_events_of(connection, record_id)
    if not is_public:
        cases = AffectedCases(cases.every, frozenset())
    store.add_case_changes(connection, appended.seq, cases, alters_past=step.alters_past)
    _keep_ready(log, step, appended.seq)
    _keep_periods(log, step, appended.seq)
    if step.is_opening:
        _disclose(log, store.entering_with(connection, record_id))
    if unseen:
        # They came into sight with their order.
        _disclose(log, sorted(unseen - store.unseen_obligations(connection, orders)))
    return appended


def _was_seen_otherwise(log: Log, step: Step) -> bool:
    """Tell whether past answers show the record otherwise, although it may be in no open case now."""
    if step.prior is None or step.visibility is step.prior.visibility:
        return False
    return store.first_changes(log.connection, step.record_id)[1] is not None


def _cases_of_the_past(log: Log, step: Step) -> AffectedCases:
    """Return the cases that showed the record once, where past answers show it otherwise from now on."""
    if step.prior is None or not step.alters_past:
        return _NO_CASES
    every, shown = store.families(log.connection, [step.record_id])
    cases = store.cases_ever(log.connection, step.type, every)
    # As in `affected_cases`: of a merge that the public does not know nothing follows.
    known = cases if shown == every else store.cases_ever(log.connection, step.type, shown)
    return AffectedCases(cases.every, known.public)


def _shown(log: Log, step: Step) -> bytes | None:
    """Return what the public sees of the document as it is recorded."""
    if step.document is None:
        return None
    named = load_stubs(log.connection, named_in(step.document, step.type), PUBLIC_NOW)
    return encode(public_part(step.document, step.type, named))


def _update_record(log: Log, step: Step, appended: Appended) -> None:
    document = step.document
    names = {} if document is None else {"slug": document.get("slug"), "external_id": document["external_id"]}
    log.connection.execute(
        update(Record)
        .where(Record.id == step.record_id)
        .values(
            seq=appended.seq,
            revision=appended.number,
            visibility=step.visibility.value,
            is_live=document is not None,
            merged_into=step.merged_into,
            **names,
        )
    )


def _replace_rows(log: Log, step: Step, seq: int, *, is_public: bool) -> None:
    connection = log.connection
    if step.prior is not None and step.prior.is_live:
        store.close_rows(connection, step.type, step.prior.seq, seq)
    if step.document is not None:
        recorded = store.first_changes(connection, step.record_id)
        store.add_rows(connection, step.type, step.record_id, seq, step.document, recorded=recorded)
        store.add_words(connection, step.type, seq, step.document)
    if step.merged_into is not None:
        shown = step.visibility if is_public else Visibility.RESTRICTED
        store.add_merge(connection, seq, step.record_id, step.merged_into, visibility=shown)


def _cited(log: Log, step: Step) -> frozenset[str]:
    """Return those of the sources an act touches whose citations the public sees."""
    if step.type is not RecordType.SOURCE:
        return frozenset()
    return store.shown_sources(log.connection, store.family(log.connection, step.touched))


def _keep_ready(log: Log, step: Step, seq: int) -> None:
    connection = log.connection
    if step.act.operation is Operation.REDACT:
        store.wipe_ready(connection, step.type, step.record_id)
    store.refresh_ready(connection, step.type, step.record_id)
    if step.is_seen_anew:
        store.outdate_ready_in_case(connection, step.record_id)
    if step.type is RecordType.EVENT and step.document is not None:
        store.make_ready(connection, [seq])


def _keep_periods(log: Log, step: Step, seq: int) -> None:
    """Work out anew how the obligations stand that rest on the record."""
    if step.type is not RecordType.CASE or step.is_seen_anew:
        refresh_periods(log.connection, step.type, store.family(log.connection, step.touched), seq)


def refuse_beyond_limit(log: Log, step: Step, *, own: AffectedCases, resting: AffectedCases) -> None:
    """Raise `CaseNotAllowedError` where the act changes a case that the writer may not write to."""
    # The events of a case follow it: whoever may open the case may disclose them.
    if log.cases is None or step.act.operation is Operation.DISCLOSE:
        return
    if step.type is RecordType.CASE and step.prior is None:
        raise CaseNotAllowedError(())
    is_shared = step.type in {RecordType.ACTOR, RecordType.SOURCE}
    beyond = (resting if is_shared else own).every - log.cases
    if beyond:
        raise CaseNotAllowedError(beyond)


def _keep_words(log: Log, step: Step, appended: Appended) -> None:
    """Take the words of a hidden record's past out of the index, or put them back."""
    if step.prior is None or step.type is RecordType.EVENT:
        return
    is_shown, was_shown = (one is Visibility.PUBLIC for one in (step.visibility, step.prior.visibility))
    if is_shown == was_shown:
        return
    rows = log.connection.execute(
        select(Revision.seq, Revision.document).where(
            Revision.record_id == step.record_id, Revision.document.is_not(None), Revision.seq != appended.seq
        )
    ).all()
    for row in rows:
        past = decode(row.document)
        if is_shown:
            search.add_words(log.connection, step.type, row.seq, past)
        else:
            search.remove_words(log.connection, step.type, row.seq, past)


def _is_open(case: Document | None) -> bool:
    return case is not None and case["visibility"] == Visibility.PUBLIC


def _disclose(log: Log, ids: Iterable[str]) -> None:
    """Append a revision to every record that came into public sight with what it is part of.

    The public's feed names what a reader has to fetch; without an act of their
    own these records would be in no row of it.
    """
    for record_id in ids:
        prior = find_current(log.connection, record_id)
        if prior is None or prior.document is None:
            raise RecordNotFoundError("record", record_id)
        record(log, record_id, prior.type, _DISCLOSED, prior=prior, document=decode(prior.document))


def is_seen(record_type: RecordType, document: Document, own: AffectedCases) -> bool:
    """Tell whether the public sees a record, whose `own_cases` are given, in whole or in part."""
    if document["visibility"] == Visibility.RESTRICTED:
        return False
    return record_type.value in SEEN_ALONE or bool(own.public)


def _public_cases(log: Log, ids: Iterable[str]) -> frozenset[str]:
    return frozenset(
        log.connection.execute(
            select(Case.id).where(
                Case.id.in_(list(ids)),
                Case.last_seq.is_(None),
                Case.visibility == Visibility.PUBLIC.value,
            )
        ).scalars()
    )


def _own_cases_of(log: Log, step: Step) -> AffectedCases:
    """Return the cases that hold the record before or after the act, and its survivor."""
    documents = [step.before, step.document]
    if step.merged_into is not None and step.type is RecordType.EVENT:
        survivor = find_current(log.connection, step.merged_into)
        documents.append(decode(survivor.document) if survivor and survivor.document else None)
    cases = AffectedCases()
    for document in documents:
        cases |= _own_cases(log, step.type, step.record_id, document)
    return cases


def _own_cases(log: Log, record_type: RecordType, record_id: str, document: Document | None) -> AffectedCases:
    if document is None:
        return AffectedCases()
    if record_type is RecordType.OBLIGATION:
        is_shown = document["visibility"] != Visibility.RESTRICTED
        return store.cases_of_order(log.connection, document["order"], is_shown=is_shown)
    cases = cases_in(record_type, document)
    return own_cases(record_type, record_id, document, _public_cases(log, cases) if cases else frozenset())


def cases_in(record_type: RecordType, document: Document) -> list[str]:
    """Return the cases that the document of an event or of an allegation names."""
    match record_type:
        case RecordType.EVENT:
            return [*document["cases"]]
        case RecordType.ALLEGATION:
            return [document["case"]]
        case _:
            return []


def own_cases(
    record_type: RecordType, record_id: str, document: Document, public_cases: frozenset[str]
) -> AffectedCases:
    """Return the cases that hold the record itself, whatever names it.

    `public_cases` are those of its cases that the public sees; of an obligation the cases are its order's.
    """
    is_shown = document["visibility"] != Visibility.RESTRICTED
    if record_type is RecordType.CASE:
        return AffectedCases(frozenset({record_id}), frozenset({record_id} if is_shown else ()))
    cases = cases_in(record_type, document)
    return AffectedCases(frozenset(cases), public_cases if is_shown else frozenset())
