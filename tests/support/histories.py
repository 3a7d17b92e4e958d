"""Editors who do one thing after another, by chance, over HTTP."""

import json
import random
from dataclasses import dataclass, field
from typing import Final

from fastapi import FastAPI
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.support.asking import Answer, Request, ask

Body = dict[str, JsonValue]
# An act, and the seed of what it is in particular: fewer choices for hypothesis to make.
Act = tuple[str, int]
PLURAL: Final = {"case": "cases", "actor": "actors", "source": "sources", "event": "events"}
ACTS: Final = (
    *("make event",) * 5,
    *("amend event",) * 4,
    *(f"{verb} event" for verb in ("retract", "reinstate", "merge")),
    *(f"{verb} actor" for verb in ("make", "amend", "amend", "retract", "reinstate", "merge")),
    *(f"{verb} source" for verb in ("make", "amend", "retract", "reinstate", "merge")),
    *(f"{verb} case" for verb in ("make", "amend", "amend", "retract", "reinstate")),
)
# What alters past answers, as it is meant to.
REWRITING: Final = (*(f"show {record_type}" for record_type in PLURAL), "show source", "redact actor")
DATES: Final = ("2025-03-15", "2025-03", "[..2025-03-14]", "2025-03-15/2025-04-10", "2024?", None)
WORDS: Final = ("order", "flight", "court", "prison", "return")
SLUGS: Final = ("ada", "bob", "cy", "dee")
CASE_SLUGS: Final = ("first", "second", "third")
KINDS: Final = ("correction", "clarification", "update")
VISIBILITIES: Final = ("public", "existence_only", "restricted")
RELATIONS: Final = ("responds_to", "rules_on", "violates", "cites")
ROLES: Final = ("participant", "speaker", "judge")


def histories(
    *, also: tuple[str, ...] = (), shortest: int = 8, longest: int = 15
) -> st.SearchStrategy[list[Act]]:
    """Return lists of acts; those of `also` may be among them."""
    act = st.tuples(st.sampled_from([*ACTS, *also]), st.integers(0, 10_000))
    return st.lists(act, min_size=shortest, max_size=longest)


