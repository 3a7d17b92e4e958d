"""The example says what the report says: no more, no surer, and in its own words."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from app.example import load_documents
from app.records.schemas.written import ActorIn, CaseIn, EventIn, SourceIn, StatementIn
from app.records.vocabulary import Role

ARTICLE = Path(__file__).parents[2] / "../shared/seed/article.txt"
COPIED_WORDS = 8

# What the report dates, and how surely, with the beginning of the event's title.
DATED = [
    ("1798", "Alien Enemies Act becomes law"),
    ("[..2025-03-14]", "Immigration judge protects Abrego Garcia"),
    ("2025-03-15", "Abrego Garcia is sent to the Terrorism Confinement Centre"),
    ("../2025-04-14", "Hundreds of people, mostly Venezuelans, are deported"),
    ("2025-03", "Judge says deportation flights should return"),
    ("2025-03", "Bukele writes “Oopsie ... Too late”"),
    ("[2025-03-15..2025-04-14]", "Judge Paula Xinis orders"),
    ("[2025-03-15..2025-04-14]", "Supreme Court upholds the order"),
    ("[2025-03-15..2025-04-14]", "Administration acknowledges"),
    ("2025-04-11", "Trump says the man would be brought back"),
    ("2025-04-12", "United States deports ten more people"),
    ("2025-04-13", "Administration tells a court"),
    ("2025-04-14", "Miller insists"),
    ("2025-04-14", "Nayib Bukele and Donald Trump meet in the Oval Office"),
    ("2025-04-14", "Trump praises Bukele"),
    ("2025-04-14", "Trump says he would send as many people as possible"),
    ("2025-04-14", "Trump says the United States would help El Salvador to build prisons"),
    ("2025-04-14", "Bukele says he has neither plans nor the power to return"),
    ("2025-04-14", "Bukele speaks of Abrego Garcia as a “terrorist”"),
    ("2025-04-14", "Bukele tells Trump: “we actually liberated millions”"),
    ("[2025-04-12..2025-04-14]", "Rubio calls the alliance"),
    ("[..2025-04-14]", "Administration says it checked"),
    ("[..2025-04-14]", "Lawyers and relatives say the people held"),
    ("[..2025-04-14]", "Lawyers and relatives say the deported could not contest"),
    ("../2025-04-14", "Rights groups accuse Bukele"),
    ("[..2025-04-14]", "Bukele rejects"),
    ("[..2025-04-14]", "Administration alleges that Abrego Garcia belongs to MS-13"),
]

CONTESTED = {
    "abrego-garcia/administration-alleges-ms-13": "alleged",
    "abrego-garcia/administration-says-it-vetted": "disputed",
    "abrego-garcia/bukele-calls-him-a-terrorist": "alleged",
    "abrego-garcia/bukele-rejects-accusation": "disputed",
    "abrego-garcia/lawyers-deny-gang-membership": "disputed",
    "abrego-garcia/lawyers-say-no-chance-to-contest": "disputed",
    "abrego-garcia/miller-says-deportation-legal": "disputed",
    "abrego-garcia/rights-groups-accuse-bukele": "disputed",
}

EVENT: TypeAdapter[EventIn] = TypeAdapter(EventIn)

DOCUMENT, _DOCKET = load_documents()
CASE = CaseIn.model_validate(DOCUMENT.case)
ACTORS = [ActorIn.model_validate(actor) for actor in DOCUMENT.actors]
SOURCES = [SourceIn.model_validate(source) for source in DOCUMENT.sources]
EVENTS = [EVENT.validate_python(event) for event in DOCUMENT.events]
BY_ID = {str(event.external_id): event for event in EVENTS}


def straight(text: str) -> str:
    """Return `text` with straight quotation marks and single spaces."""
    return " ".join(text.translate(str.maketrans("“”‘’", "\"\"''")).split())  # noqa: RUF001 - what is replaced


@pytest.fixture(scope="module")
def article() -> str:
    if not ARTICLE.exists():
        pytest.skip("The report is not beside the project; only its facts are in it.")
    return straight(ARTICLE.read_text(encoding="utf-8"))


def words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())


def quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]+)"', straight(text))


def own_sentences() -> Iterator[str]:
    """Yield every text of the example that a reader could take for ours."""
    yield from (CASE.title, CASE.summary or "")
    yield from (source.title for source in SOURCES)
    for event in EVENTS:
        yield from (event.title, event.summary or "")
        details = event.details.model_dump(exclude={"quote"}, exclude_unset=True)
        yield from (str(value) for value in details.values())


def quotations() -> Iterator[str]:
    """Yield every text of the example that claims to be someone else's words."""
    for event in EVENTS:
        yield from (citation.quote for citation in event.citations if citation.quote)
        if isinstance(event, StatementIn) and event.details.quote:
            yield event.details.quote
    for sentence in own_sentences():
        yield from quoted(sentence)


