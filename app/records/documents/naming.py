"""Which records a document names, and what of it the public sees."""

from collections.abc import Collection
from typing import Any

from app.records.documents.shapes import Document
from app.records.vocabulary import RecordType, Visibility


def named_in(document: Document, record_type: RecordType) -> set[str]:
    """Return the ids of the records that a document names."""
    match record_type:
        case RecordType.EVENT:
            return {
                *document["cases"],
                *(actor["actor"] for actor in document["actors"]),
                *(citation["source"] for citation in document["citations"]),
                *(relation["event"] for relation in document["relations"]),
                *_given(document["allegation"]),
            }
        case RecordType.CASE:
            return {party["actor"] for docket in document["dockets"] for party in docket["parties"]}
        case RecordType.ALLEGATION:
            return {document["case"]}.union(*map(named_in_position, document["positions"]))
        case RecordType.OBLIGATION:
            ties = [one for part in ("terms", "responses", "findings") for one in document[part]]
            named = (_given(one["event"], one.get("by")) for one in ties)
            return {document["order"], document["bound"]}.union(*named)
        case RecordType.ACTOR | RecordType.SOURCE:
            return set()


def named_in_position(position: Document) -> set[str]:
    """Return the ids of the records that a position on an allegation names."""
    citation = position["citation"]
    return _given(position["actor"], position["event"], citation and citation["source"])


def _given(*ids: str | None) -> set[str]:
    return {one for one in ids if one is not None}


def public_part(document: Document, record_type: RecordType, named: Collection[str]) -> Document:
    """Return what the public sees of a stored document; `named` are the records that it may name."""
    if document["visibility"] == Visibility.RESTRICTED:
        return {}
    if document["visibility"] == Visibility.EXISTENCE_ONLY:
        kept = {"visibility", "visibility_reason"}
        if record_type is RecordType.EVENT:
            kept |= {"type", "occurred", "timezone", "cases"}
        if record_type is RecordType.ALLEGATION:
            kept |= {"case"}
        document = {name: value for name, value in document.items() if name in kept}
    match record_type:
        case RecordType.ALLEGATION:
            return {**document, **_public_positions(document, named)}
        case RecordType.OBLIGATION:
            return {**document, **_public_duty(document, named)}
        case _:
            return {**document, **_public_ties(document, named)}


def _public_ties(document: Document, named: Collection[str]) -> Document:
    """Return what of an event or a case depends on what the public may know of."""
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
    if "allegation" in document:
        lists["allegation"] = document["allegation"] if document["allegation"] in named else None
    return lists


def _public_positions(document: Document, named: Collection[str]) -> Document:
    if "positions" not in document:
        return {}
    return {"positions": [one for one in document["positions"] if named_in_position(one) <= {*named}]}


def _public_duty(document: Document, named: Collection[str]) -> Document:
    if "act" not in document:
        return {}

    def known(record_id: str | None) -> str | None:
        return record_id if record_id in named else None

    return {
        "bound": known(document["bound"]),
        "terms": [one for one in document["terms"] if one["event"] is None or one["event"] in named],
        "responses": [
            {**one, "by": known(one["by"])} for one in document["responses"] if one["event"] in named
        ],
        "findings": [one for one in document["findings"] if one["event"] in named],
    }
