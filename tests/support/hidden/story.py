"""What happens in two worlds that are one to the public.

Whatever `world.hidden` does, or is in a `world.tie`, was never public.
"""

import random
from typing import Final

from pydantic import JsonValue

from tests.support.hidden.world import World, actor, allegation, case, event, obligation, source

TYPES: Final = ("statement", "meeting", "court_order", "court_filing", "deportation", "hearing", "other")
ROLES: Final = ("judge", "speaker", "participant", "bound", "subject")
DATES: Final = (
    "2025-03", "2025-03-15", "2025-04-10", "[..2025-03-14]", "2025-03-15/2025-04-02", "1798",
    "2025-04-10T09:30-04:00", "2024-12-31", "[2025-03-15..2025-04-14]", None, "../2025-04-14",
)  # fmt: skip
# The first of each is of public records alone, the last of hidden ones alone.
TAGS: Final = ("open-tag", "due-process", "both-tag", "vault-tag")
DOCKETS: Final = ("8:25-cv-00951", "24A949", "9:99-zz-99999")
COUNTRIES: Final = ("US", "SV", "IS")
PUBLISHERS: Final = ("Reuters", "The Courier", "Leaky Times")
WORDS: Final = ("order", "flight", "prison", "oopsie", "whisper", "obsidian")
PUBLIC_WORDS: Final = WORDS[:4]
CASES: Final = ("alpha", "beta", "gamma")
ACTORS: Final = ("ann", "bob", "court", "clara")
SOURCES: Final = ("report", "brief", "post")
RELATIONS: Final = ("responds_to", "rules_on", "violates", "appeals")


def _fields(chance: random.Random, words: tuple[str, ...], last: int | None) -> dict[str, JsonValue]:
    """Return an event of the closed sets above; `last` cuts off what only hidden records have."""
    kind = chance.choice(TYPES)
    fields: dict[str, JsonValue] = {
        "type": kind,
        "title": " ".join(["What", "happened:", *chance.sample(words, 2)]),
        "summary": f"More about the {chance.choice(words)}.",
        "occurred": chance.choice(DATES),
        "sequence": chance.randrange(3),
        "tags": [one for one in TAGS[:last] if chance.random() < 0.4],
        "standing": chance.choice(["established", "reported", "alleged", "disputed"]),
    }
    if kind in {"court_order", "court_filing", "hearing"}:
        fields["details"] = {"docket": chance.choice(DOCKETS[:last])}
    if chance.random() < 0.7:
        fields["place"] = {
            "name": f"A hall of {chance.choice(words)}",
            "country": chance.choice(COUNTRIES[:last]),
            "latitude": chance.randrange(-60, 60),
            "longitude": chance.randrange(-120, 120),
        }
    return fields


def tell(world: World) -> None:
    """Let it all happen."""
    _found(world)
    _make_public_events(world)
    _make_hidden_events(world)
    _contest(world)
    _change(world)
    _come_and_go(world)
    _contest_again(world)


