"""Recomputes the chain of hashes over the log, for one reader's numbering."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Connection, and_, select
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.changes.feed import digest_of, is_shown, number_of
from app.core import stamps
from app.core.errors import FieldProblem, InvalidRequestError
from app.records.revisions import GENESIS, chain
from app.records.tables import Record, Revision
from app.records.vocabulary import Operation

# How many rows are held at a time.
BATCH: Final = 500

Fault: TypeAlias = Literal["missing", "hash", "document"]


@dataclass(frozen=True, slots=True)
class Invalid:
    """The first change that is not as it was recorded."""

    seq: int
    what: Fault


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of looking at the changes from `first` to `last`."""

    first: int
    last: int
    checked: int
    first_invalid: Invalid | None
    head_seq: int
    head_hash: str
    redacted: int


def verify_log(
    connection: Connection,
    audience: Audience,
    *,
    first: int = 1,
    last: int | None = None,
    at_most: int | None = None,
) -> Verification:
    """Recompute the chain from the change `first` to `last`, in the audience's numbering.

    `last` `None` is the newest change, or the last of `at_most` where that comes
    before it.  The hash before `first` is taken as it stands.  It stops at the first
    change that is not as it was recorded.  Raises `InvalidRequestError` for
    changes there are not.
    """
    number = number_of(audience)
    head = connection.execute(
        select(number.label("seq"), _hash_of(audience).label("hash"))
        .where(number.is_not(None))
        .order_by(number.desc())
        .limit(1)
    ).one_or_none()
    head_seq, head_hash = (head.seq, head.hash) if head else (0, GENESIS)
    if last is None:
        last = head_seq if at_most is None else min(head_seq, first + at_most - 1)
    _refuse_unwritten(first, last, head_seq)
    previous, expected, checked, redacted = _before(connection, audience, first), first, 0, 0
    invalid: Invalid | None = None
    for row in _rows(connection, audience, first, last):
        fault = _fault(row, expected, previous)
        checked += 1
        if fault is not None:
            invalid = Invalid(expected if fault == "missing" else row.number, fault)
            break
        previous, expected = row.hash, expected + 1
        redacted += bool(row.is_known_redacted)
    if invalid is None and expected <= last:
        invalid = Invalid(expected, "missing")
    return Verification(first, last, checked, invalid, head_seq, head_hash, redacted)


def _refuse_unwritten(first: int, last: int, head: int) -> None:
    problems = [
        FieldProblem("query", name, f"The newest change is {head}.")
        for name, value in (("from", first), ("to", last))
        if value > max(head, 1 if name == "from" else 0)
    ]
    if not problems and last < first - 1:
        problems = [FieldProblem("query", "to", "This comes before `from`.")]
    if problems:
        raise InvalidRequestError(tuple(problems))


def _hash_of(audience: Audience) -> Any:  # noqa: ANN401 - one of two columns
    return Revision.public_hash if audience is Audience.PUBLIC else Revision.hash


def _before(connection: Connection, audience: Audience, first: int) -> str:
    """Return the hash of the change before `first`."""
    number = number_of(audience)
    found = connection.execute(select(_hash_of(audience)).where(number == first - 1)).scalar_one_or_none()
    return found or GENESIS


def _rows(connection: Connection, audience: Audience, first: int, last: int) -> Iterator[Any]:
    number = number_of(audience)
    redaction = aliased(Revision)
    query = (
        select(
            number.label("number"),
            Revision.at,
            Revision.operation,
            Revision.record_id,
            Revision.number.label("revision"),
            Revision.document,
            Revision.digest,
            digest_of(audience).label("chained_digest"),
            _hash_of(audience).label("hash"),
            redaction.operation.label("redacted_by"),
            # Nobody is told of redactions of what is not to be seen.
            and_(Revision.redacted_seq.is_not(None), is_shown(audience)).label("is_known_redacted"),
        )
        .join(Record, Record.id == Revision.record_id)
        .outerjoin(redaction, redaction.seq == Revision.redacted_seq)
        .order_by(number)
        .limit(BATCH)
    )
    while first <= last:
        rows = connection.execute(query.where(number.between(first, last))).all()
        yield from rows
        if len(rows) < BATCH:
            return
        first = rows[-1].number + 1


def _fault(row: Any, expected: int, previous: str) -> Fault | None:  # noqa: ANN401 - a row of the log
    if row.number != expected:
        return "missing"
    content = (stamps.moment_text(row.at), row.operation, row.record_id, row.revision, row.chained_digest)
    if chain(previous, row.number, *content) != row.hash:
        return "hash"
    is_redacted = row.redacted_by == Operation.REDACT.value
    if not is_redacted and hashlib.sha256(row.document or b"").hexdigest() != row.digest:
        return "document"
    return None
