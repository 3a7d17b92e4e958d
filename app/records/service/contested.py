"""Settles allegations and obligations, and what of an event concerns them."""

from typing import Any, Final

from sqlalchemy import select

from app.core.edtf import EdtfError, parse_occurred
from app.core.recurrence import RecurrenceError, check_first, parse_rule
from app.records.documents import Document, decode
from app.records.schemas.contested import ObligationIn
from app.records.service.resolving import Resolver, check_date, settle_zone
from app.records.tables import Allegation, Record, Revision
from app.records.vocabulary import Effect, RecordType

_PARTS: Final = ("terms", "responses", "findings")


def allegation_document(resolver: Resolver, written: Any) -> Document:  # noqa: ANN401 - its model has checked it
    """Return the document of an allegation."""
    document: Document = written.model_dump(mode="json")
    document["case"] = resolver.resolve(RecordType.CASE, written.case, "/case")
    zone = written.timezone or resolver.setting.directory.timezone_of(document["case"])
    document["timezone"] = settle_zone(resolver, zone)
    for n, position in enumerate(written.positions):
        settled, place = document["positions"][n], f"/positions/{n}"
        settled["actor"] = resolver.resolve_or_make(RecordType.ACTOR, position.actor, f"{place}/actor")
        check_date(resolver, position.occurred, document["timezone"], f"{place}/occurred")
        if position.event is not None:
            settled["event"] = resolver.resolve(RecordType.EVENT, position.event, f"{place}/event")
        if position.citation is not None:
            source = position.citation.source
            where = f"{place}/citation"
            settled["citation"]["source"] = resolver.resolve_or_make(
                RecordType.SOURCE, source, f"{where}/source"
            )
            check_date(resolver, position.citation.occurred, document["timezone"], f"{where}/occurred")
    return document


def allegation_of_event(resolver: Resolver, reference: str | None, cases: list[str]) -> str | None:
    """Return the id of the allegation that an event rests on, which must be one of its cases'."""
    if reference is None:
        return None
    allegation_id = resolver.resolve(RecordType.ALLEGATION, reference, "/allegation")
    # One that was retracted since has no row, and may stay named.
    case_id = resolver.log.connection.execute(
        select(Allegation.case_id).where(Allegation.id == allegation_id, Allegation.last_seq.is_(None))
    ).scalar_one_or_none()
    if case_id is not None and case_id not in cases:
        resolver.refuse("/allegation", "It is an allegation in a case that is none of the event's.")
    return allegation_id


def obligation_document(resolver: Resolver, written: Any) -> Document:  # noqa: ANN401 - its model has checked it
    """Return the document of an obligation."""
    document: Document = written.model_dump(mode="json")
    document["order"] = resolver.resolve(RecordType.EVENT, written.order, "/order")
    document["bound"] = resolver.resolve_or_make(RecordType.ACTOR, written.bound, "/bound")
    zone = settle_zone(resolver, written.timezone or _zone_of(resolver, document["order"]))
    document["timezone"] = zone
    check_date(resolver, written.due, zone, "/due")
    _check_rule(resolver, written, zone)
    for part in _PARTS:
        for n, one in enumerate(document[part]):
            if one["event"] is not None:
                one["event"] = resolver.resolve(RecordType.EVENT, one["event"], f"/{part}/{n}/event")
    for n, response in enumerate(document["responses"]):
        if response["by"] is not None:
            response["by"] = resolver.resolve(RecordType.ACTOR, response["by"], f"/responses/{n}/by")
    for n, term in enumerate(written.terms):
        place = f"/terms/{n}"
        check_date(resolver, term.occurred, zone, f"{place}/occurred")
        check_date(resolver, term.due, zone, f"{place}/due")
        if term.occurred is None and term.event is None:
            resolver.refuse(f"{place}/occurred", "Say when it took effect, or name the event that did it.")
        if (term.due is None) is (term.effect is Effect.DUE_CHANGED):
            resolver.refuse(f"{place}/due", "Needed where `effect` is due_changed, and only there.")
    return document


def _check_rule(resolver: Resolver, written: ObligationIn, zone: str) -> None:
    if written.recurrence is None:
        return
    if written.due is None:
        resolver.refuse("/due", "What recurs is counted from the first due moment: say when that is.")
    try:
        rule = parse_rule(written.recurrence)
        if written.due is not None:
            check_first(rule, parse_occurred(written.due, zone).bounds.position, zone)
    except RecurrenceError as error:
        resolver.refuse("/recurrence", str(error))
    except EdtfError:
        # Refused already, where it stands.
        return


def _zone_of(resolver: Resolver, event_id: str) -> str | None:
    document = resolver.log.connection.execute(
        select(Revision.document).join(Record, Record.seq == Revision.seq).where(Record.id == event_id)
    ).scalar_one_or_none()
    zone: str | None = decode(document)["timezone"] if document else None
    return zone
