"""A directory that asks the database once for many names, and learns what is made meanwhile."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, or_, select

from app.records.documents import Document, Stub, decode
from app.records.revisions import SEEN_ALONE
from app.records.service.resolving import NameField
from app.records.store import AffectedCases
from app.records.tables import Allegation, Case, EventCase, Record, Revision
from app.records.vocabulary import RecordType, Visibility

# How many records are kept in memory from one batch to the next.
MOST_KEPT: Final = 20_000
# How many names one statement asks for.
_AT_ONCE: Final = 500
# What other records show of one that they name.
_SHOWN: Final[Mapping[RecordType, tuple[str, ...]]] = {
    RecordType.CASE: ("slug", "title"),
    RecordType.ACTOR: ("slug", "name", "kind"),
    RecordType.SOURCE: ("publisher", "title", "url", "published"),
    RecordType.EVENT: ("title",),
    RecordType.ALLEGATION: ("text",),
    RecordType.OBLIGATION: (),
}
_NO_CASES: Final = AffectedCases()
# Where the cases of a record are: the columns with its id, with the case's, and with the revision's number.
_CASES_BY: Final = {
    RecordType.EVENT: (EventCase.event_id, EventCase.case_id, EventCase.seq),
    RecordType.ALLEGATION: (Allegation.id, Allegation.case_id, Allegation.seq),
}


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What a record that names this one has to know of it."""

    id: str
    type: RecordType
    slug: str | None
    external_id: str | None
    is_live: bool
    merged_into: str | None
    is_public: bool
    # As the public names it; `None` where it must not.
    stub: Stub | None
    # Of a case.
    timezone: str | None
    # Of an event or an allegation: its cases, and those of them in which the public sees it.
    cases: AffectedCases

    @classmethod
    def of(
        cls,
        record_id: str,
        record_type: RecordType,
        document: Document,
        *,
        cases: AffectedCases = _NO_CASES,
    ) -> "KnownRecord":
        """Return what is to be known of a live record; `cases` are an event's or an allegation's."""
        is_public = document["visibility"] == Visibility.PUBLIC
        shown = {field: document[field] for field in _SHOWN[record_type]}
        is_named = is_public and (record_type.value in SEEN_ALONE or bool(cases.public))
        return cls(
            id=record_id,
            type=record_type,
            slug=document.get("slug"),
            external_id=document["external_id"],
            is_live=True,
            merged_into=None,
            is_public=is_public,
            stub=Stub(record_id, record_type, shown) if is_named else None,
            timezone=document.get("timezone") if record_type is RecordType.CASE else None,
            cases=cases,
        )


