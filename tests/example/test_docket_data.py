"""The docket of the example: every statement has a source, and what it names is there."""

from pydantic import TypeAdapter

from app.example import load_documents
from app.records.schemas.contested import ObligationIn
from app.records.schemas.written import CaseIn, EventIn, SourceIn

FIRST, DOCKET = load_documents()
EVENT: TypeAdapter[EventIn] = TypeAdapter(EventIn)
CASE = CaseIn.model_validate(DOCKET.case)
EVENTS = {str(event["external_id"]): EVENT.validate_python(event) for event in DOCKET.events}
SOURCES = {str(source["external_id"]): SourceIn.model_validate(source) for source in DOCKET.sources}
DUTIES = [ObligationIn.model_validate(duty) for duty in DOCKET.obligations]
NAMED_COURT_DOCUMENTS = {
    "order-of-4-april": "mdd-8-25-cv-00951/21",
    "amended-order": "mdd-8-25-cv-00951/51",
    "order-of-11-april": "mdd-8-25-cv-00951/61",
    "stay-refused": "ca4-25-1345/2025-04-07",
    "administrative-stay": "scotus-24a949/docket",
    "supreme-court-ruling": "scotus-24a949/2025-04-10",
}


def test_every_event_cites_a_source_and_relates_to_those_before_it() -> None:
    known = SOURCES.keys() | {str(source["external_id"]) for source in FIRST.sources}
    seen: set[str] = set()
    for external_id, event in EVENTS.items():
        assert {citation.source for citation in event.citations} <= known, external_id
        assert event.citations, external_id
        assert {relation.event for relation in event.relations} <= seen, external_id
        assert event.cases == [CASE.slug]
        seen.add(external_id)


def test_orders_are_cited_from_the_court_documents() -> None:
    for name, source in NAMED_COURT_DOCUMENTS.items():
        cited = [citation.source for citation in EVENTS[f"abrego-garcia-docket/{name}"].citations]
        assert source in cited, name
        assert SOURCES[source].kind == "court_document"


def test_every_actor_is_described_once_and_used() -> None:
    described = [str(actor["slug"]) for document in (FIRST, DOCKET) for actor in document.actors]
    taking_part = {participation.actor for event in EVENTS.values() for participation in event.actors}
    parties = {party.actor for docket in CASE.dockets for party in docket.parties}

    assert len(set(described)) == len(described)
    assert taking_part | parties <= set(described)
    assert {str(actor["slug"]) for actor in DOCKET.actors} <= taking_part | parties


def test_obligations_name_events_of_the_docket_and_no_response_claims_compliance() -> None:
    for duty in DUTIES:
        named = [
            duty.order,
            *(one.event for part in (duty.terms, duty.responses, duty.findings) for one in part),
        ]
        assert set(named) <= EVENTS.keys(), duty.external_id
        assert not any(response.claims_compliance for response in duty.responses)


def test_what_only_a_report_says_is_not_called_established() -> None:
    for external_id, event in EVENTS.items():
        kinds = {SOURCES[str(one.source)].kind for one in event.citations if one.source in SOURCES}
        if event.type == "court_filing" and "court_document" not in kinds:
            assert event.standing == "reported", external_id