def test_every_event_has_the_date_the_report_gives_it() -> None:
    remaining = [(event.occurred, event.title) for event in EVENTS]

    for occurred, beginning in DATED:
        match = next(
            (pair for pair in remaining if pair[0] == occurred and pair[1].startswith(beginning)), None
        )
        assert match is not None, (occurred, beginning)
        remaining.remove(match)

    assert remaining == []


def test_the_case_names_its_zone_and_its_dockets() -> None:
    assert (CASE.slug, CASE.status, CASE.timezone) == ("abrego-garcia", "open", "America/New_York")
    assert [(docket.court, docket.docket_number) for docket in CASE.dockets] == [
        ("mdd", "8:25-cv-00951"),
        ("ca4", "25-1345"),
        ("scotus", "24A949"),
    ]


def test_the_only_source_is_the_report() -> None:
    assert [(s.external_id, s.publisher, s.published, s.url) for s in SOURCES] == [
        ("reuters-2025-04-14", "Reuters", "2025-04-14", None)
    ]


def test_names_are_unique_and_external_ids_begin_with_the_case() -> None:
    slugs = [actor.slug for actor in ACTORS]

    assert len(set(slugs)) == len(slugs)
    assert len(BY_ID) == len(EVENTS)
    assert all(re.fullmatch(r"abrego-garcia/[a-z0-9-]+", external_id) for external_id in BY_ID)


def test_every_reference_resolves_and_every_actor_is_used() -> None:
    named = {participation.actor for event in EVENTS for participation in event.actors}

    assert named == {actor.slug for actor in ACTORS}
    assert {case for event in EVENTS for case in event.cases} == {CASE.slug}
    assert {c.source for event in EVENTS for c in event.citations} == {
        source.external_id for source in SOURCES
    }
    assert {relation.event for event in EVENTS for relation in event.relations} <= set(BY_ID)


def test_relations_name_only_events_that_stand_before_them_in_the_file() -> None:
    seen: set[str] = set()
    for external_id, event in BY_ID.items():
        assert {relation.event for relation in event.relations} <= seen, external_id
        seen.add(external_id)


def test_no_actor_has_one_role_twice_in_one_event() -> None:
    for event in EVENTS:
        pairs = [(participation.actor, participation.role) for participation in event.actors]
        assert len(set(pairs)) == len(pairs), event.external_id


def test_every_event_says_where_in_the_report_it_is() -> None:
    for event in EVENTS:
        (citation,) = event.citations
        assert "paragraph" in (citation.locator or ""), event.external_id
        assert citation.quote, event.external_id