def _found(world: World) -> None:
    hidden = world.hidden
    hidden.make(case("vault"), slug="vault", title="The obsidian vault", visibility="restricted",
                tags=["vault-tag"], dockets=[{"court": "mdd", "docket_number": DOCKETS[-1]}])  # fmt: skip
    hidden.make(actor("ghost"), slug="ghost", name="Gil Host", kind="person", aliases=["Mumbler"],
                visibility="restricted")  # fmt: skip
    for name in ("anna", "hush", "shade"):
        hidden.make(actor(name), slug=name, name=f"{name.title()} Obsidian", kind="group",
                    visibility="restricted")  # fmt: skip
    for name in ("leak", "memo"):
        hidden.make(source(name), kind="dataset", publisher=PUBLISHERS[-1], title=f"The whisper {name}",
                    published="2024-11-05", visibility="restricted")  # fmt: skip
    for name in ACTORS:
        world.public.make(actor(name), slug=name, name=f"{name.title()} Open", kind="person")
        hidden.amend(actor("ghost"), name=f"Gil Host of {name}")
    world.public.make(actor("annie"), slug="annie", name="Annie Open", kind="person", aliases=["The order"])
    for number, name in enumerate(SOURCES):
        world.public.make(source(name), kind="article", publisher=PUBLISHERS[number % 2],
                          title=f"A {name} on the prison", published=f"2025-04-{number + 10}")  # fmt: skip
        hidden.amend(source("leak"), title=f"The whisper leak {number}")
    world.public.make(source("reprint"), kind="article", publisher="Reuters", title="A reprint")
    ghost_party: JsonValue = {"actor": "ghost", "role": "plaintiff"}
    docket: JsonValue = {
        "court": "mdd",
        "docket_number": DOCKETS[0],
        "parties": [{"actor": "bob", "role": "defendant"}, *world.tie(ghost_party)],
    }
    world.public.make(case("alpha"), slug="alpha", title="Alpha order", timezone="America/New_York",
                      tags=["open-tag"], dockets=[docket])  # fmt: skip
    world.public.make(case("beta"), slug="beta", title="Beta flight", status="closed")
    world.public.make(case("gamma"), slug="gamma", title="Gamma prison", summary="A prison.")
    world.public.make(case("sealed"), slug="sealed", title="Sealed", visibility="existence_only",
                      visibility_reason="Under seal.")  # fmt: skip
    # Events that public ones will name.
    hidden.make(event("h-first"), type="court_order", title="The obsidian order", occurred="2025-01-02",
                cases=["alpha"], visibility="restricted", citations=[{"source": source("leak")}])  # fmt: skip
    hidden.make(event("v-first"), type="hearing", title="A whisper in the vault", occurred="2025-03-15",
                cases=["vault"], details={"docket": DOCKETS[-1]})  # fmt: skip
    hidden.make(event("s-first"), type="meeting", title="A sealed whisper", occurred="1700", cases=["sealed"])


def _make_public_events(world: World) -> None:
    chance, other = random.Random(11), random.Random(12)
    made: list[str] = []
    for number in range(26):
        name = f"e{number}"
        fields = _fields(chance, PUBLIC_WORDS, -1)
        cases = chance.sample(CASES, chance.choice([1, 1, 2]))
        actors: list[JsonValue] = [
            {"actor": one, "role": chance.choice(ROLES)} for one in chance.sample([*ACTORS, "annie"], 2)
        ]
        citations: list[JsonValue] = [
            {"source": source(one), "quote": f"“{chance.choice(PUBLIC_WORDS)}”"}
            for one in chance.sample([*SOURCES, "reprint"], chance.randrange(3))
        ]
        relations: list[JsonValue] = [
            {"type": chance.choice(RELATIONS), "event": event(one)}
            for one in (chance.sample(made, 1) if made and chance.random() < 0.5 else [])
        ]
        ties = [other.random() < 0.5 for _ in range(4)]
        name_of = other.choice(["ghost", "anna", "shade", "hush"])
        leak = other.choice(["leak", "memo"])
        role, bears = other.choice(ROLES), other.choice(RELATIONS)
        told_by: JsonValue = {"source": source(leak), "quote": "“They whisper of obsidian.”"}
        world.public.make(
            event(name),
            **fields,
            cases=[*cases, *(world.tie("vault") if ties[0] else [])],
            actors=[*actors, *(world.tie({"actor": name_of, "role": role}) if ties[1] else [])],
            citations=[*(world.tie(told_by) if ties[2] else []), *citations],
            relations=[
                *relations,
                *(world.tie({"type": bears, "event": event(other.choice(["h-first", "v-first"]))})
                  if ties[3] else []),
            ],
            external_id=f"pub-{number}",
        )  # fmt: skip
        made.append(name)
        if other.random() < 0.3:
            world.hidden.amend(actor("shade"), aliases=[f"Shade of {name}"])


