"""Documents, and how they become answers.

A stored document names other records by id.  What is served is assembled from
it with the stubs of those records, as of the same change and for the same
audience; a tie whose other end the reader may not see is left out.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json
from sqlalchemy import Connection, select

from app.core import stamps
from app.core.edtf import Occurred, parse_occurred
from app.records.revisions import View, as_of, nameable
from app.records.tables import Record, Revision
from app.records.vocabulary import RecordType, Visibility

# A stored document or an answer: JSON, whose shape the schemas give.
Document: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds a document in an answer."""

    id: str
    type: RecordType
    revision: int
    visibility: Visibility
    is_whole: bool
    recorded_at: datetime
    corrections: int
    last_corrected_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stub:
    """A record as other records name it; `document` is `None` once it is retracted."""

    id: str
    type: RecordType
    document: Document | None


def encode(document: object) -> bytes:
    """Return compact JSON in UTF-8; keys keep their order."""
    return to_json(document)


def decode(document: bytes) -> Document:
    """Return the document that `encode` made."""
    decoded: Document = from_json(document)
    return decoded


def read_revision(revision: Any, view: View, now: str) -> Envelope:  # noqa: ANN401 - a row of the log
    """Return the envelope of a row of `revisions`; `now` is the record's visibility now."""
    shown = {Visibility.PUBLIC.value}
    is_whole = not view.is_public or {revision.visibility, now} <= shown
    return Envelope(
        id=revision.record_id,
        type=RecordType(revision.record_type),
        revision=revision.number,
        visibility=Visibility(revision.visibility) if is_whole else Visibility.EXISTENCE_ONLY,
        is_whole=is_whole,
        recorded_at=(view.is_public and revision.public_recorded_at) or revision.recorded_at,
        corrections=revision.public_corrections if view.is_public else revision.corrections,
        last_corrected_at=(
            revision.public_last_corrected_at if view.is_public else revision.last_corrected_at
        ),
    )


def named_in(document: Document, record_type: RecordType) -> set[str]:
    """Return the ids of the records that a document names."""
    match record_type:
        case RecordType.EVENT:
            return {
                *document["cases"],
                *(actor["actor"] for actor in document["actors"]),
                *(citation["source"] for citation in document["citations"]),
                *(relation["event"] for relation in document["relations"]),
            }
        case RecordType.CASE:
            return {party["actor"] for docket in document["dockets"] for party in docket["parties"]}
        case RecordType.ACTOR | RecordType.SOURCE:
            return set()


def public_part(document: Document, record_type: RecordType, named: Collection[str]) -> Document:
    """Return what the public sees of a stored document; `named` are the records that it may name."""
    if document["visibility"] == Visibility.RESTRICTED:
        return {}
    if document["visibility"] == Visibility.EXISTENCE_ONLY:
        kept = {"visibility", "visibility_reason"}
        if record_type is RecordType.EVENT:
            kept |= {"type", "occurred", "timezone", "cases"}
        document = {name: value for name, value in document.items() if name in kept}
    lists: dict[str, Any] = {}
    for name, member in (("actors", "actor"), ("citations", "source"), ("relations", "event")):
        if name in document:
            lists[name] = [one for one in document[name] if one[member] in named]
    if "cases" in document:
        lists["cases"] = [one for one in document["cases"] if one in named]
    if "dockets" in document:
        lists["dockets"] = [
            {**docket, "parties": [one for one in docket["parties"] if one["actor"] in named]}
            for docket in document["dockets"]
        ]
    return {**document, **lists}


def load_stubs(connection: Connection, ids: Iterable[str], view: View) -> dict[str, Stub]:
    """Return the stubs of the records the reader may see, by the id they were asked for.

    A merged record answers with the record that survives it.
    """
    stubs: dict[str, Stub] = {}
    # What is still to be looked up: the id to look up, and the ids that led to it.
    wanted = {record_id: {record_id} for record_id in ids}
    while wanted:
        survivors: dict[str, set[str]] = {}
        for row in _stub_rows(connection, wanted.keys(), view):
            askers = wanted[row.record_id]
            if row.merged_into is not None:
                survivors.setdefault(row.merged_into, set()).update(askers)
                continue
            document = decode(row.document) if row.document else None
            stub = Stub(row.record_id, RecordType(row.record_type), document)
            stubs.update(dict.fromkeys(askers, stub))
        wanted = survivors
    return stubs


def _stub_rows(connection: Connection, ids: Iterable[str], view: View) -> Iterable[Any]:
    query = (
        select(Revision.record_id, Revision.record_type, Revision.document, Revision.merged_into)
        .join(Record, Record.id == Revision.record_id)
        .where(
            Revision.record_id.in_(list(ids)),
            *as_of(Revision, view.seq),
            *nameable(Revision, Record, view),
        )
    )
    return connection.execute(query)


def assemble(document: Document, envelope: Envelope, stubs: Mapping[str, Stub]) -> Document:
    """Return the answer for one record, whatever its type."""
    match envelope.type:
        case RecordType.EVENT:
            return _event(document, envelope, stubs)
        case RecordType.CASE:
            return _case(document, envelope, stubs)
        case RecordType.ACTOR:
            return _actor(document, envelope)
        case RecordType.SOURCE:
            return _source(document, envelope)


def read_occurred(text: str | None, timezone: str) -> Document | None:
    """Return the read shape of a stored date."""
    if text is None:
        return None
    return occurred_out(parse_occurred(text, timezone))


