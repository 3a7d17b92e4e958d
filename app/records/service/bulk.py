"""Makes many records at once: the same rows as one `create` after the other, in few statements.

Everything is worked out in memory and added by `flush`, a table at a time.
Until then the database does not know of it, so nothing else may be done in the
same transaction.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

from app.core import stamps
from app.core.insert import insert_rows
from app.records import search, store
from app.records.documents import Document, Stub, assemble, encode, named_in, public_part, read_revision
from app.records.revisions import PUBLIC_NOW, Act, Appended, Log
from app.records.schemas.written import ActorIn, SourceIn
from app.records.service.append import Step, cases_in, is_seen, own_cases, refuse_beyond_limit
from app.records.service.known import MOST_KEPT, Known, KnownRecord
from app.records.service.resolving import Setting
from app.records.service.settle import WrittenRecord, refuse_taken, settle_document
from app.records.store import AffectedCases
from app.records.tables import READ_MODELS, CaseChange, Event, Record, Revision
from app.records.vocabulary import Operation, RecordType, Visibility

_CREATED: Final = Act(Operation.CREATE)
_NO_CASES: Final = AffectedCases()
# In this order, as all others refer to the first two.
_TABLES: Final[tuple[type, ...]] = (
    Record,
    Revision,
    *(table for tables in READ_MODELS.values() for table in tables),
    CaseChange,
)


class Bulk:
    """New records of one transaction, made in memory; `known` is kept for the next one."""

    def __init__(self, log: Log, known: Known) -> None:
        self.log = log
        self.known = known
        self._rows: dict[type, list[dict[str, Any]]] = {table: [] for table in _TABLES}
        self._words: list[search.WordsRow] = []
        self._made: list[str] = []
        self._dialect = log.connection.dialect.name
        if len(known) > MOST_KEPT:
            known.forget()

    def create(
        self,
        record_type: RecordType,
        written: WrittenRecord,
        *,
        record_id: str | None = None,
        pointer: str = "",
    ) -> tuple[str, Appended]:
        """Make a record as `service.create` does; it refuses the same, and may then have made a part."""
        record_id = record_id or stamps.new_id(record_type.prefix)
        document = self.settle(record_type, written, pointer=pointer)
        return record_id, self.add(record_id, record_type, document)

    def add_new(self, record_type: RecordType, document: Document) -> tuple[str, Appended]:
        """Make a record from a settled document; return its new id and the numbers of its revision."""
        record_id = stamps.new_id(record_type.prefix)
        return record_id, self.add(record_id, record_type, document)

    def settle(
        self,
        record_type: RecordType,
        written: WrittenRecord,
        *,
        pointer: str = "",
        record_id: str | None = None,
        named: frozenset[str] = frozenset(),
    ) -> Document:
        """Return the document to store, as `settle_document` does, and make what is given inline.

        Raises `InvalidRequestError` also for a slug or an `external_id` that is taken.
        `record_id` and `named` are of a record that exists, as in `Setting`.
        """
        setting = Setting(self._make, self.known, pointer, record_id=record_id, named=named)
        document = settle_document(self.log, record_type, written, setting)
        refuse_taken(self.known, record_type, document, but=record_id, pointer=pointer)
        return document

    def _make(self, _log: Log, record_type: RecordType, written: ActorIn | SourceIn, pointer: str) -> str:
        return self.create(record_type, written, pointer=pointer)[0]

    def add(self, record_id: str, record_type: RecordType, document: Document) -> Appended:
        """Make a record from a settled document; `CaseNotAllowedError` where the writer may not."""
        cases = cases_in(record_type, document)
        public_cases = frozenset(case for case in cases if self.known[case].is_public)
        own = own_cases(record_type, record_id, document, public_cases)
        visibility = Visibility(document["visibility"])
        step = Step(record_id, record_type, _CREATED, None, None, document, visibility, None)
        refuse_beyond_limit(self.log, step, own=own, resting=_NO_CASES)
        is_public = is_seen(record_type, document, own)
        named = {one for one in named_in(document, record_type) if self.known[one].stub is not None}
        part = public_part(document, record_type, named)
        appended, revision = self.log.number(
            record_id,
            record_type,
            _CREATED,
            prior=None,
            document=encode(document),
            visibility=visibility,
            is_public=is_public,
            alters_past=step.alters_past,
            shown=None if part == document else encode(part),
        )
        self._add_record(step, appended, revision)
        self._add_read_models(step, appended, revision)
        altered = own
        for related in document["relations"] if record_type is RecordType.EVENT else ():
            altered |= self._cases_of(related["event"])
        if not is_public:
            altered = AffectedCases(altered.every)
        changes = store.case_change_rows(appended.seq, altered, alters_past=step.alters_past)
        self._rows[CaseChange] += changes
        in_sight = AffectedCases(frozenset(cases), public_cases)
        self.known.add(KnownRecord.of(record_id, record_type, document, cases=in_sight))
        self._made.append(record_id)
        return appended

    def _cases_of(self, event_id: str) -> AffectedCases:
        """Return the cases whose answers tell whether an event is answered."""
        event = self.known[event_id]
        return event.cases if event.is_public else AffectedCases(event.cases.every)

    def _add_record(self, step: Step, appended: Appended, revision: dict[str, Any]) -> None:
        document = step.document or {}
        self._rows[Revision].append(revision)
        self._rows[Record].append(
            {
                "id": step.record_id,
                "type": step.type.value,
                "slug": document.get("slug"),
                "external_id": document["external_id"],
                "seq": appended.seq,
                "revision": appended.number,
                "visibility": step.visibility.value,
                "is_live": True,
                "merged_into": None,
            }
        )

    def _add_read_models(self, step: Step, appended: Appended, revision: dict[str, Any]) -> None:
        document = step.document or {}
        recorded = (appended.seq, None if appended.public_seq is None else appended.seq)
        found = store.rows_of(step.type, step.record_id, appended.seq, document, recorded=recorded)
        for table, rows in found:
            self._rows[table] += rows
        indexed = document
        if step.type is RecordType.EVENT:
            self._rows[Event][-1]["ready"] = self._ready(document, revision)
            cited = [citation["source"] for citation in document["citations"]]
            shown = [source for source in cited if self.known[source].is_public]
            indexed = store.with_citations_of(document, shown)
        words = search.row_of(step.type, appended.seq, indexed, dialect=self._dialect)
        if words is not None:
            self._words.append(words)

    def _ready(self, document: Document, revision: dict[str, Any]) -> bytes:
        envelope = read_revision(SimpleNamespace(**revision), PUBLIC_NOW, revision["visibility"])
        stubs: dict[str, Stub] = {}
        for record_id in named_in(document, RecordType.EVENT):
            stub = self.known[record_id].stub
            if stub is not None:
                stubs[record_id] = stub
        return encode(assemble(document, envelope, stubs))

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take back what the block made when it raises."""
        lists = (*self._rows.values(), self._words)
        lengths = list(map(len, lists))
        made, end = len(self._made), self.log.end()
        try:
            yield
        except BaseException:
            for rows, length in zip(lists, lengths, strict=True):
                del rows[length:]
            for record_id in self._made[made:]:
                self.known.remove(record_id)
            del self._made[made:]
            self.log.rewind(end)
            raise

    @property
    def has_made(self) -> bool:
        """Tell whether there is something to flush."""
        return bool(self._made)

    def flush(self) -> None:
        """Add everything that was made to the database."""
        for table, rows in self._rows.items():
            if rows:
                insert_rows(self.log.connection, table, rows)
                rows.clear()
        search.add_rows(self.log.connection, self._words)
        self._words.clear()
        self._made.clear()


def references_of(written: Iterable[Any]) -> dict[RecordType, set[str]]:
    """Return what written events name by a text, and what the records in them are called."""
    found: dict[RecordType, set[str]] = {record_type: set() for record_type in RecordType}
    for event in written:
        found[RecordType.CASE].update(event.cases)
        for participation in event.actors:
            actor = participation.actor
            found[RecordType.ACTOR].update(_names(actor))
        for citation in event.citations:
            found[RecordType.SOURCE].update(_names(citation.source))
        found[RecordType.EVENT].update(relation.event for relation in event.relations)
        if event.allegation is not None:
            found[RecordType.ALLEGATION].add(event.allegation)
        if event.external_id is not None:
            found[RecordType.EVENT].add(event.external_id)
    return found


def _names(written: str | ActorIn | SourceIn) -> Iterator[str]:
    if isinstance(written, str):
        yield written
        return
    for name in (getattr(written, "slug", None), written.external_id):
        if name is not None:
            yield name
