"""The rows of the read models, one set for each revision."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    Connection,
    delete,
    insert,
    inspect,
    select,
    update,
)

from app.core.edtf import UNDATED, Bounds, parse_occurred
from app.core.text import sort_name
from app.records.documents import (
    Document,
)
from app.records.store.contested import TableRows, allegation_rows, obligation_rows
from app.records.tables import (
    READ_MODELS,
    Actor,
    Case,
    CaseTag,
    Citation,
    Docket,
    Event,
    EventAllegation,
    EventCase,
    EventTag,
    Participation,
    Party,
    Relation,
    Source,
)
from app.records.vocabulary import RecordType


def bounds_of(document: Document) -> Bounds:
    """Return the bounds of an event's date."""
    text = document["occurred"]
    return UNDATED if text is None else parse_occurred(text, document["timezone"]).bounds


def close_rows(connection: Connection, record_type: RecordType, prior_seq: int, seq: int | None) -> None:
    """End the rows of a record's previous revision: `seq` supersedes it (`None`: nothing does)."""
    for table in READ_MODELS[record_type]:
        connection.execute(update(table).where(table.seq == prior_seq).values(last_seq=seq))
    if record_type is RecordType.EVENT and seq is not None:
        # Ready answers are for now only, and would keep names that are taken out later.
        connection.execute(update(Event).where(Event.seq == prior_seq).values(ready=None))


def add_rows(
    connection: Connection,
    record_type: RecordType,
    record_id: str,
    seq: int,
    document: Document,
    *,
    recorded: tuple[int, int | None],
) -> None:
    """Add the rows of a record's new revision, as `rows_of` gives them."""
    for table, rows in rows_of(record_type, record_id, seq, document, recorded=recorded):
        add_ties(connection, table, rows)


def rows_of(
    record_type: RecordType,
    record_id: str,
    seq: int,
    document: Document,
    *,
    recorded: tuple[int, int | None],
) -> TableRows:
    """Return the rows of one revision, table by table.

    `recorded` is the first change of the record that all may see, and the
    first one that the public may see, if any.
    """
    row = {"seq": seq, "id": record_id, "visibility": document["visibility"]}
    match record_type:
        case RecordType.EVENT:
            return _event_rows(row, document, recorded)
        case RecordType.CASE:
            return _case_rows(row, document)
        case RecordType.ACTOR:
            named = {
                "kind": document["kind"],
                "sort_name": sort_name(document["name"]),
                "slug": document["slug"],
            }
            return [(Actor, [{**row, **named}])]
        case RecordType.SOURCE:
            return [(Source, [_source_row(row, document)])]
        case RecordType.ALLEGATION:
            return allegation_rows(row, document)
        case RecordType.OBLIGATION:
            return obligation_rows(row, document)


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


def _source_row(row: Document, document: Document) -> Document:
    published = document["published"]
    return {
        **row,
        "kind": document["kind"],
        "publisher": document["publisher"],
        "sort_name": sort_name(document["title"]),
        # A day of publication is a day anywhere: it is compared with days, not with moments.
        "published_earliest": parse_occurred(published, "UTC").bounds.position if published else None,
    }


def _case_rows(row: Document, document: Document) -> TableRows:
    case = {
        **row,
        "title": document["title"],
        "sort_name": sort_name(document["title"]),
        "status": document["status"],
        "timezone": document["timezone"],
        "slug": document["slug"],
    }
    tie = {"seq": row["seq"], "case_id": row["id"]}
    dockets = [
        {**tie, "number": number, "court": docket["court"], "docket_number": docket["docket_number"]}
        for number, docket in enumerate(document["dockets"])
    ]
    parties = (
        (docket["docket_number"], party) for docket in document["dockets"] for party in docket["parties"]
    )
    return [
        (Case, [case]),
        (CaseTag, [{**tie, "tag": tag} for tag in document["tags"]]),
        (Docket, dockets),
        (
            Party,
            [
                {
                    **tie,
                    "number": number,
                    "docket_number": docket_number,
                    "actor_id": party["actor"],
                    "role": party["role"],
                }
                for number, (docket_number, party) in enumerate(parties)
            ],
        ),
    ]


def _event_rows(row: Document, document: Document, recorded: tuple[int, int | None]) -> TableRows:
    bounds = bounds_of(document)
    order = {
        "position": bounds.position,
        "start_latest": bounds.start_latest,
        "sequence": document["sequence"],
    }
    first = {"recorded_seq": recorded[0], "public_recorded_seq": recorded[1]}
    place = document["place"] or {"country": None, "latitude": None, "longitude": None}
    event = {
        **row,
        **order,
        **first,
        "type": document["type"],
        "standing": document["standing"],
        "start_earliest": bounds.start_earliest,
        "end_earliest": bounds.end_earliest,
        "end_latest": bounds.end_latest,
        "country": place["country"],
        "latitude": place["latitude"],
        "longitude": place["longitude"],
        "docket_number": document["details"].get("docket"),
    }
    tie = {"seq": row["seq"], "event_id": row["id"], **order}
    allegation = document["allegation"]
    rests_on = [{"seq": row["seq"], "event_id": row["id"], "allegation_id": allegation}] if allegation else []
    return [
        (Event, [event]),
        (EventCase, [{**tie, **first, "case_id": case} for case in document["cases"]]),
        (EventTag, [{**tie, "tag": tag} for tag in document["tags"]]),
        (EventAllegation, rests_on),
        (
            Participation,
            [
                {**tie, "number": number, "actor_id": actor["actor"], "role": actor["role"]}
                for number, actor in enumerate(document["actors"])
            ],
        ),
        (
            Citation,
            [
                {**tie, "number": number, "source_id": citation["source"]}
                for number, citation in enumerate(document["citations"])
            ],
        ),
        (
            Relation,
            [
                {**tie, "number": number, "type": relation["type"], "target_id": relation["event"]}
                for number, relation in enumerate(document["relations"])
            ],
        ),
    ]


def add_ties(connection: Connection, table: type, rows: Iterable[Document]) -> None:
    """Insert rows, if there are any."""
    if values := list(rows):
        connection.execute(insert(table), values)
