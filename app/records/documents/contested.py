"""Answers about allegations and obligations.

What names a record that is not to be read is left out, and does not count: the
standing of an allegation follows from the positions that are shown.
"""

from collections.abc import Iterator, Mapping

from app.core.edtf import parse_occurred
from app.records.documents.parts import (
    actor_stub,
    case_stub,
    citation_of,
    dated_event,
    event_stub,
    moment_or_null,
    read_occurred,
)
from app.records.documents.shapes import Document, Envelope, Stub
from app.records.standing import Position, standing
from app.records.vocabulary import Stance


def allegation_answer(
    document: Document,
    envelope: Envelope,
    stubs: Mapping[str, Stub],
    *,
    reported_before: int | None = None,
) -> Document:
    """Return the answer for an allegation.

    `reported_before` (seconds since 1970) leaves positions whose cited source had been
    published by then; `None` leaves all.
    """
    whole = envelope.is_whole
    case = stubs.get(document["case"])
    shown: list[Document] = []
    words: list[Position] = []
    for position in document["positions"] if whole else ():
        answer = position_answer(position, stubs, document["timezone"])
        if answer is None or not _is_reported(answer, reported_before):
            continue
        # Two actors that were merged may have said the same.
        if answer not in shown:
            shown.append(answer)
        moment = _moment(position["occurred"], document["timezone"])
        words.append(Position(answer["actor"]["id"], Stance(position["stance"]), moment))
    return {
        "id": envelope.id,
        "revision": envelope.revision,
        "case": case_stub(case) if case and case.document else None,
        "text": document["text"] if whole else None,
        "standing": standing(words) if whole else None,
        "positions": shown,
        **_about(document, envelope),
    }


def position_answer(position: Document, stubs: Mapping[str, Stub], timezone: str) -> Document | None:
    """Return a position as it is read; `None` where its actor, source or event is not to be read."""
    actor = stubs.get(position["actor"])
    event = stubs.get(position["event"]) if position["event"] else None
    citation = citation_of(position["citation"], stubs, timezone) if position["citation"] else None
    is_hidden = (
        actor is None
        or actor.document is None
        or (position["event"] is not None and (event is None or event.document is None))
        or (position["citation"] is not None and citation is None)
    )
    if is_hidden or actor is None:
        return None
    return {
        "actor": actor_stub(actor),
        "stance": position["stance"],
        "occurred": read_occurred(position["occurred"], timezone),
        "forum": position["forum"],
        "citation": citation,
        "event": event_stub(event) if event else None,
    }


def _is_reported(position: Document, before: int | None) -> bool:
    if before is None:
        return True
    published = position["citation"] and position["citation"]["source"]["published"]
    # A day of publication is a day anywhere, as in the filter of timelines.
    return published is not None and parse_occurred(published, "UTC").bounds.position < before


def _moment(occurred: str | None, timezone: str) -> tuple[int, int] | None:
    if occurred is None:
        return None
    bounds = parse_occurred(occurred, timezone).bounds
    return bounds.position, bounds.start_latest


def obligation_answer(document: Document, envelope: Envelope, stubs: Mapping[str, Stub]) -> Document:
    """Return the answer for an obligation, without what became of it."""
    whole = envelope.is_whole
    zone = document["timezone"]
    return {
        "id": envelope.id,
        "revision": envelope.revision,
        "order": dated_event(document["order"], stubs) if whole else None,
        "bound": _actor_or_null(document["bound"], stubs) if whole else None,
        "act": document["act"] if whole else None,
        "due": read_occurred(document["due"], zone) if whole else None,
        "recurrence": document["recurrence"] if whole else None,
        "terms": list(_terms(document, stubs)) if whole else [],
        "responses": list(_responses(document, stubs)) if whole else [],
        "findings": list(_findings(document, stubs)) if whole else [],
        **_about(document, envelope),
    }


def _actor_or_null(actor_id: str | None, stubs: Mapping[str, Stub]) -> Document | None:
    stub = None if actor_id is None else stubs.get(actor_id)
    return actor_stub(stub) if stub and stub.document else None


def _terms(document: Document, stubs: Mapping[str, Stub]) -> Iterator[Document]:
    for term in document["terms"]:
        event = _readable(term["event"], stubs)
        if term["event"] is None or event is not None:
            yield {
                "occurred": read_occurred(term["occurred"], document["timezone"]),
                "effect": term["effect"],
                "due": read_occurred(term["due"], document["timezone"]),
                "event": event,
            }


def _responses(document: Document, stubs: Mapping[str, Stub]) -> Iterator[Document]:
    for response in document["responses"]:
        if event := _readable(response["event"], stubs):
            by = _actor_or_null(response["by"], stubs)
            yield {"event": event, "by": by, "claims_compliance": response["claims_compliance"]}


def _findings(document: Document, stubs: Mapping[str, Stub]) -> Iterator[Document]:
    for finding in document["findings"]:
        if event := _readable(finding["event"], stubs):
            yield {"event": event, "finding": finding["finding"]}


def _readable(event_id: str | None, stubs: Mapping[str, Stub]) -> Document | None:
    stub = None if event_id is None else stubs.get(event_id)
    return dated_event(event_id, stubs) if stub and stub.document else None


def _about(document: Document, envelope: Envelope) -> Document:
    whole = envelope.is_whole
    return {
        "external_id": document["external_id"] if whole else None,
        "visibility": envelope.visibility,
        "visibility_reason": document["visibility_reason"],
        "recorded_at": moment_or_null(envelope.recorded_at),
        "corrections": envelope.corrections if whole else None,
        "last_corrected_at": moment_or_null(envelope.last_corrected_at) if whole else None,
    }