@pytest.mark.parametrize(
    ("event", "relation", "other"),
    [
        ("sent-to-terrorism-confinement-centre", "violates", "protection-from-removal"),
        ("bukele-oopsie", "responds_to", "flights-should-return"),
        ("supreme-court-ruling", "affirms", "xinis-order"),
        ("filing-not-obliged", "responds_to", "supreme-court-ruling"),
        ("bukele-liberated-millions", "responds_to", "rights-groups-accuse-bukele"),
        ("bukele-no-power-to-return-him", "follows_from", "sent-to-terrorism-confinement-centre"),
        ("alien-enemies-act-deportations", "cites", "alien-enemies-act"),
        ("bukele-rejects-accusation", "contradicts", "rights-groups-accuse-bukele"),
        ("lawyers-deny-gang-membership", "contradicts", "administration-says-it-vetted"),
        ("miller-says-deportation-legal", "contradicts", "protection-from-removal"),
    ],
)
def test_an_event_tells_how_it_bears_on_another(event: str, relation: str, other: str) -> None:
    relations = [(r.type.value, r.event) for r in BY_ID[f"abrego-garcia/{event}"].relations]

    assert (relation, f"abrego-garcia/{other}") in relations


def test_the_ruling_stands_after_the_order_that_it_upholds() -> None:
    order, ruling = BY_ID["abrego-garcia/xinis-order"], BY_ID["abrego-garcia/supreme-court-ruling"]

    assert order.occurred == ruling.occurred
    assert order.sequence < ruling.sequence


def test_the_meeting_has_its_participants_place_and_topics() -> None:
    meeting = BY_ID["abrego-garcia/oval-office-meeting"]

    assert [(p.actor, p.role.value) for p in meeting.actors] == [
        ("nayib-bukele", "participant"),
        ("donald-trump", "participant"),
    ]
    assert meeting.place is not None
    assert meeting.place.model_dump() == {
        "name": "Oval Office, White House, Washington, DC",
        "country": "US",
        "latitude": 38.8974,
        "longitude": -77.0374,
    }
    assert meeting.details.model_dump() == {
        "venue": "Oval Office",
        "topics": ["security", "migration", "bitcoin", "tariffs"],
    }


def test_the_day_of_the_meeting_reads_in_order() -> None:
    day = sorted(
        (event for event in EVENTS if event.occurred == "2025-04-14"), key=lambda event: event.sequence
    )

    assert [event.sequence for event in day] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [event.external_id for event in day[:3]] == [
        "abrego-garcia/miller-says-deportation-legal",
        "abrego-garcia/oval-office-meeting",
        "abrego-garcia/trump-praises-bukele",
    ]


def test_what_one_side_says_of_another_is_never_established() -> None:
    contested = {e.external_id: e.standing.value for e in EVENTS if e.standing in {"alleged", "disputed"}}

    assert contested == CONTESTED


def test_whoever_accuses_or_is_accused_does_so_in_a_contested_event() -> None:
    for event in EVENTS:
        roles = {participation.role for participation in event.actors}
        if roles & {Role.ACCUSER, Role.ACCUSED}:
            assert event.standing in {"alleged", "disputed"}, event.external_id
            assert Role.SPEAKER in roles, event.external_id


def test_statements_are_given_to_a_speaker() -> None:
    for event in EVENTS:
        if event.type == "statement":
            assert Role.SPEAKER in {p.role for p in event.actors}, event.external_id


def test_every_quotation_is_in_the_report(article: str) -> None:
    for quotation in quotations():
        assert straight(quotation) in article, quotation


def test_no_sentence_is_copied_from_the_report(article: str) -> None:
    theirs = words(article)
    runs = {tuple(theirs[i : i + COPIED_WORDS]) for i in range(len(theirs) - COPIED_WORDS + 1)}

    for sentence in own_sentences():
        for part in re.split(r'"[^"]+"', straight(sentence)):
            ours = words(part)
            copied = [
                ours[i : i + COPIED_WORDS]
                for i in range(len(ours) - COPIED_WORDS + 1)
                if tuple(ours[i : i + COPIED_WORDS]) in runs
            ]
            assert copied == [], sentence
