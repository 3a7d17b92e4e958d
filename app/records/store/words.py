"""What the full-text index holds of a revision, and of the quotes of sources that come and go."""

from collections.abc import Collection, Iterator
from typing import Final, TypeVarTuple

from sqlalchemy import (
    Connection,
    Select,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.records import search
from app.records.documents import (
    Document,
    decode,
)
from app.records.tables import (
    Citation,
    Merge,
    Record,
    Revision,
)
from app.records.vocabulary import RecordType, Visibility

# How many revisions are indexed in one go.
AT_ONCE: Final = 200

_Columns = TypeVarTuple("_Columns")


def add_words(connection: Connection, record_type: RecordType, seq: int, document: Document) -> None:
    """Index one revision, without what the public cannot see of it."""
    search.add_words(connection, record_type, seq, searchable(connection, record_type, document))


def remove_words(connection: Connection, record_type: RecordType, seq: int, document: Document) -> None:
    """Take one revision out of the index; `document` must be as it was when it was indexed."""
    search.remove_words(connection, record_type, seq, searchable(connection, record_type, document))


def searchable(connection: Connection, record_type: RecordType, document: Document) -> Document:
    """Return a document as it is indexed: without the quotes of sources that the public cannot see."""
    if record_type is not RecordType.EVENT:
        return document
    cited = [citation["source"] for citation in document["citations"]]
    return with_citations_of(document, shown_sources(connection, cited))


def with_citations_of(document: Document, sources: Collection[str]) -> Document:
    """Return an event's document with the citations of some sources only."""
    kept = [citation for citation in document["citations"] if citation["source"] in sources]
    return {**document, "citations": kept}


def shown_sources(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Return those of the sources whose quotes the public may find, as themselves or as their survivor.

    A source that was withdrawn is among them: the index must answer for the past, too,
    and there its quotes are still read.
    """
    if not ids:
        return frozenset()
    survivor = aliased(Record)
    shown = (Record.id.in_(ids), Record.visibility == Visibility.PUBLIC.value)
    merged = (
        select(Record.id)
        .join(Merge, Merge.id == Record.id)
        .join(survivor, survivor.id == Merge.survivor_id)
        .where(
            *shown,
            Merge.last_seq.is_(None),
            Merge.visibility == Visibility.PUBLIC.value,
            survivor.visibility == Visibility.PUBLIC.value,
        )
    )
    own = select(Record.id).where(*shown, Record.merged_into.is_(None))
    return frozenset(connection.execute(own.union(merged)).scalars())


def index_every_revision(connection: Connection) -> Iterator[int]:
    """Fill the empty index with what the writes of all revisions left in it; yield how many, by and by."""
    query = _indexed(select(Revision.seq, Revision.record_type, Revision.document)).order_by(Revision.seq)
    after = 0
    while rows := connection.execute(query.where(Revision.seq > after).limit(AT_ONCE)).all():
        found = [(row.seq, RecordType(row.record_type), decode(row.document or b"{}")) for row in rows]
        cited = {one["source"] for _, _, document in found for one in document.get("citations", ())}
        shown = shown_sources(connection, cited)
        words = [
            search.row_of(
                record_type,
                seq,
                with_citations_of(document, shown) if record_type is RecordType.EVENT else document,
                dialect=connection.dialect.name,
            )
            for seq, record_type, document in found
        ]
        search.add_rows(connection, [row for row in words if row])
        after = rows[-1].seq
        yield len(rows)


def count_indexed(connection: Connection) -> int:
    """Return how many revisions the index may hold."""
    return connection.execute(_indexed(select(func.count()).select_from(Revision))).scalar_one()


def _indexed(query: Select[*_Columns]) -> Select[*_Columns]:
    # Nothing but an event is found while it is hidden, not even as it was before.
    return query.join(Record, Record.id == Revision.record_id).where(
        Revision.document.is_not(None),
        or_(Record.type == RecordType.EVENT.value, Record.visibility == Visibility.PUBLIC.value),
    )


def reindex_quotes(connection: Connection, *, before: frozenset[str], now: frozenset[str]) -> None:
    """Put the quotes of sources that came into sight into the index, and take those of the others out.

    `before` and `now` are those of the sources an act touched that the public sees.
    """
    changed = before ^ now
    if not changed:
        return
    rows = connection.execute(
        select(Revision.seq, Revision.document)
        .join(Citation, Citation.seq == Revision.seq)
        .where(Citation.source_id.in_(changed))
        .distinct()
    ).all()
    for row in rows:
        document = decode(row.document or b"{}")
        cited = {citation["source"] for citation in document["citations"]}
        others = shown_sources(connection, cited - before - now)
        search.remove_words(
            connection, RecordType.EVENT, row.seq, with_citations_of(document, others | before)
        )
        search.add_words(connection, RecordType.EVENT, row.seq, with_citations_of(document, others | now))
