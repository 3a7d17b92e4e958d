"""Keeps copies of all that the public may read, by the feed of changes alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from httpx2 import Response

# Asks for a path with some headers.
Get: TypeAlias = Callable[[str, Mapping[str, str]], Response]

PLACES: Final = {"cas": "/v1/cases", "act": "/v1/actors", "src": "/v1/sources", "evt": "/v1/events"}


@dataclass
class Copy:
    """An answer, and the tag it came with."""

    etag: str
    body: bytes
    document: dict[str, Any]


@dataclass
class Follower:
    """Does what the description of `/v1/changes` says a follower does, and nothing else."""

    get: Get
    after: int = 0
    copies: dict[str, Copy] = field(default_factory=dict)

    def catch_up(self) -> None:
        """Follow the feed to its end, and then ask again for what its changes altered."""
        while True:
            page = self.get(f"/v1/changes?limit=500&after={self.after}", {}).json()
            self.refresh(self.altered_by(page["items"]))
            self.after = page["next_after"]
            if not page["items"]:
                return

    def altered_by(self, items: list[dict[str, Any]]) -> set[str]:
        """Return the paths to ask for again after some changes."""
        paths: set[str] = set()
        cases: set[str] = set()
        for item in items:
            if item["record"] is None:
                # Something may be hidden that was not: what is held is checked, whatever it is.
                paths |= self.copies.keys()
            else:
                paths.add(path_of(item["record"]))
                # A case that closed in part alters no answers of its own any more, but those of its events.
                cases |= {item["record"]} if item["record"].startswith("cas_") else set()
            cases.update(item["cases"])
        for case in cases:
            paths |= {path_of(case), timeline_of(case)}
        for path, copy in self.copies.items():
            if cases.intersection(one["id"] for one in copy.document.get("cases", ())):
                paths.add(path)
        return paths

    def refresh(self, paths: set[str]) -> None:
        """Ask for some paths; what a timeline names is asked for, too."""
        named: set[str] = set()
        for path in sorted(paths):
            copy = self.fetch(path)
            if copy is not None and path.endswith("/timeline"):
                named |= {path_of(event["id"]) for event in copy.document["items"]}
            if path.startswith(PLACES["cas"]) and not path.endswith("/timeline"):
                self.fetch(f"{path}/timeline")
        for path in sorted(named - paths):
            self.fetch(path)

    def fetch(self, path: str) -> Copy | None:
        """Ask for one path and keep the answer, or forget the copy of what is no more."""
        held = self.copies.get(path)
        answer = self.get(path, {"If-None-Match": held.etag} if held else {})
        if answer.status_code == 304:
            return held
        if answer.status_code == 200:
            self.copies[path] = Copy(answer.headers["ETag"], answer.content, answer.json())
            return self.copies[path]
        assert answer.status_code in {308, 404, 410}, answer.text
        self.copies.pop(path, None)
        return None


def path_of(record_id: str) -> str:
    """Return where a record is."""
    return f"{PLACES[record_id[:3]]}/{record_id}"


def timeline_of(case_id: str) -> str:
    """Return where a case's timeline is."""
    return f"{path_of(case_id)}/timeline"
