"""What can be done to records.  Every act appends one revision of one record.

Functions here work inside the transaction of the `Log` they are given and never
commit: one request, or one batch of an import, is one transaction, and whoever
opened it closes it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import insert, or_, select, update

from app.core import stamps
from app.core.edtf import EdtfError, parse_occurred
from app.core.edtf.calendar import zone_of
from app.core.errors import (
    FieldProblem,
    InvalidRequestError,
    RecordNotFoundError,
    RetractedError,
    StaleRevisionError,
)
from app.records import search, store
from app.records.documents import Document, decode, encode
from app.records.merge_patch import merge_patch
from app.records.revisions import Act, Appended, Log, Prior, find_current
from app.records.schemas.written import ActorIn, CaseIn, EventIn, SourceIn
from app.records.store import AffectedCases, affected_cases
from app.records.tables import Case, Record, Revision
from app.records.vocabulary import ChangeKind, EventType, Operation, RecordType, Visibility

WrittenRecord: TypeAlias = CaseIn | ActorIn | SourceIn | EventIn
EVENT_TYPES = frozenset(one.value for one in EventType)
MODELS: Mapping[RecordType, TypeAdapter[Any]] = {
    RecordType.CASE: TypeAdapter(CaseIn),
    RecordType.ACTOR: TypeAdapter(ActorIn),
    RecordType.SOURCE: TypeAdapter(SourceIn),
    RecordType.EVENT: TypeAdapter(EventIn),
}


def create(
    log: Log, record_type: RecordType, written: WrittenRecord, *, record_id: str | None = None
) -> tuple[str, Appended]:
    """Make a record; return its id and the numbers of its first revision.

    `record_id` is for records that have their id already; `None` makes a random one.
    Raises `InvalidRequestError` for a reference that names nothing, a date that
    is none, or a slug or `external_id` that is taken.
    """
    record_id = record_id or stamps.new_id(record_type.prefix)
    document = _document(log, record_type, written)
    _refuse_taken(log, record_type, document, but=None)
    log.connection.execute(
        insert(Record).values(
            id=record_id,
            type=record_type.value,
            slug=document.get("slug"),
            external_id=document["external_id"],
            seq=0,
            revision=0,
            visibility=document["visibility"],
            is_live=True,
            merged_into=None,
        )
    )
    appended = _record(log, record_id, record_type, Act(Operation.CREATE), prior=None, document=document)
    return record_id, appended


def amend(
    log: Log,
    record_id: str,
    patch: Document,
    *,
    kind: ChangeKind,
    reason: str,
    expected: int | None = None,
) -> Appended:
    """Apply a JSON merge patch (RFC 7396) to a record, as it would be written.

    `expected` is the revision the client last read: another one raises
    `StaleRevisionError`; `None` asks for no such check.
    """
    prior = _live(log, record_id, expected)
    before = decode(prior.document or b"{}")
    try:
        patched = merge_patch(before, patch)
        if prior.type is RecordType.EVENT and isinstance(patched, dict):
            # A merge patch says null by leaving out; of an event's date null is a value.
            patched.setdefault("occurred", None)
        written = MODELS[prior.type].validate_python(patched)
    except ValidationError as error:
        raise InvalidRequestError(_body_problems(error)) from error
    document = _document(log, prior.type, written)
    _refuse_taken(log, prior.type, document, but=record_id)
    return _record(
        log, record_id, prior.type, Act(Operation.AMEND, kind, reason), prior=prior, document=document
    )


def retract(log: Log, record_id: str, *, reason: str, expected: int | None = None) -> Appended:
    """Withdraw a record: a tombstone that says why stays in its place."""
    prior = _live(log, record_id, expected)
    act = Act(Operation.RETRACT, ChangeKind.RETRACTION, reason)
    return _record(log, record_id, prior.type, act, prior=prior, document=None)


def reinstate(
    log: Log, record_id: str, *, kind: ChangeKind, reason: str, expected: int | None = None
) -> Appended:
    """Undo a retraction: the record is again as it was before it."""
    prior = find_current(log.connection, record_id)
    if prior is None:
        raise RecordNotFoundError("record", record_id)
    _expect(prior, expected)
    last = log.connection.execute(
        select(Revision.document).where(Revision.record_id == record_id, Revision.number == prior.number - 1)
    ).scalar_one_or_none()
    if prior.is_live or last is None or prior.merged_into is not None:
        problem = FieldProblem(where="path", name="id", message="The record is not retracted.")
        raise InvalidRequestError((problem,))
    act = Act(Operation.REINSTATE, kind, reason)
    return _record(log, record_id, prior.type, act, prior=prior, document=decode(last))


def _live(log: Log, record_id: str, expected: int | None) -> Prior:
    prior = find_current(log.connection, record_id)
    if prior is None:
        raise RecordNotFoundError("record", record_id)
    if not prior.is_live:
        raise RetractedError(record_id, "The record is retracted.", None)
    _expect(prior, expected)
    return prior


def _expect(prior: Prior, expected: int | None) -> None:
    if expected is not None and prior.number != expected:
        raise StaleRevisionError(prior.id, prior.number)


def _record(
    log: Log,
    record_id: str,
    record_type: RecordType,
    act: Act,
    *,
    prior: Prior | None,
    document: Document | None,
) -> Appended:
    """Append the revision and bring every read model into step with it."""
    connection = log.connection
    if document is not None:
        visibility = Visibility(document["visibility"])
    else:
        visibility = prior.visibility if prior else Visibility.PUBLIC
    was_public = prior is not None and prior.is_live and _is_public(log, record_type, _before(prior))
    is_public = was_public or (document is not None and _is_public(log, record_type, document))
    alters_past = prior is not None and visibility is not prior.visibility
    cases = affected_cases(connection, record_type, record_id) if prior else AffectedCases()
    own_before = _own_cases(log, record_type, record_id, _before(prior) if prior and prior.is_live else None)
    appended = log.append(
        record_id,
        record_type,
        act,
        prior=prior,
        document=encode(document) if document else None,
        visibility=visibility,
        is_public=is_public,
        alters_past=alters_past,
    )
    connection.execute(
        update(Record)
        .where(Record.id == record_id)
        .values(
            seq=appended.seq,
            revision=appended.number,
            visibility=visibility.value,
            is_live=document is not None,
            **(
                {"slug": document.get("slug"), "external_id": document["external_id"]}
                if document is not None
                else {}
            ),
        )
    )
    if prior is not None and prior.is_live:
        store.close_rows(connection, record_type, prior.seq, appended.seq)
    if document is not None:
        recorded = store.first_changes(connection, record_id)
        store.add_rows(connection, record_type, record_id, appended.seq, document, recorded=recorded)
    if record_type is RecordType.SOURCE and prior is not None:
        was_shown = prior.is_live and prior.visibility is Visibility.PUBLIC
        if was_shown != (document is not None and visibility is Visibility.PUBLIC):
            store.reindex_quotes(connection, record_id, was_shown=was_shown)
    if alters_past and record_type is not RecordType.EVENT:
        _reindex(log, record_id, record_type, visibility, but=appended.seq)
    cases |= own_before | _own_cases(log, record_type, record_id, document)
    cases |= affected_cases(connection, record_type, record_id)
    if not is_public:
        cases = AffectedCases(cases.every, frozenset())
    store.add_case_changes(connection, appended.seq, cases, alters_past=alters_past)
    store.refresh_ready(connection, record_type, record_id)
    if record_type is RecordType.CASE and (alters_past or document is None or not (prior and prior.is_live)):
        store.empty_ready_in_case(connection, record_id)
    if record_type is RecordType.EVENT and document is not None:
        store.make_ready(connection, [appended.seq])
    return appended


def _before(prior: Prior) -> Document:
    return decode(prior.document or b"{}")


def _is_public(log: Log, record_type: RecordType, document: Document) -> bool:
    if document["visibility"] == Visibility.RESTRICTED:
        return False
    if record_type is not RecordType.EVENT:
        return True
    return bool(_public_cases(log, document["cases"]))


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


def _own_cases(log: Log, record_type: RecordType, record_id: str, document: Document | None) -> AffectedCases:
    """Return the cases that hold the record itself, whatever names it."""
    if document is None:
        return AffectedCases()
    is_shown = document["visibility"] != Visibility.RESTRICTED
    if record_type is RecordType.CASE:
        return AffectedCases(frozenset({record_id}), frozenset({record_id} if is_shown else ()))
    if record_type is RecordType.EVENT:
        return AffectedCases(
            frozenset(document["cases"]),
            _public_cases(log, document["cases"]) if is_shown else frozenset(),
        )
    return AffectedCases()


def _reindex(log: Log, record_id: str, record_type: RecordType, visibility: Visibility, *, but: int) -> None:
    """Take the words of a hidden record's history out of the index, or put them back."""
    rows = log.connection.execute(
        select(Revision.seq, Revision.document).where(
            Revision.record_id == record_id, Revision.document.is_not(None), Revision.seq != but
        )
    ).all()
    for row in rows:
        document = decode(row.document)
        if visibility is Visibility.PUBLIC:
            search.add_words(log.connection, record_type, row.seq, document)
        else:
            search.remove_words(log.connection, record_type, row.seq, document)


