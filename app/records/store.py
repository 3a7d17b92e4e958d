"""Keeps the read models in step with the log.

The only module that writes the tables of `records.tables` besides the log
itself.  Everything happens inside the caller's transaction.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Select,
    delete,
    func,
    insert,
    inspect,
    literal,
    select,
    union,
    update,
)
from sqlalchemy.orm import aliased

from app.access.audience import Audience
from app.core.edtf import UNDATED, Bounds, parse_occurred
from app.core.text import sort_name
from app.records import search
from app.records.documents import (
    Document,
    assemble,
    decode,
    encode,
    load_stubs,
    named_in,
    read_revision,
)
from app.records.revisions import View, visible
from app.records.tables import (
    READ_MODELS,
    Actor,
    Case,
    CaseChange,
    CaseTag,
    Citation,
    Docket,
    Event,
    EventCase,
    EventTag,
    Merge,
    Participation,
    Party,
    Record,
    Relation,
    Revision,
    Source,
)
from app.records.vocabulary import RecordType, Visibility

PUBLIC_NOW = View(Audience.PUBLIC)
REFRESHED_AT_ONCE = 500


def bounds_of(document: Document) -> Bounds:
    """Return the bounds of an event's date."""
    text = document["occurred"]
    return UNDATED if text is None else parse_occurred(text, document["timezone"]).bounds


def close_rows(connection: Connection, record_type: RecordType, prior_seq: int, seq: int | None) -> None:
    """End the rows of a record's previous revision: `seq` supersedes it (`None`: nothing does)."""
    for table in READ_MODELS[record_type]:
        connection.execute(update(table).where(table.seq == prior_seq).values(last_seq=seq))


def add_rows(
    connection: Connection,
    record_type: RecordType,
    record_id: str,
    seq: int,
    document: Document,
    *,
    recorded: tuple[int, int | None],
) -> None:
    """Add the rows of a record's new revision.

    `recorded` is the first change of the record that all may see, and the
    first one that the public may see, if any.
    """
    row = {"seq": seq, "id": record_id, "visibility": document["visibility"]}
    match record_type:
        case RecordType.EVENT:
            _add_event(connection, row, document, recorded)
        case RecordType.CASE:
            _add_case(connection, row, document)
        case RecordType.ACTOR:
            connection.execute(
                insert(Actor).values(**row, kind=document["kind"], sort_name=sort_name(document["name"]))
            )
        case RecordType.SOURCE:
            _add_source(connection, row, document)


def rewrite_rows(
    connection: Connection, record_type: RecordType, record_id: str, seq: int, document: Document
) -> None:
    """Make the rows of one revision, present or past, again from its rewritten document."""
    table = READ_MODELS[record_type][0]
    columns = inspect(table).columns
    row: Any = connection.execute(select(*columns).where(table.seq == seq)).one()
    recorded = (row.recorded_seq, row.public_recorded_seq) if record_type is RecordType.EVENT else (seq, None)
    for one in READ_MODELS[record_type]:
        connection.execute(delete(one).where(one.seq == seq))
    add_rows(connection, record_type, record_id, seq, document, recorded=recorded)
    close_rows(connection, record_type, seq, row.last_seq)


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
    return _with_citations_of(document, shown_sources(connection, cited))


def _with_citations_of(document: Document, sources: Collection[str]) -> Document:
    kept = [citation for citation in document["citations"] if citation["source"] in sources]
    return {**document, "citations": kept}