def _make_hidden_events(world: World) -> None:
    chance = random.Random(13)
    for number in range(24):
        home = chance.choice(["alpha", "beta", "gamma", "vault", "vault", "sealed"])
        is_shut_in = home in {"vault", "sealed"}
        world.hidden.make(
            event(f"h{number}"),
            **_fields(chance, WORDS, None),
            cases=[home],
            # In a hidden case even an event that says it is public is hidden.
            visibility="public" if is_shut_in and chance.random() < 0.7 else "restricted",
            actors=[{"actor": one, "role": chance.choice(ROLES)}
                    for one in chance.sample([*ACTORS, "ghost", "anna"], 2)],
            citations=[{"source": source(one), "quote": "“Obsidian.”"}
                       for one in chance.sample([*SOURCES, "leak"], 1)],
            relations=[{"type": chance.choice(RELATIONS), "event": event(f"e{chance.randrange(26)}")}],
        )  # fmt: skip
        if number % 5 == 0:
            world.public.amend(event(f"e{number}"), summary=f"Again about the order, {number}.")


def _position(chance: random.Random, actor_name: str, **fields: JsonValue) -> dict[str, JsonValue]:
    stance = chance.choice(["asserts", "denies", "concedes", "withdraws", "finds_true", "finds_false"])
    return {"actor": actor_name, "stance": stance, "occurred": chance.choice(DATES), **fields}


def _contest(world: World) -> None:
    """Make allegations and obligations, with ties to what is hidden."""
    chance, hidden = random.Random(14), world.hidden
    hidden.make(allegation("va"), case="vault", text="Obsidian was whispered.",
                positions=[_position(random.Random(1), "ann")])  # fmt: skip
    hidden.make(allegation("ha"), case="alpha", text="Obsidian was stolen.", visibility="restricted",
                positions=[_position(random.Random(2), "bob")])  # fmt: skip
    for number in range(6):
        ties: list[JsonValue] = [
            _position(random.Random(number), "ghost", forum="A whisper"),
            _position(random.Random(number), "ann", event=event("h0"), forum="Obsidian"),
            _position(random.Random(number), "bob", citation={"source": source("leak"), "quote": "Obsidian"}),
        ]
        shown: list[JsonValue] = [
            _position(chance, chance.choice([*ACTORS, "annie"]), forum="The press",
                      event=event(f"e{chance.randrange(26)}"),
                      citation={"source": source(chance.choice([*SOURCES, "reprint"])), "quote": "Oopsie"})
            for _ in range(chance.randrange(4))
        ]  # fmt: skip
        world.public.make(allegation(f"a{number}"), case=chance.choice(CASES), text=f"The flight {number}.",
                          positions=[*world.tie(ties[number % 3]), *shown])  # fmt: skip
        hidden.amend(allegation("ha"), text=f"Obsidian was stolen {number} times.")
    hidden.make(obligation("ho"), order=event("h-first"), bound="ann", act="Return the obsidian.")
    hidden.make(obligation("vo"), order=event("e0"), bound="bob", act="Whisper.", visibility="restricted")
    for number in range(5):
        answers: list[JsonValue] = [
            {
                "event": event(f"e{chance.randrange(26)}"),
                "by": chance.choice(ACTORS),
                "claims_compliance": True,
            }
        ]
        secret: JsonValue = {"event": event("h5"), "by": "ghost", "claims_compliance": True}
        found: JsonValue = {"event": event("v-first"), "finding": "noncompliant"}
        term: JsonValue = {"event": event("h6"), "effect": "vacated"}
        world.public.make(obligation(f"o{number}"), order=event(f"e{number}"), bound=chance.choice(ACTORS),
                          act="Return the flight.", due=f"2025-04-1{number}",
                          recurrence="FREQ=DAILY;COUNT=4" if number == 2 else None,
                          terms=[{"occurred": "2025-04-11", "effect": "stayed"}, *world.tie(term)],
                          responses=[*world.tie(secret), *answers],
                          findings=world.tie(found))  # fmt: skip
    hidden.amend(allegation("va"), text="Obsidian, again.")


