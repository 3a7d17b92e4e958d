"""Reads the log as a feed, numbered for its reader.

What the reader may see is decided anew on every read: a record that was hidden
since keeps its rows' number, moment and hash, so that the chain has no gap.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.access.audience import Audience
from app.core import stamps
from app.core.errors import FieldProblem, InvalidRequestError
from app.core.http import etag_matches, etag_of
from app.core.paging import link
from app.records.documents import Document, encode
from app.records.revisions import SEEN_ALONE, View, in_sight, withdrawn_in_sight
from app.records.tables import CaseChange, Installation, Record, Revision
from app.records.vocabulary import RecordType, Visibility


@dataclass(frozen=True, slots=True)
class Head:
    """Where a feed ends."""

    epoch: str
    # The newest change, in the reader's numbering; 0 before the first.
    seq: int


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some changes in order, and where the next page starts."""

    items: list[Document]
    next_after: int
    has_more: bool
    head: Head


@dataclass(frozen=True, slots=True)
class FeedAnswer:
    """A rendered page; `body` is `None` where the client already holds it."""

    etag: str
    body: bytes | None
    next: str | None = None


def number_of(audience: Audience) -> InstrumentedAttribute[int] | InstrumentedAttribute[int | None]:
    """Return the column that numbers the changes for the audience."""
    return Revision.public_seq if audience is Audience.PUBLIC else Revision.seq


def digest_of(audience: Audience) -> ColumnElement[str] | InstrumentedAttribute[str]:
    """Return the digest of what the audience sees of a document as it was recorded."""
    if audience is Audience.PUBLIC:
        # A log from before there were two has one digest for both.
        return func.coalesce(Revision.public_digest, Revision.digest)
    return Revision.digest


def read_head(connection: Connection, audience: Audience) -> Head:
    """Return where the audience's feed ends."""
    newest = select(func.max(number_of(audience))).scalar_subquery()
    row = connection.execute(select(Installation.epoch, newest.label("seq"))).one()
    return Head(row.epoch, row.seq or 0)


