"""Checks a database through and through: that every read model is what the log makes of it.

The log is the truth.  Everything else is made again from it and compared; what
cannot be made again is held to what must be true of it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, func, inspect, literal, select, text

from app.access.audience import Audience
from app.access.tables import KeptAnswer
from app.changes.verify import verify_log
from app.core.db import Base, Database
from app.records import search, store
from app.records.documents import Document, decode
from app.records.revisions import PUBLIC_NOW
from app.records.tables import (
    READ_MODELS,
    CaseChange,
    Citation,
    Event,
    EventCase,
    Merge,
    Participation,
    Record,
    Relation,
    Revision,
)
from app.records.vocabulary import Operation, RecordType, Visibility

BATCH: Final = 500
# Of one word, PostgreSQL keeps so many places.
KEPT_PLACES: Final = 255
# What stands between texts, and as SQLite folds it.
_SEPARATORS: Final = frozenset("\u2c00\u2c30")
_READ_MODELS: Final[list[Any]] = [*(table for models in READ_MODELS.values() for table in models), Merge]
# The ties by which an event names a record of each type.
_NAMED_BY: Final[Mapping[RecordType, tuple[Any, Any]]] = {
    RecordType.ACTOR: (Participation, Participation.actor_id),
    RecordType.SOURCE: (Citation, Citation.source_id),
    RecordType.EVENT: (Relation, Relation.target_id),
}


def faults_of(database: Database) -> list[str]:
    """Return what is wrong with a database, a line each; an empty list when it is whole.

    Reads all of it, some of it into memory.
    """
    with database.read() as connection:
        log = _read_log(connection)
        checks: Iterable[Iterable[str]] = (
            _faults_of_numbers(log),
            _faults_of_chain(connection),
            _faults_of_records(connection, log),
            _faults_of_rows(connection, log),
            _faults_of_ready(connection),
            _faults_of_words(connection, log, _indexed(database)),
            _faults_of_case_changes(connection, log),
            _faults_of_kept_answers(connection, log),
        )
        return [fault for check in checks for fault in check]


def _read_log(connection: Connection) -> Sequence[Any]:
    return connection.execute(select(*inspect(Revision).columns).order_by(Revision.seq)).all()


def _faults_of_numbers(log: Sequence[Any]) -> Iterator[str]:
    """Check that changes and revisions are numbered without a hole, and follow each other in time."""
    public = [row.public_seq for row in log if row.public_seq is not None]
    if [row.seq for row in log] != list(range(1, len(log) + 1)):
        yield "log: seq is not 1..n"
    if public != list(range(1, len(public) + 1)):
        yield "log: public_seq is not 1..n"
    if any(one.at >= later.at for one, later in pairwise(log)):
        yield "log: moments do not rise"
    for record_id, rows in _by_record(log).items():
        if [row.number for row in rows] != list(range(1, len(rows) + 1)):
            yield f"{record_id}: revisions are not 1..n"
        if [row.last_seq for row in rows] != [*(row.seq for row in rows[1:]), None]:
            yield f"{record_id}: a revision does not hold until the next one"
    by_seq = {row.seq: row for row in log}
    for row in log:
        act = by_seq.get(row.redacted_seq)
        if row.redacted_seq is not None and (act is None or act.operation != Operation.REDACT):
            yield f"{row.record_id}: revision {row.number} was redacted by no redaction"


def _faults_of_chain(connection: Connection) -> Iterator[str]:
    for audience in Audience:
        found = verify_log(connection, audience)
        if found.first_invalid is not None:
            yield f"chain for {audience.value}: {found.first_invalid}"


def _faults_of_records(connection: Connection, log: Sequence[Any]) -> Iterator[str]:
    """Check that what is true of each record now is what its newest revision says."""
    newest = {row.record_id: row for row in log}
    held = {row.id: row for row in connection.execute(select(*inspect(Record).columns))}
    for record_id in held.keys() ^ newest.keys():
        yield f"{record_id}: is only in one of records and log"
    for record_id, row in newest.items():
        record = held.get(record_id)
        if record is None:
            continue
        expected = {
            "type": row.record_type,
            "seq": row.seq,
            "revision": row.number,
            "visibility": row.visibility,
            "is_live": row.document is not None,
            "merged_into": row.merged_into,
        }
        if row.document is not None:
            document = decode(row.document)
            names = {"slug": document.get("slug"), "external_id": document["external_id"]}
            expected |= {**names, "visibility": document["visibility"]}
        for name, value in expected.items():
            if getattr(record, name) != value:
                yield f"{record_id}: {name} is {getattr(record, name)!r}, by the log {value!r}"


def _faults_of_rows(connection: Connection, log: Sequence[Any]) -> Iterator[str]:
    """Make the rows of every read model again from the log, and compare them one by one."""
    made: dict[type[Base], set[tuple[Any, ...]]] = {Merge: set(_merges(log))}
    for table, row in _rows(log):
        made.setdefault(table, set()).add(tuple(row.get(name) for name in _columns(table)))
    for table in _READ_MODELS:
        columns = [inspect(table).columns[name] for name in _columns(table)]
        held = {tuple(row) for row in connection.execute(select(*columns))}
        expected = made.get(table, set())
        yield from (f"{table.__tablename__}: has {row}" for row in sorted(held - expected, key=repr))
        yield from (f"{table.__tablename__}: lacks {row}" for row in sorted(expected - held, key=repr))


def _columns(table: type[Base]) -> list[str]:
    # Ready answers are no fact of the log: they may be missing, and are checked by themselves.
    return [column.key for column in inspect(table).columns if column.key != "ready"]


def _rows(log: Sequence[Any]) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    first: dict[str, int] = {}
    first_public: dict[str, int] = {}
    for row in log:
        first.setdefault(row.record_id, row.seq)
        if row.public_seq is not None:
            first_public.setdefault(row.record_id, row.seq)
        if row.document is None:
            continue
        tables = store.rows_of(
            RecordType(row.record_type),
            row.record_id,
            row.seq,
            decode(row.document),
            recorded=(first[row.record_id], first_public.get(row.record_id)),
        )
        yield from ((table, {**one, "last_seq": row.last_seq}) for table, rows in tables for one in rows)


def _merges(log: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Return the rows of merges: one that follows another merge is made again with it."""
    held: dict[str, dict[str, Any]] = {}
    for row in log:
        if row.merged_into is None:
            continue
        # Who did not see the act, or an act before it, does not see what came of it.
        shown = row.visibility if row.public_seq is not None else Visibility.RESTRICTED.value
        moved = [one for one in held.values() if one["survivor_id"] == row.record_id]
        for one in [{"id": row.record_id, "visibility": shown}, *moved]:
            is_seen = shown == Visibility.PUBLIC
            after = {
                "seq": row.seq,
                "id": one["id"],
                "survivor_id": row.merged_into,
                "visibility": one["visibility"] if is_seen else shown,
            }
            before = held.get(one["id"])
            if before is not None:
                yield tuple({**before, "last_seq": row.seq}[name] for name in _columns(Merge))
            held[one["id"]] = after
    yield from (tuple({**one, "last_seq": None}[name] for name in _columns(Merge)) for one in held.values())