class Known:
    """Records by id, slug and `external_id`, as they are in one transaction that only adds records.

    It may be used on in a later transaction as long as nobody wrote between: `forget`
    what is known otherwise.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._by_id: dict[str, KnownRecord] = {}
        # What `find` found before, by what it was asked.
        self._found: dict[RecordType, dict[str, str]] = {record_type: {} for record_type in RecordType}
        self._names: dict[NameField, dict[tuple[RecordType, str], str]] = {"slug": {}, "external_id": {}}
        # What the database was asked for, whether it had it or not.
        self._asked: dict[RecordType, set[str]] = {record_type: set() for record_type in RecordType}

    def __len__(self) -> int:
        """Return how many records are known."""
        return len(self._by_id)

    def __getitem__(self, record_id: str) -> KnownRecord:
        """Return a record by the id that `find` returned."""
        return self._by_id[record_id]

    def forget(self) -> None:
        """Forget everything."""
        self._by_id.clear()
        for names in self._names.values():
            names.clear()
        for record_type in RecordType:
            self._asked[record_type].clear()
            self._found[record_type].clear()

    def look_up(self, record_type: RecordType, references: Iterable[str]) -> None:
        """Ask the database for many references at once."""
        wanted = list(set(references) - self._asked[record_type])
        for start in range(0, len(wanted), _AT_ONCE):
            self._load(record_type, wanted[start : start + _AT_ONCE])

    def record(self, record_type: RecordType, reference: str) -> KnownRecord | None:
        """Return the record of that id, slug or `external_id`, live or not; `None` when there is none."""
        return next(self._candidates(record_type, reference), None)

    def find(self, record_type: RecordType, reference: str) -> str | None:
        """Return the id of a live record, or of what it was merged into."""
        before = self._found[record_type].get(reference)
        if before is not None:
            return before
        for found in self._candidates(record_type, reference):
            if found.merged_into is not None:
                return self.find(record_type, found.merged_into)
            if found.is_live:
                self._found[record_type][reference] = found.id
                return found.id
        return None

    def holder(self, record_type: RecordType, field: NameField, name: str) -> str | None:
        """Return who has the name."""
        self.look_up(record_type, (name,))
        return self._names[field].get((record_type, name))

    def timezone_of(self, case_id: str) -> str | None:
        """Return the time zone of a live case."""
        case = self._by_id.get(case_id)
        return None if case is None else case.timezone

    def add(self, record: KnownRecord) -> None:
        """Learn of a record, for example of one that was just made."""
        self._by_id[record.id] = record
        found = self._found[record.type]
        if record.is_live:
            found[record.id] = record.id
        if record.slug is not None:
            self._names["slug"][record.type, record.slug] = record.id
            # It wins over another system's id.
            found.pop(record.slug, None)
        if record.external_id is not None:
            self._names["external_id"][record.type, record.external_id] = record.id

    def remove(self, record_id: str) -> None:
        """Forget a record that was not made after all."""
        record = self._by_id.pop(record_id)
        found = self._found[record.type]
        for name in (record.id, record.slug, record.external_id):
            found.pop(name or "", None)
        self._names["slug"].pop((record.type, record.slug or ""), None)
        self._names["external_id"].pop((record.type, record.external_id or ""), None)

    def renew(self, record_id: str) -> None:
        """Ask the database again for a record that was changed."""
        record = self._by_id.get(record_id)
        if record is None:
            return
        self.remove(record_id)
        asked = self._asked[record.type]
        asked.difference_update({record.id, record.slug or "", record.external_id or ""})

    def _candidates(self, record_type: RecordType, reference: str) -> Iterator[KnownRecord]:
        """Yield the records a reference may mean: an id wins over a slug, a slug over another system's id."""
        if reference not in self._by_id and reference not in self._asked[record_type]:
            self._load(record_type, [reference])
        by_id = self._by_id.get(reference)
        if by_id is not None and by_id.type is record_type:
            yield by_id
        for field in self._names.values():
            if (record_id := field.get((record_type, reference))) is not None:
                yield self._by_id[record_id]

    def _load(self, record_type: RecordType, references: list[str]) -> None:
        self._asked[record_type].update(references)
        rows = self.connection.execute(
            select(
                Record.id,
                Record.slug,
                Record.external_id,
                Record.visibility,
                Record.is_live,
                Record.merged_into,
                Record.seq,
                Revision.document,
            )
            .join(Revision, Revision.seq == Record.seq)
            .where(
                Record.type == record_type.value,
                or_(*(column.in_(references) for column in (Record.id, Record.slug, Record.external_id))),
            )
        ).all()
        cases: dict[str, AffectedCases] = {}
        if record_type in _CASES_BY and rows:
            cases = self._cases_of(record_type, [row.seq for row in rows if row.is_live])
        for row in rows:
            self.add(_known(record_type, row, cases.get(row.id, _NO_CASES)))

    def _cases_of(self, record_type: RecordType, seqs: Collection[int]) -> dict[str, AffectedCases]:
        """Return the cases of records, by the numbers of their revisions, and which of them are public."""
        found: dict[str, AffectedCases] = {}
        record_id, case_id, seq = _CASES_BY[record_type]
        for row in self.connection.execute(
            select(record_id.label("record_id"), case_id.label("case_id"), Case.visibility)
            .outerjoin(Case, (Case.id == case_id) & Case.last_seq.is_(None))
            .where(seq.in_(seqs))
        ):
            shown = frozenset({row.case_id} if row.visibility == Visibility.PUBLIC.value else ())
            held = found.get(row.record_id, _NO_CASES)
            found[row.record_id] = held | AffectedCases(frozenset({row.case_id}), shown)
        return found


def _known(record_type: RecordType, row: Any, cases: AffectedCases) -> KnownRecord:  # noqa: ANN401 - a row
    if row.is_live:
        return KnownRecord.of(row.id, record_type, decode(row.document), cases=cases)
    return KnownRecord(
        id=row.id,
        type=record_type,
        slug=row.slug,
        external_id=row.external_id,
        is_live=False,
        merged_into=row.merged_into,
        is_public=row.visibility == Visibility.PUBLIC.value,
        stub=None,
        timezone=None,
        cases=_NO_CASES,
    )
