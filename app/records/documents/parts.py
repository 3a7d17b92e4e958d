"""The parts of which answers are put together."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from app.core import stamps
from app.core.edtf import Occurred, parse_occurred
from app.records.documents.shapes import Document, Stub


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


def moment_or_null(moment: datetime | None) -> str | None:
    """Return a moment as answers give it."""
    return None if moment is None else stamps.moment_text(moment)


def unique(stubs: Iterable[Stub]) -> list[Stub]:
    """Return the stubs in order, each record once: two that were merged are one."""
    return list({stub.id: stub for stub in stubs}.values())


def case_stub(stub: Stub) -> Document:
    """Return a case as other records name it."""
    document = stub.document or {}
    return {"id": stub.id, "slug": document["slug"], "title": document["title"]}


def actor_stub(stub: Stub) -> Document:
    """Return an actor as other records name it."""
    document = stub.document or {}
    return {"id": stub.id, "slug": document["slug"], "name": document["name"], "kind": document["kind"]}


def participations(document: Document, stubs: Mapping[str, Stub]) -> list[Document]:
    """Return the actors of an event, with their roles."""
    shown: list[Document] = []
    for actor in document["actors"]:
        stub = stubs.get(actor["actor"])
        if stub and stub.document:
            participation = {**actor_stub(stub), "role": actor["role"]}
            # Two actors that were merged may have had the same role.
            if participation not in shown:
                shown.append(participation)
    return shown


def citations(document: Document, stubs: Mapping[str, Stub]) -> list[Document]:
    """Return the citations of an event."""
    cited = (citation_of(one, stubs, document["timezone"]) for one in document["citations"])
    return [one for one in cited if one is not None]


def citation_of(citation: Document, stubs: Mapping[str, Stub], timezone: str) -> Document | None:
    """Return a citation; `None` where its source is not to be read."""
    stub = stubs.get(citation["source"])
    if stub is None or stub.document is None:
        return None
    source = stub.document
    return {
        "source": {
            "id": stub.id,
            "publisher": source["publisher"],
            "title": source["title"],
            "url": source["url"],
            "published": source["published"],
        },
        "locator": citation["locator"],
        "quote": citation["quote"],
        "occurred": read_occurred(citation["occurred"], timezone),
    }


def allegation_stub(allegation_id: str | None, stubs: Mapping[str, Stub]) -> Document | None:
    """Return an allegation as an event names it; `None` where it is not to be read."""
    stub = None if allegation_id is None else stubs.get(allegation_id)
    if stub is None or stub.document is None:
        return None
    return {"id": stub.id, "text": stub.document["text"]}


def event_stub(stub: Stub) -> Document:
    """Return an event as other records name it."""
    return {"id": stub.id, "title": stub.document["title"] if stub.document else None}


def dated_event(event_id: str | None, stubs: Mapping[str, Stub]) -> Document | None:
    """Return an event with its date, as obligations name it; `None` where it is not to be known of."""
    stub = None if event_id is None else stubs.get(event_id)
    if stub is None:
        return None
    document = stub.document
    occurred = read_occurred(document["occurred"], document["timezone"]) if document else None
    return {**event_stub(stub), "occurred": occurred}


def relations(document: Document, stubs: Mapping[str, Stub], *, but: str) -> list[Document]:
    """Return how an event bears on others, but not on itself: `but` is its id."""
    shown: list[Document] = []
    for relation in document["relations"]:
        stub = stubs.get(relation["event"])
        # What was merged into the event itself is no other event any more.
        if stub and stub.id != but:
            related = {"type": relation["type"], "event": event_stub(stub)}
            # Two events that were merged may have been related alike.
            if related not in shown:
                shown.append(related)
    return shown