def _faults_of_ready(connection: Connection) -> Iterator[str]:
    """Check that the ready answers are what would be assembled for the public now."""
    rows = connection.execute(
        select(*inspect(Revision).columns, Record.visibility.label("now"), store.ready_answer())
        .join(Record, Record.id == Revision.record_id)
        .join(Event, Event.seq == Revision.seq)
        .where(Event.ready.is_not(None), Event.last_seq.is_(None))
    ).all()
    rows = [row for row in rows if row.ready is not None]
    for begin in range(0, len(rows), BATCH):
        some = rows[begin : begin + BATCH]
        fresh = store.assemble_rows(connection, some, PUBLIC_NOW)
        for row in some:
            if bytes(row.ready) != fresh[row.seq]:
                yield f"{row.record_id}: its ready answer is stale"


def _indexed(database: Database) -> dict[int, set[tuple[str, int]]]:
    """Return the words in the index with their places, by the change that made their revision."""
    found: dict[int, set[tuple[str, int]]] = defaultdict(set)
    if database.url.get_backend_name() == "sqlite":
        # A temporary table is a write, which reading connections refuse; it goes with the transaction.
        with database.engine.connect() as connection:
            connection.execute(
                text("CREATE VIRTUAL TABLE temp.held USING fts5vocab(main, search_words, instance)")
            )
            for term, seq, place in connection.execute(text('SELECT term, doc, "offset" FROM temp.held')):
                found[seq].add((term, place + 1))
        return found
    words = text("SELECT seq, lexeme, positions FROM search_words, unnest(words)")
    with database.read() as connection:
        for seq, term, places in connection.execute(words):
            found[seq] |= {(term, place) for place in places}
    return found


