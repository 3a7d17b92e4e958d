"""Puts the answer for one record together."""

from collections.abc import Mapping

from app.records.documents.contested import allegation_answer, obligation_answer
from app.records.documents.parts import (
    actor_stub,
    allegation_stub,
    case_stub,
    citations,
    moment_or_null,
    participations,
    read_occurred,
    relations,
    unique,
)
from app.records.documents.shapes import Document, Envelope, Stub
from app.records.vocabulary import RecordType


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
        case RecordType.ALLEGATION:
            return allegation_answer(document, envelope, stubs)
        case RecordType.OBLIGATION:
            return obligation_answer(document, envelope, stubs)


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
        "cases": [case_stub(stub) for stub in unique(cases) if stub.document],
        "actors": participations(document, stubs) if whole else [],
        "place": document["place"] if whole else None,
        "details": document["details"] if whole else None,
        "citations": citations(document, stubs) if whole else [],
        "relations": relations(document, stubs, but=envelope.id) if whole else [],
        "tags": document["tags"] if whole else [],
        "external_id": document["external_id"] if whole else None,
        "visibility": envelope.visibility,
        "visibility_reason": document["visibility_reason"],
        "allegation": allegation_stub(document["allegation"], stubs) if whole else None,
        "recorded_at": moment_or_null(envelope.recorded_at),
        "corrections": envelope.corrections if whole else None,
        "last_corrected_at": moment_or_null(envelope.last_corrected_at) if whole else None,
    }


def _dockets(document: Document, stubs: Mapping[str, Stub]) -> list[Document]:
    return [
        {
            "court": docket["court"],
            "docket_number": docket["docket_number"],
            "url": docket["url"],
            "parties": [
                {**actor_stub(stub), "role": party["role"]}
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
        "recorded_at": moment_or_null(envelope.recorded_at),
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
