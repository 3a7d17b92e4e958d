"""Events to measure with: as many as wanted, always the same, one at a time.

A case has 100 of them (`large` of the first share one case), an event 1 to 2 kB
of text, two to four actors, one to three citations and tags, and now and then a
relation to an earlier event of its case.  Whatever is named for the first time
is described where it is named, as in a line of an import.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from pydantic import JsonValue

Line = dict[str, JsonValue]

EVENTS_A_CASE: Final = 100
ACTORS: Final = 400
EVENTS_A_SOURCE: Final = 2
# What the share of each type is, in hundredths.
TYPES: Final = {
    "statement": 24, "court_filing": 20, "court_order": 14, "hearing": 9, "meeting": 8, "detention": 6,
    "deportation": 5, "executive_action": 5, "release": 3, "legislation": 3, "agreement": 2, "other": 1,
}  # fmt: skip
ROLES: Final = ("participant", "speaker", "subject", "judge", "court", "bound", "filer", "deporting")
KINDS: Final = ("person", "person", "person", "organization", "court", "government")
RELATIONS: Final = ("responds_to", "rules_on", "follows_from", "violates", "affirms", "cites")
STANDINGS: Final = ("reported", "reported", "reported", "established", "alleged", "disputed")
COUNTRIES: Final = ("US", "SV", "MX", "GT", "HN", "VE", "CO", "PA")
PUBLISHERS: Final = ("Reuters", "AP", "AFP", "The Example Post", "Docket Watch", "Court of Record")
TAGS: Final = tuple(f"tag-{number}" for number in range(40))
ENDINGS: Final = ("", "s", "ed", "ing", "er", "ment", "al", "ly", "ion", "able")
_STEMS: Final = (
    "order court judge remov deport govern appeal declar motion evidence prison return flight officer lawyer "
    "protect district circuit supreme justice hearing filing statement administrat president minister agree "
    "comply facilitat effectuat custody detain releas transfer border country citizen famil union worker "
    "sheet metal Maryland Salvador Venezuela alien enem act law statute right process notice habeas petition "
    "counsel argu claim deny affirm revers stay vacat enforc violat respon question answer report article "
    "source record docket entry page day week month morning night city street house office department "
    "secretary agency bureau embassy foreign diplomat visit meet talk speech press camera word quote public "
    "opinion vote senat congress member group gang accus prove doubt certain error mistake clerk brief sign "
    "seal exhibit witness testif oath bench chamber panel rule remand grant reject delay deadline extend "
    "demand request refus accept negotiat treaty secur migrat bitcoin tariff money contract pay cost tax "
    "water land build road bridge school hospital doctor nurse patient child mother father brother wife"
)
WORDS: Final = tuple(stem + ending for stem in _STEMS.split() for ending in ENDINGS)
JOINTS: Final = ("the", "of", "to", "and", "a", "in", "that", "on", "for", "by", "with", "had", "was", "not")


def make_events(count: int, *, large: int = 0) -> Iterator[Line]:
    """Yield `count` events as an import reads them."""
    named: set[int] = set()
    for number in range(count):
        chance = random.Random(number)
        is_large = number < large
        case = 0 if is_large else 1 + (number - large) // EVENTS_A_CASE
        place = number if is_large else (number - large) % EVENTS_A_CASE
        yield _event(number, case, place, chance, named)


def _event(number: int, case: int, place: int, chance: random.Random, named: set[int]) -> Line:
    (kind,) = chance.choices(list(TYPES), list(TYPES.values()))
    slug = f"case-{case}"
    made: Line = {
        "type": kind,
        "title": _words(chance, 60),
        "summary": _words(chance, chance.randrange(1_000, 2_000)),
        "occurred": _occurred(case, place, chance),
        "cases": [slug if place else {"slug": slug, "title": f"In re {_words(chance, 20)}"}],
        "actors": [_participation(one, chance, named) for one in _some_actors(case, chance)],
        "citations": [_citation(number, back, chance) for back in range(chance.randrange(1, 4))],
        "tags": chance.sample(TAGS, chance.randrange(1, 4)),
        "standing": chance.choice(STANDINGS),
        "external_id": f"event-{number}",
    }
    if chance.random() < 0.4:
        made["place"] = {
            "name": _words(chance, 20),
            "country": chance.choice(COUNTRIES),
            "latitude": round(chance.uniform(-60, 60), 4),
            "longitude": round(chance.uniform(-180, 180), 4),
        }
    if kind.startswith("court_"):
        made["details"] = {"docket": f"8:25-cv-{case:05}", "entry_number": place}
    if place and chance.random() < 0.25:
        earlier = number - chance.randrange(1, min(place, 50) + 1)
        made["relations"] = [{"type": chance.choice(RELATIONS), "event": f"event-{earlier}"}]
    return made


def _words(chance: random.Random, length: int) -> str:
    """Return prose of about that many characters, its common words far commoner than the others."""
    words: list[str] = []
    while length > 0:
        # Squared, so that the first stems are met often and the last ones hardly ever.
        rank = int(chance.random() ** 2 * len(WORDS))
        word = chance.choice(JOINTS) if chance.random() < 0.4 else WORDS[rank]
        if chance.random() < 0.08:
            word += "."
        words.append(word)
        length -= len(word) + 1
    return " ".join(words)


def _occurred(case: int, place: int, chance: random.Random) -> str:
    day = date(2005, 1, 1) + timedelta(days=case * 37 % 7_000 + place % 1_000 + chance.randrange(10))
    kind = chance.random()
    if kind < 0.7:
        return day.isoformat()
    if kind < 0.85:
        return f"{day}T{chance.randrange(24):02}:{chance.randrange(60):02}-04:00"
    if kind < 0.95:
        return f"{day:%Y-%m}"
    return f"[{day}..{day + timedelta(days=chance.randrange(2, 40))}]"


def _some_actors(case: int, chance: random.Random) -> list[int]:
    # The parties of a case come back; the others are anyone's.
    parties = [case * 3 % ACTORS, (case * 3 + 1) % ACTORS]
    return list(dict.fromkeys([*parties, *chance.choices(range(ACTORS), k=2)]))[: chance.randrange(2, 5)]


def _participation(actor: int, chance: random.Random, named: set[int]) -> Line:
    slug, role = f"actor-{actor}", chance.choice(ROLES)
    if actor in named:
        return {"actor": slug, "role": role}
    named.add(actor)
    described: Line = {"slug": slug, "name": _words(chance, 15), "kind": chance.choice(KINDS)}
    return {"actor": described, "role": role}


def _citation(number: int, back: int, chance: random.Random) -> Line:
    source = max(0, number // EVENTS_A_SOURCE - back)
    first_named = source * EVENTS_A_SOURCE
    described: Line = {
        "kind": "article",
        "publisher": PUBLISHERS[source % len(PUBLISHERS)],
        "title": f"Report {source}",
        "url": f"https://example.org/reports/{source}",
        "published": (date(2005, 1, 1) + timedelta(days=source % 7_000)).isoformat(),
        "external_id": f"source-{source}",
    }
    is_new = number == first_named and back == 0
    return {
        "source": described if is_new else f"source-{source}",
        "locator": f"p. {chance.randrange(1, 60)}",
        "quote": _words(chance, 80) if chance.random() < 0.5 else None,
    }
