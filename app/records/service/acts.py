"""The acts: create, amend, retract, reinstate, merge."""

from pydantic import ValidationError
from sqlalchemy import insert, select

from app.core import stamps
from app.core.errors import (
    FieldProblem,
    InvalidRequestError,
    RecordNotFoundError,
    RetractedError,
    StaleRevisionError,
)
from app.core.http.validation import invalid_body
from app.records.documents import Document, decode, named_in
from app.records.merge_patch import merge_patch
from app.records.revisions import Act, Appended, Log, Prior, find_current
from app.records.schemas.written import ActorIn, SourceIn
from app.records.service.append import record
from app.records.service.resolving import Setting
from app.records.service.settle import (
    MODELS,
    Stored,
    WrittenRecord,
    find_reference,
    refuse_taken,
    settle_document,
)
from app.records.store import survivor_of
from app.records.tables import Record, Revision
from app.records.vocabulary import ChangeKind, Operation, RecordType, Visibility


class MergedError(Exception):
    """The record was merged into another one, to which the client is to turn."""

    def __init__(self, survivor_id: str) -> None:
        super().__init__(survivor_id)
        self.survivor_id = survivor_id


def create(
    log: Log,
    record_type: RecordType,
    written: WrittenRecord,
    *,
    record_id: str | None = None,
    pointer: str = "",
) -> tuple[str, Appended]:
    """Make a record; return its id and the numbers of its first revision.

    `record_id` is for records that have their id already; `None` makes a random one.
    `pointer` is where in the request's body the record stands.
    Raises `InvalidRequestError` for a reference that names nothing, a date that
    is none, or a slug or `external_id` that is taken.
    """
    record_id = record_id or stamps.new_id(record_type.prefix)
    directory = Stored(log.connection)
    document = settle_document(log, record_type, written, Setting(_make, directory, pointer))
    refuse_taken(directory, record_type, document, pointer=pointer)
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
    return record_id, record(
        log, record_id, record_type, Act(Operation.CREATE), prior=None, document=document
    )


def _make(log: Log, record_type: RecordType, written: ActorIn | SourceIn, pointer: str) -> str:
    return create(log, record_type, written, pointer=pointer)[0]


def amend(
    log: Log,
    record_id: str,
    patch: Document,
    *,
    kind: ChangeKind,
    reason: str,
    expected: frozenset[int] | None = None,
) -> Appended:
    """Apply a JSON merge patch (RFC 7396) to a record, as it would be written.

    `expected` are the revisions that the client knows: another one raises
    `StaleRevisionError`; `None` asks for no such check.
    """
    prior = _live(log, record_id, expected)
    before = decode(prior.document or b"{}")
    patched = merge_patch(_without_blanks(before), patch)
    try:
        if prior.type is RecordType.EVENT and isinstance(patched, dict):
            # A merge patch says null by leaving out; of an event's date null is a value.
            patched.setdefault("occurred", None)
        written = MODELS[prior.type].validate_python(patched)
    except ValidationError as error:
        raise invalid_body(error, patched) from error
    directory = Stored(log.connection)
    named = frozenset(named_in(before, prior.type))
    setting = Setting(_make, directory, record_id=record_id, named=named)
    document = settle_document(log, prior.type, written, setting)
    refuse_taken(directory, prior.type, document, but=record_id)
    act = Act(Operation.AMEND, kind, reason)
    return record(log, record_id, prior.type, act, prior=prior, document=document)


def _without_blanks(document: Document) -> Document:
    """Return the document without the details that say nothing: another type may not know them."""
    if "details" not in document:
        return document
    said = {name: value for name, value in document["details"].items() if value not in (None, [])}
    return {**document, "details": said}


def retract(
    log: Log, record_id: str, *, kind: ChangeKind, reason: str, expected: frozenset[int] | None = None
) -> Appended:
    """Withdraw a record: a tombstone that says why stays in its place."""
    prior = _live(log, record_id, expected)
    act = Act(Operation.RETRACT, kind, reason)
    return record(log, record_id, prior.type, act, prior=prior, document=None)


def reinstate(
    log: Log, record_id: str, *, kind: ChangeKind, reason: str, expected: frozenset[int] | None = None
) -> Appended:
    """Undo a retraction: the record is again as it was before it."""
    prior = current(log, record_id)
    if prior.is_live:
        raise InvalidRequestError((FieldProblem("path", "id", "The record is not retracted."),))
    expect(prior, expected)
    last = log.connection.execute(
        select(Revision.document)
        # Not always the one before: a withdrawn actor can be redacted.
        .where(Revision.record_id == record_id, Revision.document.is_not(None))
        .order_by(Revision.number.desc())
        .limit(1)
    ).scalar_one()
    act = Act(Operation.REINSTATE, kind, reason)
    return record(log, record_id, prior.type, act, prior=prior, document=decode(last or b"{}"))


def merge(
    log: Log,
    record_id: str,
    into: str,
    *,
    kind: ChangeKind,
    reason: str,
    expected: frozenset[int] | None = None,
) -> Appended:
    """Find a record to be another one of its type, which survives: what names the one names the other.

    `into` is the survivor's id, slug or `external_id`.  Raises `InvalidRequestError`
    for a survivor that is none, that is the record itself, or that fewer may see.
    """
    prior = _live(log, record_id, expected)
    survivor_id = find_reference(log.connection, prior.type, into)
    survivor = None if survivor_id is None else find_current(log.connection, survivor_id)
    message = ""
    if survivor is None:
        message = f"There is no {prior.type.value} {into!r}."
    elif survivor.id == record_id:
        message = "That is the record itself."
    elif _seen_by_fewer(survivor, prior):
        # What names the record would lose it, and nothing would say why.
        message = f"{survivor.id} is {survivor.visibility.value}: fewer may see it than the record."
    if survivor is None or message:
        raise InvalidRequestError((FieldProblem("body", "/into", message),))
    act = Act(Operation.MERGE, kind, reason)
    return record(log, record_id, prior.type, act, prior=prior, document=None, merged_into=survivor.id)


def _seen_by_fewer(survivor: Prior, prior: Prior) -> bool:
    order = [Visibility.PUBLIC, Visibility.EXISTENCE_ONLY, Visibility.RESTRICTED]
    return order.index(survivor.visibility) > order.index(prior.visibility)


def current(log: Log, record_id: str) -> Prior:
    """Return a record's current revision; `RecordNotFoundError`, or `MergedError` with its survivor."""
    prior = find_current(log.connection, record_id)
    if prior is None:
        raise RecordNotFoundError("record", record_id)
    if prior.merged_into is not None:
        raise MergedError(survivor_of(log.connection, record_id))
    return prior


def _live(log: Log, record_id: str, expected: frozenset[int] | None) -> Prior:
    prior = current(log, record_id)
    if not prior.is_live:
        raise RetractedError(record_id, prior.reason or "", f'"{prior.number}"')
    expect(prior, expected)
    return prior


def expect(prior: Prior, expected: frozenset[int] | None) -> None:
    """Raise `StaleRevisionError` unless the record is at an expected revision; `None` expects nothing."""
    if expected is not None and prior.number not in expected:
        raise StaleRevisionError(prior.id, prior.number)