def occurred_out(occurred: Occurred) -> Document:
    """Return the read shape of a parsed date."""
    return {
        "edtf": occurred.edtf,
        "earliest": occurred.earliest,
        "latest": occurred.latest,
        "precision": occurred.precision,
        "qualifier": occurred.qualifier,
        "kind": occurred.kind,
        "timezone": occurred.timezone,
        "display": occurred.display,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else stamps.moment_text(moment)


def _event(document: Document, envelope: Envelope, stubs: Mapping[str, Stub]) -> Document:
    whole = envelope.is_whole
    zone = document["timezone"]
    cases = [stubs[case_id] for case_id in document["cases"] if case_id in stubs]
    return {
        "id": envelope.id,
        "revision": envelope.revision,
        "type": document["type"],
        "title": document["title"] if whole else None,
        "summary": document["summary"] if whole else None,
        "occurred": read_occurred(document["occurred"], zone),
        "sequence": document["sequence"] if whole else None,
        "standing": document["standing"] if whole else None,
        "cases": [_case_stub(stub) for stub in unique(cases) if stub.document],
        "actors": _participations(document, stubs) if whole else [],
        "place": document["place"] if whole else None,
        "details": document["details"] if whole else None,
        "citations": _citations(document, stubs) if whole else [],
        "relations": _relations(document, stubs, but=envelope.id) if whole else [],
        "tags": document["tags"] if whole else [],
        "external_id": document["external_id"] if whole else None,
        "visibility": envelope.visibility,
        "visibility_reason": document["visibility_reason"],
        "allegation": document["allegation"] if whole else None,
        "recorded_at": _moment(envelope.recorded_at),
        "corrections": envelope.corrections if whole else None,
        "last_corrected_at": _moment(envelope.last_corrected_at) if whole else None,
    }


def unique(stubs: Iterable[Stub]) -> list[Stub]:
    """Return the stubs in order, each record once: two that were merged are one."""
    return list({stub.id: stub for stub in stubs}.values())


def _case_stub(stub: Stub) -> Document:
    document = stub.document or {}
    return {"id": stub.id, "slug": document["slug"], "title": document["title"]}


def _actor_stub(stub: Stub) -> Document:
    document = stub.document or {}
    return {"id": stub.id, "slug": document["slug"], "name": document["name"], "kind": document["kind"]}


def _participations(document: Document, stubs: Mapping[str, Stub]) -> list[Document]:
    shown: list[Document] = []
    for actor in document["actors"]:
        stub = stubs.get(actor["actor"])
        if stub and stub.document:
            participation = {**_actor_stub(stub), "role": actor["role"]}
            # Two actors that were merged may have had the same role.
            if participation not in shown:
                shown.append(participation)
    return shown


def _citations(document: Document, stubs: Mapping[str, Stub]) -> list[Document]:
    shown: list[Document] = []
    for citation in document["citations"]:
        stub = stubs.get(citation["source"])
        if stub and stub.document:
            source = stub.document
            shown.append(
                {
                    "source": {
                        "id": stub.id,
                        "publisher": source["publisher"],
                        "title": source["title"],
                        "url": source["url"],
                        "published": source["published"],
                    },
                    "locator": citation["locator"],
                    "quote": citation["quote"],
                    "occurred": read_occurred(citation["occurred"], document["timezone"]),
                }
            )
    return shown


def _relations(document: Document, stubs: Mapping[str, Stub], *, but: str) -> list[Document]:
    shown: list[Document] = []
    for relation in document["relations"]:
        stub = stubs.get(relation["event"])
        # What was merged into the event itself is no other event any more.
        if stub and stub.id != but:
            title = stub.document["title"] if stub.document else None
            related = {"type": relation["type"], "event": {"id": stub.id, "title": title}}
            # Two events that were merged may have been related alike.
            if related not in shown:
                shown.append(related)
    return shown


def _dockets(document: Document, stubs: Mapping[str, Stub]) -> list[Document]:
    return [
        {
            "court": docket["court"],
            "docket_number": docket["docket_number"],
            "url": docket["url"],
            "parties": [
                {**_actor_stub(stub), "role": party["role"]}
                for party in docket["parties"]
                if (stub := stubs.get(party["actor"])) and stub.document
            ],
        }
        for docket in document["dockets"]
    ]


def _shown(document: Document, envelope: Envelope) -> Document:
    return {
        "external_id": document["external_id"] if envelope.is_whole else None,
        "visibility": envelope.visibility,
        "visibility_reason": document["visibility_reason"],
        "recorded_at": _moment(envelope.recorded_at),
    }


def _case(document: Document, envelope: Envelope, stubs: Mapping[str, Stub]) -> Document:
    whole = envelope.is_whole
    return {
        "id": envelope.id,
        "revision": envelope.revision,
        "slug": document["slug"] if whole else None,
        "title": document["title"] if whole else None,
        "summary": document["summary"] if whole else None,
        "status": document["status"] if whole else None,
        "timezone": document["timezone"] if whole else None,
        "dockets": _dockets(document, stubs) if whole else [],
        "tags": document["tags"] if whole else [],
        **_shown(document, envelope),
    }


def _actor(document: Document, envelope: Envelope) -> Document:
    whole = envelope.is_whole
    return {
        "id": envelope.id,
        "revision": envelope.revision,
        "slug": document["slug"] if whole else None,
        "name": document["name"] if whole else None,
        "kind": document["kind"] if whole else None,
        "aliases": document["aliases"] if whole else [],
        **_shown(document, envelope),
    }


def _source(document: Document, envelope: Envelope) -> Document:
    whole = envelope.is_whole
    fields = ("kind", "publisher", "title", "url", "published", "archived_url", "sha256")
    return {
        "id": envelope.id,
        "revision": envelope.revision,
        **{field: document[field] if whole else None for field in fields},
        **_shown(document, envelope),
    }