def _refuse_taken(log: Log, record_type: RecordType, document: Document, *, but: str | None) -> None:
    problems: list[FieldProblem] = []
    for field, column in (("slug", Record.slug), ("external_id", Record.external_id)):
        value = document.get(field)
        if value is None:
            continue
        holder = log.connection.execute(
            select(Record.id).where(Record.type == record_type.value, column == value)
        ).scalar_one_or_none()
        if holder not in (None, but):
            message = f"{value!r} is taken by {holder}."
            problems.append(FieldProblem(where="body", name=f"/{field}", message=message))
    if problems:
        raise InvalidRequestError(tuple(problems))


def _body_problems(error: ValidationError) -> tuple[FieldProblem, ...]:
    return tuple(
        FieldProblem(
            where="body",
            # The type of an event, which chose the model, is no part of the body's path.
            name="".join(f"/{part}" for n, part in enumerate(one["loc"]) if n or part not in EVENT_TYPES),
            message=one["msg"],
        )
        for one in error.errors(include_input=False, include_url=False)
    )


class _Resolver:
    """Turns the references of one written record into ids, and collects what names nothing."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.problems: list[FieldProblem] = []

    def resolve(self, record_type: RecordType, reference: str, pointer: str) -> str:
        found = find_reference(self.log, record_type, reference)
        if found is None:
            message = f"There is no {record_type.value} {reference!r}."
            self.problems.append(FieldProblem(where="body", name=pointer, message=message))
            return reference
        return found

    def resolve_or_make(
        self, record_type: RecordType, reference: str | ActorIn | SourceIn, pointer: str
    ) -> str:
        if isinstance(reference, str):
            return self.resolve(record_type, reference, pointer)
        return create(self.log, record_type, reference)[0]

    def refuse(self, pointer: str, message: str) -> None:
        self.problems.append(FieldProblem(where="body", name=pointer, message=message))

    def finish(self) -> None:
        if self.problems:
            raise InvalidRequestError(tuple(self.problems))


def find_reference(log: Log, record_type: RecordType, reference: str) -> str | None:
    """Return the id of the live record of that id, slug or `external_id`; `None` when there is none."""
    found = log.connection.execute(
        select(Record.id, Record.slug, Record.is_live, Record.merged_into).where(
            Record.type == record_type.value,
            or_(Record.id == reference, Record.slug == reference, Record.external_id == reference),
        )
    ).all()
    # An id wins over a slug, and a slug over another system's id, where one text is several.
    for row in sorted(found, key=lambda row: (row.id != reference, row.slug != reference)):
        if row.merged_into is not None:
            return find_reference(log, record_type, row.merged_into)
        if row.is_live:
            live: str = row.id
            return live
    return None


def _document(log: Log, record_type: RecordType, written: WrittenRecord) -> Document:
    """Return the document to store: every key present, references as ids, dates checked."""
    resolver = _Resolver(log)
    match record_type:
        case RecordType.EVENT:
            document = _event_document(resolver, written)
        case RecordType.CASE:
            document = written.model_dump(mode="json")
            _check_zone(resolver, document["timezone"])
            for d, docket in enumerate(document["dockets"]):
                for p, party in enumerate(docket["parties"]):
                    pointer = f"/dockets/{d}/parties/{p}/actor"
                    party["actor"] = resolver.resolve(RecordType.ACTOR, party["actor"], pointer)
        case RecordType.ACTOR:
            document = written.model_dump(mode="json")
        case RecordType.SOURCE:
            document = written.model_dump(mode="json")
            _check_date(resolver, document["published"], "UTC", "/published")
    resolver.finish()
    return document


def _check_zone(resolver: _Resolver, zone: str) -> None:
    try:
        zone_of(zone)
    except ValueError as error:
        resolver.refuse("/timezone", str(error))


def _check_date(resolver: _Resolver, text: str | None, zone: str, pointer: str) -> None:
    if text is None:
        return
    try:
        parse_occurred(text, zone)
    except EdtfError as error:
        resolver.refuse(pointer, str(error))


def _event_document(resolver: _Resolver, written: Any) -> Document:  # noqa: ANN401 - one of twelve models
    document: Document = written.model_dump(mode="json")
    document["cases"] = list(
        dict.fromkeys(
            resolver.resolve(RecordType.CASE, reference, f"/cases/{n}")
            for n, reference in enumerate(written.cases)
        )
    )
    document["tags"] = sorted(set(document["tags"]))
    _fill_date(resolver, document)
    for n, actor in enumerate(written.actors):
        document["actors"][n]["actor"] = resolver.resolve_or_make(
            RecordType.ACTOR, actor.actor, f"/actors/{n}/actor"
        )
    for n, citation in enumerate(written.citations):
        document["citations"][n]["source"] = resolver.resolve_or_make(
            RecordType.SOURCE, citation.source, f"/citations/{n}/source"
        )
        _check_date(resolver, citation.occurred, document["timezone"], f"/citations/{n}/occurred")
    for n, relation in enumerate(written.relations):
        document["relations"][n]["event"] = resolver.resolve(
            RecordType.EVENT, relation.event, f"/relations/{n}/event"
        )
    return document


def _fill_date(resolver: _Resolver, document: Document) -> None:
    """Settle the date as text and the time zone beside it."""
    occurred = document["occurred"]
    pointer = "/occurred"
    if isinstance(occurred, dict):
        document["timezone"] = occurred["timezone"] or document["timezone"]
        document["occurred"] = occurred["edtf"]
        pointer = "/occurred/edtf"
    if document["timezone"] is None:
        document["timezone"] = (
            resolver.log.connection.execute(
                select(Case.timezone).where(Case.id == document["cases"][0], Case.last_seq.is_(None))
            ).scalar_one_or_none()
            or "UTC"
        )
    _check_zone(resolver, document["timezone"])
    _check_date(resolver, document["occurred"], document["timezone"], pointer)