def _contest_again(world: World) -> None:
    """Let them be withdrawn, hidden and shown again."""
    hidden = world.hidden
    world.public.make(
        allegation("la"),
        case="alpha",
        text="An order was obeyed.",
        positions=[_position(random.Random(3), "ann", citation={"source": source("report")})],
    )
    world.public.make(event("resting"), type="statement", title="It rests on that", occurred="2025-04-02",
                      cases=["alpha"], allegation=allegation("la"))  # fmt: skip
    hidden.amend(allegation("ha"), positions=[])
    world.public.retract(allegation("a1"), "Nobody said so.")
    world.public.amend(allegation("a2"), visibility="restricted")
    world.public.amend(allegation("a3"), visibility="existence_only", visibility_reason="A minor.")
    hidden.amend(obligation("ho"), act="Return all of the obsidian.")
    hidden.retract(allegation("va"))
    hidden.retract(obligation("vo"))
    world.public.amend(allegation("a2"), visibility="public")
    world.public.retract(obligation("o1"), "It was no duty.")
    world.public.reinstate(obligation("o1"))
    world.public.amend(event("e2"), visibility="restricted")
    world.public.amend(event("e2"), visibility="public")
    hidden.amend(obligation("ho"), visibility="restricted")
    world.public.retract(allegation("la"))
    world.public.reinstate(allegation("la"))


def _change(world: World) -> None:
    hidden = world.hidden
    hidden.merge(actor("anna"), actor("ann"))
    hidden.merge(source("memo"), source("report"))
    hidden.merge(event("h-first"), event("e1"))
    world.public.amend(actor("ann"), name="Ann Opened")
    hidden.merge(event("v-first"), event("e2"))
    world.public.amend(source("report"), title="A report on the flight")
    world.public.amend(event("e1"), title="What happened: order, at last")
    hidden.merge(event("h1"), event("h2"))
    world.public.amend(event("e2"), sequence=9)
    hidden.retract(case("vault"))
    hidden.reinstate(case("vault"))
    hidden.amend(case("vault"), title="The obsidian vault, again")
    world.public.merge(actor("annie"), actor("ann"))
    hidden.retract(event("h3"), "A whisper too much.")
    hidden.retract(event("h4"))
    hidden.reinstate(event("h4"))
    for number in range(5, 20):
        hidden.amend(event(f"h{number}"), summary=f"The obsidian flight {number}.")
        if number % 3 == 0:
            hidden.retract(event(f"h{number}"), "The obsidian order.")
    world.public.merge(source("reprint"), source("report"))
    world.public.merge(event("e3"), event("e4"))
    hidden.retract(actor("shade"))
    hidden.retract(source("leak"))
    hidden.reinstate(source("leak"))
    # Their names are in no public text.
    hidden.redact(actor("ghost"), "Nobody A")
    world.public.amend(event("e6"), tags=["open-tag", "both-tag"], occurred="2025-05")
    hidden.redact(actor("hush"), "Nobody B")


def _come_and_go(world: World) -> None:
    """Let what is public be withdrawn, hidden and shown again."""
    hidden = world.hidden
    world.public.retract(event("e7"), "It never was.")
    world.public.retract(event("e8"), "A rumour.")
    hidden.amend(event("h7"), title="What happened: whisper")
    world.public.reinstate(event("e8"))
    world.public.amend(event("e9"), visibility="existence_only", visibility_reason="A minor.")
    world.public.amend(event("e10"), visibility="restricted")
    world.public.amend(event("e11"), visibility="restricted")
    hidden.amend(event("h5"), title="What happened: obsidian, obsidian")
    world.public.amend(event("e11"), visibility="public")
    world.public.retract(source("post"))
    world.public.retract(case("gamma"), "Not a case of ours.")
    hidden.amend(event("h10"), tags=["vault-tag", "due-process"])
    world.public.reinstate(case("gamma"))
    world.public.make(case("later"), slug="later", title="Hidden later")
    world.public.make(
        event("l1"), type="meeting", title="It was told once", occurred="2025-06", cases=["later"]
    )
    world.public.make(event("l2"), type="meeting", title="It was told twice", occurred="2025-06-02",
                      cases=["later"])  # fmt: skip
    world.public.retract(event("l2"))
    world.public.amend(case("later"), visibility="restricted")
    world.public.redact(actor("clara"), "Person C")
    world.public.amend(actor("bob"), aliases=["Robert", "Bobby"])
    hidden.amend(actor("ghost"), aliases=["Nobody at all"])
