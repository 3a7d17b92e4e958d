"""Brings the events of a file into the database: new ones in bulk, changed ones by an amendment.

What is unknown is made in the order of the lines; then what was there before is
compared, and amended where it differs.  A refused line leaves nothing.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from app.core.errors import CaseNotAllowedError, FieldProblem, InvalidRequestError
from app.imports.readers import Described, EventLine
from app.imports.report import Report
from app.records.documents import Document, decode, encode, named_in
from app.records.revisions import Log
from app.records.service import amend
from app.records.service.bulk import Bulk, references_of
from app.records.service.known import Known, KnownRecord
from app.records.tables import Record, Revision
from app.records.vocabulary import ChangeKind, RecordType

# How many values one statement asks for.
_AT_ONCE: Final = 500


@dataclass(slots=True)
class Importer:
    """Applies one batch of lines after the other, each in the transaction it is given."""

    author: str
    # The only cases that may be changed; `None` is all of them.
    cases: frozenset[str] | None
    report: Report
    _known: Known | None = None
    # Where the log ended when the last batch was done: as long as it does, what is known holds.
    _seq: int = -1

    def apply(self, connection: Connection, lines: Sequence[EventLine], *, is_last: bool) -> list[EventLine]:
        """Import some lines and count them.

        Returns those that wait for an event which may come in a later line; none if
        there is no later one, as `is_last` says: then they are refused.
        """
        log = Log(connection, author=self.author, cases=self.cases)
        known = self._known = self._known or Known(connection)
        known.connection = connection
        if log.seq != self._seq:
            known.forget()
        batch = _Batch(log, Bulk(log, known), self.report, is_last=is_last)
        batch.run(lines)
        if batch.has_written:
            self.report.seq = log.seq
        self._seq = log.seq
        return batch.waiting


@dataclass(slots=True)
class _Batch:
    log: Log
    bulk: Bulk
    report: Report
    is_last: bool
    waiting: list[EventLine] = field(default_factory=list)
    has_written: bool = False
    # Events and sources without any name, by the digest of their document.
    _same: dict[str, str] = field(default_factory=dict)

    def run(self, lines: Sequence[EventLine]) -> None:
        self._look_up(lines)
        nameless: list[tuple[EventLine, Document]] = []
        there: list[tuple[EventLine, KnownRecord]] = []
        for line in lines:
            with self._refusing(line), self.bulk.all_or_nothing():
                existing = self._existing(line)
                if existing is not None:
                    there.append((line, existing))
                    continue
                is_new = self._make_described(line)
                if line.event_id is not None or line.written.external_id is not None:
                    self.bulk.create(RecordType.EVENT, line.written, record_id=line.event_id)
                    self.report.created += 1
                    continue
                document = self.bulk.settle(RecordType.EVENT, line.written)
                if is_new:
                    # It names a record that was not there, so neither was it.
                    self._make_nameless_one(document, _digest(document))
                else:
                    nameless.append((line, document))
        self._make_nameless(nameless)
        self.has_written = self.bulk.has_made
        self.bulk.flush()
        self._compare(there)

    @contextmanager
    def _refusing(self, line: EventLine) -> Iterator[None]:
        """Report what the block raises about a line, or have the line wait for a later one."""
        try:
            yield
        except InvalidRequestError as error:
            if not self.is_last and all(map(_is_unknown_event, error.fields)):
                self.waiting.append(line)
            else:
                self.report.refuse(line.line.number, error.fields)
        except CaseNotAllowedError as error:
            problem = FieldProblem("body", "/cases", error.detail, code=error.code)
            self.report.refuse(line.line.number, (problem,))

    def _look_up(self, lines: Sequence[EventLine]) -> None:
        """Ask for everything that the lines name at once."""
        references = references_of(line.written for line in lines)
        digests: list[str] = []
        for line in lines:
            if line.event_id is not None:
                references[RecordType.EVENT].add(line.event_id)
            for one in line.described:
                references[one.type].update(one.names)
                if not one.names and one.type is RecordType.SOURCE:
                    digests.append(_digest_of(one))
        for record_type, names in references.items():
            self.bulk.known.look_up(record_type, names)
        self._look_for_same(RecordType.SOURCE, digests)

    def _look_for_same(self, record_type: RecordType, digests: Sequence[str]) -> None:
        """Find the records that have, or once had, documents of these digests."""
        for start in range(0, len(digests), _AT_ONCE):
            rows = self.log.connection.execute(
                select(Revision.digest, Revision.record_id)
                .where(
                    Revision.digest.in_(digests[start : start + _AT_ONCE]),
                    Revision.record_type == record_type.value,
                )
                .order_by(Revision.seq.desc())
            ).all()
            self._same.update({row.digest: row.record_id for row in rows})

    def _existing(self, line: EventLine) -> KnownRecord | None:
        """Return the record of a line's event; one that was withdrawn or merged is refused."""
        known = self.bulk.known
        pointer, found = "/id", None
        if line.event_id is not None:
            found = known.record(RecordType.EVENT, line.event_id)
        if found is None and line.written.external_id is not None:
            pointer = "/external_id"
            holder = known.holder(RecordType.EVENT, "external_id", line.written.external_id)
            found = None if holder is None else known[holder]
        if found is None or found.is_live:
            return found
        if found.merged_into is not None:
            message, code = f"{found.id} was merged into {found.merged_into}.", "merged"
        else:
            message, code = f"{found.id} was retracted.", "retracted"
        raise InvalidRequestError((FieldProblem("body", pointer, message, code=code),))

    def _make_described(self, line: EventLine) -> bool:
        """Make the records that the line describes and that are not known, and name each by its id.

        Returns whether it made one.
        """
        has_made = False
        for one in line.described:
            known = (self.bulk.known.find(one.type, name) for name in one.names)
            found = next((record_id for record_id in known if record_id is not None), None)
            digest = None if one.names else _digest_of(one)
            if digest is not None and (same := self._same.get(digest)) is not None:
                found = self.bulk.known.find(one.type, same)
            if found is None:
                found, _ = self.bulk.create(
                    one.type, one.written, record_id=one.record_id, pointer=one.pointer
                )
                has_made = True
                if digest is not None:
                    self._same[digest] = found
            one.put(found)
        return has_made

    def _make_nameless(self, settled: Sequence[tuple[EventLine, Document]]) -> None:
        """Make the events that nothing but their content tells from others, unless they were made before."""
        digests = [_digest(document) for _, document in settled]
        self._look_for_same(RecordType.EVENT, digests)
        for (line, document), digest in zip(settled, digests, strict=True):
            if digest in self._same:
                self.report.unchanged += 1
                continue
            with self._refusing(line), self.bulk.all_or_nothing():
                self._make_nameless_one(document, digest)

    def _make_nameless_one(self, document: Document, digest: str) -> None:
        self._same[digest], _ = self.bulk.add_new(RecordType.EVENT, document)
        self.report.created += 1

    def _compare(self, there: Sequence[tuple[EventLine, KnownRecord]]) -> None:
        """Amend the events that were there before wherever a line says otherwise."""
        documents = _current(self.log.connection, {record.id for _, record in there})
        for line, record in there:
            with self._refusing(line), self._undoing():
                before = documents[record.id]
                after = self._settled(line, record.id, before)
                if after == before:
                    self.report.unchanged += 1
                    continue
                self.bulk.flush()
                amend(
                    self.log,
                    record.id,
                    _replacement(before, after),
                    kind=ChangeKind.UPDATE,
                    reason=f"Import run {self.report.id}.",
                )
                self.has_written = True
                self.report.updated += 1
                self.bulk.known.renew(record.id)
                documents.update(_current(self.log.connection, {record.id}))

    def _settled(self, line: EventLine, record_id: str, before: Document) -> Document:
        if line.written.occurred is None and line.written.timezone is None:
            # What is read of an undated event does not tell its time zone.
            line.written.timezone = before["timezone"]
        with self.bulk.all_or_nothing():
            self._make_described(line)
            named = frozenset(named_in(before, RecordType.EVENT))
            return self.bulk.settle(RecordType.EVENT, line.written, record_id=record_id, named=named)

    @contextmanager
    def _undoing(self) -> Iterator[None]:
        """Take back, in the database too, what the block wrote when it raises."""
        end = self.log.end()
        try:
            with self.log.connection.begin_nested():
                yield
        except BaseException:
            self.log.rewind(end)
            self.bulk.known.forget()
            raise


def _is_unknown_event(problem: FieldProblem) -> bool:
    return problem.code == "unknown-reference" and problem.name.startswith("/relations/")


def _digest_of(described: Described) -> str:
    return _digest(described.written.model_dump(mode="json"))


def _digest(document: Document) -> str:
    return hashlib.sha256(encode(document)).hexdigest()


def _current(connection: Connection, record_ids: Collection[str]) -> dict[str, Document]:
    """Return the documents of live records."""
    ids = sorted(record_ids)
    found: dict[str, Document] = {}
    for start in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(
            select(Record.id, Revision.document)
            .join(Revision, Revision.seq == Record.seq)
            .where(Record.id.in_(ids[start : start + _AT_ONCE]))
        )
        found.update({row.id: decode(row.document) for row in rows})
    return found


def _replacement(before: Document, after: Document) -> Document:
    """Return the merge patch (RFC 7396) that makes one document the other."""
    patch = {name: value for name, value in after.items() if value != before.get(name)}
    if "details" in patch:
        # Another type of event may not know what this one says.
        patch["details"] = {**dict.fromkeys(before["details"]), **after["details"]}
    return patch