@dataclass(slots=True)
class Editor:
    """Does acts; remembers the records it made, and why some acts were refused."""

    app: FastAPI
    key: str
    ids: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PLURAL})
    refused: list[Answer] = field(default_factory=list)

    def begin(self) -> None:
        """Make what there is to write about."""
        self._make("case", {"slug": "first", "title": "The first case"})
        self._make("actor", {"slug": "ada", "name": "Ada Order", "kind": "person"})
        self._make("actor", {"slug": "bob", "name": "Bob Flight", "kind": "court"})
        self._make(
            "source",
            {"kind": "article", "title": "A report", "publisher": "Reuters", "published": "2025-04-01"},
        )

    def do(self, act: Act) -> Answer | None:
        """Do one act; `None` where there is nothing to do it to."""
        verb, record_type = act[0].split()
        chance = random.Random(act[1])
        if verb == "make":
            return self._make(record_type, self._written(record_type, chance))
        if not self.ids[record_type]:
            return None
        record_id = chance.choice(self.ids[record_type])
        path = f"/v1/{PLURAL[record_type]}/{record_id}"
        change: JsonValue = {
            "kind": chance.choice(KINDS),
            "reason": f"Because of the {chance.choice(WORDS)}.",
        }
        match verb:
            case "amend" | "show":
                patch = (
                    self._patch(record_type, chance)
                    if verb == "amend"
                    else {
                        "visibility": chance.choice(VISIBILITIES),
                        "visibility_reason": chance.choice(["A minor.", None]),
                    }
                )
                return self._send("PATCH", path, {**patch, "change": change})
            case "redact":
                label = f"Person {chance.randrange(3)}"
                return self._send("POST", f"{path}/redact", {"label": label, "change": change})
            case "merge":
                into = chance.choice(self.ids[record_type])
                return self._send("POST", f"{path}/merge", {"into": into, "change": change})
            case _:
                return self._send("POST", f"{path}/{verb}", {"change": change})

    def _make(self, record_type: str, written: Body) -> Answer:
        answer = self._send("POST", f"/v1/{PLURAL[record_type]}", written)
        if answer.status == 201:
            made = json.loads(answer.body)
            self._note(record_type, made["id"])
            for actor in made.get("actors", []):
                self._note("actor", actor["id"])
            for citation in made.get("citations", []):
                self._note("source", citation["source"]["id"])
        return answer

    def _note(self, record_type: str, record_id: str) -> None:
        if record_id not in self.ids[record_type]:
            self.ids[record_type].append(record_id)

    def _send(self, method: str, path: str, body: Body) -> Answer:
        sent = Request(path, self.key, method, json.dumps(body).encode(), (("If-Match", "*"),))
        (answer,) = ask(self.app, [sent])
        assert answer.status < 500, answer
        if answer.status >= 300:
            self.refused.append(answer)
        return answer

    def _written(self, record_type: str, chance: random.Random) -> Body:
        match record_type:
            case "case":
                return {
                    "slug": chance.choice(CASE_SLUGS),
                    "title": _title(chance),
                    **self._patch("case", chance),
                }
            case "actor":
                return {
                    "name": _title(chance),
                    "kind": chance.choice(["person", "court"]),
                    "slug": chance.choice(SLUGS),
                }
            case "source":
                return {
                    "kind": "article",
                    "title": _title(chance),
                    "publisher": chance.choice(["Reuters", "AP", None]),
                    "published": chance.choice(["2025-03-20", "2025-04", None]),
                }
            case _:
                return {
                    "title": _title(chance),
                    "type": chance.choice(["statement", "meeting", "court_order"]),
                    "occurred": chance.choice(DATES),
                    "cases": self._some("case", chance, at_least=1),
                    **{name: self._field(name, chance) for name in _FIELDS if chance.random() < 0.5},
                }

    def _patch(self, record_type: str, chance: random.Random) -> Body:
        match record_type:
            case "case":
                one: Body = {
                    "slug": chance.choice(CASE_SLUGS),
                    "title": _title(chance),
                    "tags": chance.sample(WORDS, 2),
                    "status": chance.choice(["open", "closed"]),
                    "timezone": chance.choice(["UTC", "America/New_York"]),
                    "dockets": [
                        {
                            "court": "mdd",
                            "docket_number": "8:25-cv-00951",
                            "parties": [
                                {"actor": actor, "role": "plaintiff"} for actor in self._some("actor", chance)
                            ],
                        }
                    ],
                }
            case "actor":
                one = {"slug": chance.choice(SLUGS), "name": _title(chance), "aliases": [_title(chance)]}
            case "source":
                one = self._written("source", chance)
            case _:
                one = {
                    "title": _title(chance),
                    "occurred": chance.choice(DATES),
                    "cases": self._some("case", chance, at_least=1),
                    **{name: self._field(name, chance) for name in _FIELDS},
                }
        return {name: one[name] for name in chance.sample(sorted(one), min(2, len(one)))}

    def _field(self, name: str, chance: random.Random) -> JsonValue:
        match name:
            case "actors":
                actors: list[JsonValue] = list(self._some("actor", chance))
                if chance.random() < 0.3:
                    slug = f"new-{chance.randrange(1_000)}"
                    actors.append({"slug": slug, "name": _title(chance), "kind": "person"})
                return [{"actor": actor, "role": chance.choice(ROLES)} for actor in actors]
            case "citations":
                sources: list[JsonValue] = list(self._some("source", chance))
                if chance.random() < 0.3:
                    sources.append(
                        {
                            "kind": "article",
                            "title": _title(chance),
                            "publisher": "AFP",
                            "published": "2025-04-05",
                        }
                    )
                return [{"source": source, "quote": _title(chance)} for source in sources]
            case "relations":
                return [
                    {"type": chance.choice(RELATIONS), "event": event}
                    for event in self._some("event", chance)
                ]
            case "tags":
                return list(chance.sample(WORDS, 2))
            case "sequence":
                return chance.randrange(3)
            case _:
                return {"name": _title(chance), "country": chance.choice(["US", "SV"])}

    def _some(self, record_type: str, chance: random.Random, *, at_least: int = 0) -> list[JsonValue]:
        known = self.ids[record_type]
        return list(chance.sample(known, min(len(known), chance.randint(at_least, 2))))


_FIELDS: Final = ("actors", "citations", "relations", "tags", "sequence", "place")


def _title(chance: random.Random) -> str:
    return " ".join(chance.sample(WORDS, 2)) + f" {chance.randrange(3)}"