def shown_sources(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Return those of the sources whose citations the public sees, as themselves or as their survivor."""
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
            survivor.is_live == literal(1),
            survivor.visibility == Visibility.PUBLIC.value,
        )
    )
    live = select(Record.id).where(*shown, Record.is_live == literal(1))
    return frozenset(connection.execute(live.union(merged)).scalars())


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
            connection, RecordType.EVENT, row.seq, _with_citations_of(document, others | before)
        )
        search.add_words(connection, RecordType.EVENT, row.seq, _with_citations_of(document, others | now))


def _add_source(connection: Connection, row: Document, document: Document) -> None:
    published = document["published"]
    connection.execute(
        insert(Source).values(
            **row,
            kind=document["kind"],
            publisher=document["publisher"],
            sort_name=sort_name(document["title"]),
            # A day of publication is a day anywhere: it is compared with days, not with moments.
            published_earliest=parse_occurred(published, "UTC").bounds.position if published else None,
        )
    )


def _add_case(connection: Connection, row: Document, document: Document) -> None:
    seq, case_id = row["seq"], row["id"]
    connection.execute(
        insert(Case).values(
            **row,
            title=document["title"],
            sort_name=sort_name(document["title"]),
            status=document["status"],
            timezone=document["timezone"],
        )
    )
    _add_ties(connection, CaseTag, ({"seq": seq, "tag": tag, "case_id": case_id} for tag in document["tags"]))
    _add_ties(
        connection,
        Docket,
        (
            {
                "seq": seq,
                "number": number,
                "case_id": case_id,
                "court": docket["court"],
                "docket_number": docket["docket_number"],
            }
            for number, docket in enumerate(document["dockets"])
        ),
    )
    parties = (
        (docket["docket_number"], party) for docket in document["dockets"] for party in docket["parties"]
    )
    _add_ties(
        connection,
        Party,
        (
            {
                "seq": seq,
                "number": number,
                "case_id": case_id,
                "docket_number": docket_number,
                "actor_id": party["actor"],
                "role": party["role"],
            }
            for number, (docket_number, party) in enumerate(parties)
        ),
    )


def _add_event(
    connection: Connection, row: Document, document: Document, recorded: tuple[int, int | None]
) -> None:
    bounds = bounds_of(document)
    order = {
        "position": bounds.position,
        "start_latest": bounds.start_latest,
        "sequence": document["sequence"],
    }
    first = {"recorded_seq": recorded[0], "public_recorded_seq": recorded[1]}
    place = document["place"] or {"country": None, "latitude": None, "longitude": None}
    connection.execute(
        insert(Event).values(
            **row,
            **order,
            **first,
            type=document["type"],
            standing=document["standing"],
            start_earliest=bounds.start_earliest,
            end_earliest=bounds.end_earliest,
            end_latest=bounds.end_latest,
            country=place["country"],
            latitude=place["latitude"],
            longitude=place["longitude"],
            docket_number=document["details"].get("docket"),
        )
    )
    tie = {"seq": row["seq"], "event_id": row["id"], **order}
    _add_ties(connection, EventCase, ({**tie, **first, "case_id": case} for case in document["cases"]))
    _add_ties(connection, EventTag, ({**tie, "tag": tag} for tag in document["tags"]))
    _add_ties(
        connection,
        Participation,
        (
            {**tie, "number": number, "actor_id": actor["actor"], "role": actor["role"]}
            for number, actor in enumerate(document["actors"])
        ),
    )
    _add_ties(
        connection,
        Citation,
        (
            {**tie, "number": number, "source_id": citation["source"]}
            for number, citation in enumerate(document["citations"])
        ),
    )
    _add_ties(
        connection,
        Relation,
        (
            {**tie, "number": number, "type": relation["type"], "target_id": relation["event"]}
            for number, relation in enumerate(document["relations"])
        ),
    )


def _add_ties(connection: Connection, table: type, rows: Iterable[Document]) -> None:
    if values := list(rows):
        connection.execute(insert(table), values)


@dataclass(frozen=True, slots=True)
class AffectedCases:
    """The cases whose answers a change alters, and those whose public answers it alters."""

    every: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()

    def __or__(self, other: "AffectedCases") -> "AffectedCases":
        """Return the cases of both."""
        return AffectedCases(self.every | other.every, self.public | other.public)


def affected_cases(connection: Connection, record_type: RecordType, ids: Collection[str]) -> AffectedCases:
    """Return the cases whose answers rest on the records, as things stand.

    A change of one record alters every answer that names it, or that names one that was
    merged into it.  Asked before and after the change, the union is what the change alters.
    """
    ids = family(connection, ids)
    every = connection.execute(
        select(EventCase.case_id)
        .where(EventCase.last_seq.is_(None), EventCase.seq.in_(_resting_events(record_type, ids)))
        .distinct()
    ).scalars()
    seen, case = aliased(Event), aliased(Case)
    public = connection.execute(
        select(EventCase.case_id)
        .join(seen, seen.seq == EventCase.seq)
        .join(case, case.id == EventCase.case_id)
        .where(
            EventCase.last_seq.is_(None),
            EventCase.seq.in_(_resting_events(record_type, ids)),
            seen.visibility == Visibility.PUBLIC.value,
            case.last_seq.is_(None),
            *visible(case, PUBLIC_NOW),
        )
        .distinct()
    ).scalars()
    cases = AffectedCases(frozenset(every), frozenset(public))
    if record_type is RecordType.ACTOR:
        cases |= _cases_of_party(connection, ids)
    return cases


def family(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Return the ids, and those of the records that are merged into them now."""
    merged = select(Merge.id).where(Merge.survivor_id.in_(ids), Merge.last_seq.is_(None))
    return frozenset(ids).union(connection.execute(merged).scalars())


def survivor_of(connection: Connection, record_id: str) -> str:
    """Return what a merged record is called by now, by way of others or directly."""
    found: str = connection.execute(
        select(Merge.survivor_id).where(Merge.id == record_id, Merge.last_seq.is_(None))
    ).scalar_one()
    return found


def add_merge(
    connection: Connection, seq: int, record_id: str, survivor_id: str, *, visibility: Visibility
) -> None:
    """Note that a record is another one from `seq` on, and with it those that were merged into it before."""
    before = connection.execute(
        select(Merge.id, Merge.visibility).where(Merge.survivor_id == record_id, Merge.last_seq.is_(None))
    ).all()
    connection.execute(
        update(Merge).where(Merge.survivor_id == record_id, Merge.last_seq.is_(None)).values(last_seq=seq)
    )
    # Seen only by who saw every step.
    moved = [
        (row.id, row.visibility if visibility is Visibility.PUBLIC else visibility.value) for row in before
    ]
    _add_ties(
        connection,
        Merge,
        (
            {"seq": seq, "id": merged_id, "survivor_id": survivor_id, "visibility": shown}
            for merged_id, shown in [(record_id, visibility.value), *moved]
        ),
    )


def _cases_of_party(connection: Connection, actor_ids: Collection[str]) -> AffectedCases:
    rows = connection.execute(
        select(Case.id, Case.visibility)
        .join(Party, Party.seq == Case.seq)
        .where(Party.actor_id.in_(actor_ids), Case.last_seq.is_(None))
    ).all()
    return AffectedCases(
        frozenset(row.id for row in rows),
        frozenset(row.id for row in rows if row.visibility == Visibility.PUBLIC.value),
    )


def cases_ever(connection: Connection, record_type: RecordType, ids: Collection[str]) -> AffectedCases:
    """Return the cases with an answer, of now or of any past moment, that rests on the records."""
    resting: Select[int] | CompoundSelect[int]
    match record_type:
        case RecordType.CASE:
            resting = select(EventCase.seq).where(EventCase.case_id.in_(ids))
        case RecordType.ACTOR:
            resting = select(Participation.seq).where(Participation.actor_id.in_(ids))
        case RecordType.SOURCE:
            resting = select(Citation.seq).where(Citation.source_id.in_(ids))
        case RecordType.EVENT:
            incoming = select(Relation.seq).where(Relation.target_id.in_(ids))
            resting = incoming.union_all(select(Event.seq).where(Event.id.in_(ids)))
    event, record, case = aliased(Event), aliased(Record), aliased(Record)
    rows = connection.execute(
        select(
            EventCase.case_id,
            (
                (event.visibility != Visibility.RESTRICTED.value)
                & (record.visibility != Visibility.RESTRICTED.value)
                & (case.visibility == Visibility.PUBLIC.value)
            ).label("is_public"),
        )
        .join(event, event.seq == EventCase.seq)
        .join(record, record.id == event.id)
        .join(case, case.id == EventCase.case_id)
        .where(EventCase.seq.in_(resting))
        .distinct()
    ).all()
    found = AffectedCases(
        frozenset(row.case_id for row in rows), frozenset(row.case_id for row in rows if row.is_public)
    )
    if record_type is RecordType.ACTOR:
        found |= _cases_with_party(connection, select(Party.case_id).where(Party.actor_id.in_(ids)))
    if record_type is RecordType.CASE:
        found |= _cases_with_party(connection, select(Record.id).where(Record.id.in_(ids)))
    return found


def _cases_with_party(connection: Connection, ids: Select[str]) -> AffectedCases:
    rows = connection.execute(select(Record.id, Record.visibility).where(Record.id.in_(ids))).all()
    return AffectedCases(
        frozenset(row.id for row in rows),
        frozenset(row.id for row in rows if row.visibility == Visibility.PUBLIC.value),
    )


def _resting_events(record_type: RecordType, ids: Collection[str]) -> Select[int]:
    """Return the current rows of the events whose answers rest on the records, their own not included."""
    match record_type:
        case RecordType.CASE:
            tie = aliased(EventCase)
            return select(tie.seq).where(tie.case_id.in_(ids), tie.last_seq.is_(None))
        case RecordType.ACTOR:
            return select(Participation.seq).where(
                Participation.actor_id.in_(ids), Participation.last_seq.is_(None)
            )
        case RecordType.SOURCE:
            return select(Citation.seq).where(Citation.source_id.in_(ids), Citation.last_seq.is_(None))
        case RecordType.EVENT:
            other = aliased(Event)
            incoming = select(Relation.seq).where(Relation.target_id.in_(ids), Relation.last_seq.is_(None))
            # Not shown in the other event, but whether it is still unanswered depends on it.
            outgoing = (
                select(other.seq)
                .join(Relation, Relation.target_id == other.id)
                .join(Event, Event.seq == Relation.seq)
                .where(Event.id.in_(ids), Event.last_seq.is_(None), other.last_seq.is_(None))
            )
            both = union(incoming, outgoing).subquery()
            return select(both.c.seq)


def refresh_ready(connection: Connection, record_type: RecordType, record_id: str) -> None:
    """Drop the ready answers that name the record, and make the first of them again at once.

    The bound keeps the write short: what is left is assembled whenever it is read.
    """
    ids = family(connection, [record_id])
    naming = (
        select(Relation.seq).where(Relation.target_id.in_(ids), Relation.last_seq.is_(None))
        if record_type is RecordType.EVENT
        else _resting_events(record_type, ids)
    )
    named = select(Event.seq).where(Event.last_seq.is_(None), Event.seq.in_(naming))
    connection.execute(update(Event).where(Event.seq.in_(named)).values(ready=None))
    make_ready(connection, connection.execute(named.limit(REFRESHED_AT_ONCE)).scalars().all())


def empty_ready_in_case(connection: Connection, case_id: str) -> None:
    """Drop the ready answers that name an event of the case: it may have come into or out of sight."""
    members = select(EventCase.event_id).where(EventCase.case_id == case_id, EventCase.last_seq.is_(None))
    connection.execute(
        update(Event)
        .where(
            Event.last_seq.is_(None),
            Event.seq.in_(
                select(Relation.seq).where(Relation.target_id.in_(members), Relation.last_seq.is_(None))
            ),
        )
        .values(ready=None)
    )


def make_ready(connection: Connection, seqs: Iterable[int]) -> dict[int, bytes]:
    """Assemble the public's current answers for the event rows `seqs` and keep them; return them."""
    rows = connection.execute(
        select(Revision, Record.visibility.label("now"))
        .join(Record, Record.id == Revision.record_id)
        .where(Revision.seq.in_(list(seqs)))
    ).all()
    answers = assemble_rows(connection, rows, PUBLIC_NOW)
    for seq, answer in answers.items():
        connection.execute(update(Event).where(Event.seq == seq).values(ready=answer))
    return answers


def assemble_rows(connection: Connection, rows: Iterable[Any], view: View) -> dict[int, bytes]:
    """Return the answers for rows of the log joined with `now`, by `seq`, for one reader."""
    documents = {row.seq: (row, decode(row.document)) for row in rows}
    named: set[str] = set()
    for row, document in documents.values():
        named |= named_in(document, RecordType(row.record_type))
    stubs = load_stubs(connection, named, view) if named else {}
    return {
        seq: encode(assemble(document, read_revision(row, view, row.now), stubs))
        for seq, (row, document) in documents.items()
    }


def add_case_changes(connection: Connection, seq: int, cases: AffectedCases, *, alters_past: bool) -> None:
    """Note which cases a change alters."""
    _add_ties(
        connection,
        CaseChange,
        (
            {
                "case_id": case_id,
                "seq": seq,
                "is_public": case_id in cases.public,
                "alters_past": alters_past,
            }
            for case_id in sorted(cases.every | cases.public)
        ),
    )


def first_changes(connection: Connection, record_id: str) -> tuple[int, int | None]:
    """Return the first change of the record, and the first one that the public saw, if any."""
    first, public = connection.execute(
        select(
            func.min(Revision.seq),
            func.min(Revision.seq).filter(Revision.public_seq.is_not(None)),
        ).where(Revision.record_id == record_id)
    ).one()
    return first, public
