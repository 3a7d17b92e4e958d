"""An editor that does, one after the other, any of the acts there are on any record there is."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from httpx2 import Response

from tests.support.follower import path_of

# Sends a request that writes: method, path, body and headers.
Send: TypeAlias = Callable[[str, str, dict[str, Any] | None, dict[str, str]], Response]

CHANGE: Final = {"kind": "correction", "reason": "One of many acts."}
PLACES: Final = {"cas": "cases", "act": "actors", "src": "sources", "evt": "events"}


@dataclass
class Newsroom:
    """The ids of what was made, by type; shared by the editors that write to one database."""

    ids: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PLACES})

    def every(self) -> list[str]:
        """Return the ids of all records."""
        return [one for ids in self.ids.values() for one in ids]


@dataclass
class Writer:
    """Does acts at random, the same ones for the same name as long as the answers are the same."""

    send: Send
    room: Newsroom
    name: str

    def __post_init__(self) -> None:
        self.random = random.Random(self.name)
        self.count = 0

    def begin(self) -> None:
        """Make a few records of each type."""
        for kind, count in (("cas", 3), ("act", 4), ("src", 3), ("evt", 8)):
            for _ in range(count):
                self.make(kind)

    def act(self) -> str:
        """Do one act; return what was done, and what it was answered."""
        chosen = self.random.choices(
            ["make", "amend", "show", "retract", "reinstate", "merge", "redact"], [4, 8, 6, 3, 3, 1, 0.3]
        )[0]
        kind = self.random.choice(["cas", "act", "src", "evt", "evt", "evt"])
        if chosen == "make":
            return self.make(kind)
        if chosen == "redact":
            kind = "act"
        record = self.random.choice(self.room.ids[kind])
        path = path_of(record)
        headers = {"If-Match": self.send("GET", path, None, {}).headers.get("ETag", "*")}
        body: dict[str, Any] = {"change": CHANGE}
        method, where = "POST", f"{path}/{chosen}"
        match chosen:
            case "amend" | "show":
                method, where = "PATCH", path
                patch = self.fields(kind) if chosen == "amend" else {"visibility": self.visibility()}
                body |= {name: value for name, value in patch.items() if name not in {"slug", "type"}}
            case "merge":
                body["into"] = self.random.choice(self.room.ids[kind])
            case "redact":
                body["label"] = f"Person {self.count}"
        answer = self.send(method, where, body, headers)
        return f"{method} {where} {body}: {answer.status_code}"

    def make(self, kind: str) -> str:
        """Make a record."""
        body = self.fields(kind)
        answer = self.send("POST", f"/v1/{PLACES[kind]}", body, {})
        if answer.status_code == 201:
            self.room.ids[kind].append(answer.json()["id"])
        return f"POST {kind} {body}: {answer.status_code}"

    def visibility(self) -> str:
        """Return a level; public more often than the others."""
        return self.random.choice(["public", "public", "public", "existence_only", "restricted"])

    def some(self, kind: str, at_most: int, at_least: int = 0) -> list[str]:
        """Return some different records of a type."""
        ids = self.room.ids[kind]
        return self.random.sample(ids, min(len(ids), self.random.randint(at_least, at_most)))

    def fields(self, kind: str) -> dict[str, Any]:
        """Return what a record of a type may say."""
        self.count += 1
        words = f"{self.name} {self.count}"
        slug = words.lower().replace(" ", "-")
        match kind:
            case "cas":
                parties = [{"actor": one, "role": "plaintiff"} for one in self.some("act", 2)]
                docket = {"court": "mdd", "docket_number": f"1:25-cv-{self.count:05}", "parties": parties}
                return {"slug": slug, "title": f"Case {words}", "dockets": [docket]}
            case "act":
                return {"slug": slug, "name": f"Name{self.count} Of{self.name}", "kind": "person"}
            case "src":
                return {"kind": "article", "title": f"Source {words}"}
        return {
            "type": "statement",
            "title": f"Event {words}",
            "occurred": f"2025-04-{self.random.randint(1, 30):02}",
            "cases": self.some("cas", 2, at_least=1),
            "actors": [{"actor": one, "role": "speaker"} for one in self.some("act", 2)],
            "citations": [{"source": one, "quote": f"Words {words}"} for one in self.some("src", 2)],
            "relations": [{"type": "cites", "event": one} for one in self.some("evt", 2)],
        }