def _faults_of_words(
    connection: Connection, log: Sequence[Any], indexed: dict[int, set[tuple[str, int]]]
) -> Iterator[str]:
    """Check that the index holds the words of each revision that it should, and no others."""
    hidden = set(
        connection.execute(
            select(Record.id).where(
                Record.type != RecordType.EVENT.value, Record.visibility != Visibility.PUBLIC.value
            )
        ).scalars()
    )
    for row in log:
        expected: set[tuple[str, int]] = set()
        if row.document is not None and row.record_id not in hidden:
            record_type = RecordType(row.record_type)
            document = store.searchable(connection, record_type, decode(row.document))
            expected = _words_of(record_type, document)
        if expected != _without_separators(indexed.get(row.seq, set())):
            yield f"{row.record_id}: revision {row.number} is not indexed by its words"
    for seq in indexed.keys() - {row.seq for row in log}:
        yield f"search_words: has a row of change {seq}, which is not in the log"


def _words_of(record_type: RecordType, document: Document) -> set[tuple[str, int]]:
    row = search.row_of(record_type, 0, document, dialect="sqlite")
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(str(row["words"]).split() if row else [], start=1):
        places[word].append(place)
    return _without_separators(
        {(word, place) for word, found in places.items() for place in found[:KEPT_PLACES]}
    )


def _without_separators(words: set[tuple[str, int]]) -> set[tuple[str, int]]:
    return {(word, place) for word, place in words if word not in _SEPARATORS}


def _faults_of_case_changes(connection: Connection, log: Sequence[Any]) -> Iterator[str]:
    """Check that each change is noted with the cases that hold or name its record."""
    noted: dict[int, set[str]] = defaultdict(set)
    by_seq = {row.seq: row for row in log}
    for change in connection.execute(select(*inspect(CaseChange).columns)):
        noted[change.seq].add(change.case_id)
        row = by_seq[change.seq]
        if change.is_public and row.public_seq is None:
            yield f"change {row.seq}: told to the public in a case, and nowhere else"
        if change.alters_past != row.alters_past:
            yield f"change {row.seq}: alters the past of a case, or of none"
    for rows in _by_record(log).values():
        for before, row in zip([None, *rows], rows, strict=False):
            expected = {*_own_cases(before), *_own_cases(row), *_cases_naming(connection, row)}
            for case_id in expected - noted[row.seq]:
                yield f"change {row.seq}: is not noted with {case_id}"


def _own_cases(row: Any) -> Iterable[str]:  # noqa: ANN401 - a row of the log
    if row is None or row.document is None:
        return ()
    if row.record_type == RecordType.CASE:
        return (row.record_id,)
    return decode(row.document)["cases"] if row.record_type == RecordType.EVENT else ()


def _cases_naming(connection: Connection, row: Any) -> Iterable[str]:  # noqa: ANN401 - a row of the log
    """Return the cases of the events that named the record when the change was made."""
    if RecordType(row.record_type) not in _NAMED_BY:
        return ()
    tie, named = _NAMED_BY[RecordType(row.record_type)]
    return connection.execute(
        select(EventCase.case_id)
        .join(tie, tie.seq == EventCase.seq)
        .where(
            named == row.record_id,
            tie.seq < row.seq,
            func.coalesce(tie.last_seq, literal(row.seq + 1)) > row.seq,
        )
        .distinct()
    ).scalars()


def _faults_of_kept_answers(connection: Connection, log: Sequence[Any]) -> Iterator[str]:
    """Check that what is answered again was done, and done so."""
    by_seq = {row.seq: row for row in log}
    for kept in connection.execute(select(KeptAnswer.headers, KeptAnswer.body)):
        headers, body = json.loads(kept.headers), json.loads(kept.body)
        row = by_seq.get(int(headers.get("Change-Seq", 0)))
        told = (body.get("id") or body.get("actor"), body.get("revision"))
        if row is None or told != (row.record_id, row.number):
            yield f"kept answer: tells of revision {told[1]} of {told[0]}, which is not in the log"


def _by_record(log: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in log:
        found[row.record_id].append(row)
    return found