def find_cases(connection: Connection, audience: Audience, references: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the cases of those ids or slugs, retracted ones too.

    Raises `InvalidRequestError` for those that do not exist, or that the reader may not know of.
    """
    if not references:
        return ()
    known = select(Record.id, Record.slug).where(
        Record.type == RecordType.CASE.value, or_(Record.id.in_(references), Record.slug.in_(references))
    )
    if audience is Audience.PUBLIC:
        known = known.where(Record.visibility == Visibility.PUBLIC.value)
    rows = connection.execute(known).all()
    named = {name for row in rows for name in (row.id, row.slug)}
    unknown = tuple(
        FieldProblem("query", "case", f"There is no case {one!r}.") for one in references if one not in named
    )
    if unknown:
        raise InvalidRequestError(unknown)
    return tuple(sorted(row.id for row in rows))


def read_feed(
    connection: Connection,
    audience: Audience,
    *,
    after: int,
    limit: int,
    case: Sequence[str],
    path: str,
    if_none_match: str | None,
) -> FeedAnswer:
    """Return the page after a change, rendered; `path` is the address its link begins with."""
    head = read_head(connection, audience)
    parameters = [("case", one) for one in case] + [("limit", str(limit))]
    # The newest change decides alone: whatever alters what a reader sees of the
    # past is a change of its own in that reader's feed.
    etag = etag_of(head.epoch, audience, str(head.seq), str(after), str(parameters))
    if etag_matches(if_none_match, etag):
        return FeedAnswer(etag, None)
    cases = find_cases(connection, audience, case)
    page = read_page(connection, audience, after=after, limit=limit, cases=cases, head=head)
    body = encode(
        {
            "items": page.items,
            "next_after": page.next_after,
            "high_watermark": head.seq,
            "epoch": head.epoch,
        }
    )
    following = link(path, [*parameters, ("after", str(page.next_after))]) if page.has_more else None
    return FeedAnswer(etag, body, following)


def read_page(
    connection: Connection,
    audience: Audience,
    *,
    after: int,
    limit: int,
    cases: Collection[str] = (),
    head: Head | None = None,
) -> FeedPage:
    """Return up to `limit` changes after the one numbered `after` in the reader's numbering.

    With `cases` (ids), those that alter the answers of any of them.  `head`, when it
    is known, must have been read in the same transaction.
    """
    end = head or read_head(connection, audience)
    if after >= end.seq:
        # Also beyond the end, as after a restore: the number stays, and the epoch tells.
        return FeedPage([], after, has_more=False, head=end)
    rows = connection.execute(_rows(audience, after, cases, size=limit + 1)).all()
    has_more = len(rows) > limit
    rows = rows[:limit]
    altered = _altered_cases(connection, audience, [row.seq for row in rows if row.is_shown])
    return FeedPage(
        items=[_item(row, altered.get(row.seq, [])) for row in rows],
        next_after=rows[-1].number if has_more else end.seq,
        has_more=has_more,
        head=end,
    )


def _rows(audience: Audience, after: int, cases: Collection[str], *, size: int) -> Select[*tuple[Any, ...]]:
    number = number_of(audience)
    chained = Revision.public_hash if audience is Audience.PUBLIC else Revision.hash
    query = (
        select(
            Revision.seq,
            number.label("number"),
            Revision.at,
            Revision.operation,
            Revision.record_id,
            Revision.number.label("revision"),
            Revision.kind,
            digest_of(audience).label("digest"),
            chained.label("hash"),
            is_shown(audience).label("is_shown"),
        )
        .join(Record, Record.id == Revision.record_id)
        .order_by(number)
        .limit(size)
    )
    if not cases:
        return query.where(number > after)
    return query.where(Revision.seq.in_(_changes_of(audience, after, cases, size=size)))


def _changes_of(audience: Audience, after: int, cases: Collection[str], *, size: int) -> Select[int]:
    """Return the log's numbers of the next changes of some cases.

    The first `size` of each case are enough, and are read in index order however
    many more there are.
    """
    number = number_of(audience)
    start = func.coalesce(select(Revision.seq).where(number == after).scalar_subquery(), 0)
    is_theirs = CaseChange.is_public == literal(1) if audience is Audience.PUBLIC else true()
    each = [
        select(CaseChange.seq)
        .where(CaseChange.case_id == case, CaseChange.seq > start, is_theirs)
        .order_by(CaseChange.seq)
        .limit(size)
        .subquery()
        for case in cases
    ]
    every = union(*(select(one.c.seq) for one in each)).subquery()
    return select(every.c.seq).order_by(every.c.seq).limit(size)


def is_shown(audience: Audience) -> ColumnElement[bool]:
    """Return whether the reader may know now of the record that a row of the log, joined to it, is about."""
    if audience is not Audience.PUBLIC:
        return true()
    current = aliased(Revision)
    withdrawn = select(current.seq).where(current.seq == Record.seq, withdrawn_in_sight(current)).exists()
    return and_(
        Record.visibility != Visibility.RESTRICTED.value,
        or_(
            Record.type.in_(SEEN_ALONE),
            and_(Record.is_live == literal(0), withdrawn),
            and_(Record.is_live == literal(1), in_sight(Record.seq, View(audience))),
        ),
    )


def _altered_cases(connection: Connection, audience: Audience, seqs: Collection[int]) -> dict[int, list[str]]:
    """Return the cases whose answers each change alters, by the log's number."""
    if not seqs:
        return {}
    query = select(CaseChange.seq, CaseChange.case_id).where(CaseChange.seq.in_(seqs))
    if audience is Audience.PUBLIC:
        query = query.join(Record, Record.id == CaseChange.case_id).where(
            CaseChange.is_public == literal(1), Record.visibility == Visibility.PUBLIC.value
        )
    altered: dict[int, list[str]] = {}
    for row in connection.execute(query.order_by(CaseChange.seq, CaseChange.case_id)):
        altered.setdefault(row.seq, []).append(row.case_id)
    return altered


def _item(row: Any, cases: list[str]) -> Document:  # noqa: ANN401 - a row of the page
    shown = bool(row.is_shown)
    return {
        "seq": row.number,
        "at": stamps.moment_text(row.at),
        "operation": row.operation if shown else None,
        "record": row.record_id if shown else None,
        "revision": row.revision if shown else None,
        "cases": cases,
        "kind": row.kind if shown else None,
        "digest": row.digest if shown else None,
        "hash": row.hash,
    }
