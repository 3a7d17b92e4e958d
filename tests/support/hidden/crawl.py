"""Reads everything there is to read, at every moment, by ids."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlencode, urlsplit

from app.core import stamps
from tests.support.hidden.questions import NOBODY
from tests.support.hidden.reader import Answer, Reader
from tests.support.hidden.world import World, actor, allegation, case, event, obligation, source

BY: Final = (
    "type",
    "actor",
    "role",
    "country",
    "publisher",
    "tag",
    "standing",
    "case",
    "year",
    "month",
    "day",
)
ORDERS: Final = ("occurred", "-occurred", "recorded", "-recorded", "changed", "-changed")
KINDS: Final = ("correction", "clarification", "update", "retraction")


class Crawl:
    """A walk through every GET in the OpenAPI document, and on through the links of its answers."""

    def __init__(
        self,
        reader: Reader,
        world: World,
        *,
        names: Iterable[str],
        also: Iterable[str] = (),
    ) -> None:
        """Ask for the records of those names; `also` are further addresses."""
        self._reader = reader
        self._also = list(also)
        recorded = sorted([*world.moments[0], *world.moments[1]])
        steps = max(1, len(recorded) // 4)
        self._moments = [stamps.moment_text(one) for one in [*recorded[::steps], recorded[-1]]]
        every = [*names, "home"]
        numbered = [f"{name}{number}" for name in names for number in range(3)]
        self._ids = {
            "case": [case(name) for name in every],
            "actor": [actor(name) for name in every],
            "source": [source(name) for name in every],
            "event": [event(name) for name in (*numbered, "home", "tied", "vault")],
            "allegation": [allegation(name) for name in (*every, "tied")],
            "obligation": [obligation(name) for name in (*every, "tied")],
            "number": ["1", "2", "3", "4"],
            **{name: [one] for name, one in NOBODY.items()},
        }  # fmt: skip

    def read(self) -> Iterator[tuple[str, Answer]]:
        """Yield each address and its answer, once."""
        waiting = deque([*self._first(), *self._also])
        seen = set(waiting)
        while waiting:
            url = waiting.popleft()
            answer = self._reader.get(url)
            yield url, answer
            for one in answer.links:
                parts = urlsplit(one)
                led = f"{parts.path}?{parts.query}" if parts.query else parts.path
                if led not in seen:
                    seen.add(led)
                    waiting.append(led)

    def _first(self) -> Iterator[str]:
        for path, operations in self._reader.app.openapi()["paths"].items():
            if "get" not in operations:
                continue
            for filled in self._filled([path]):
                yield filled
                names = {one["name"] for one in operations["get"].get("parameters", [])}
                yield from (f"{filled}?{urlencode(one)}" for one in self._questions(path, names))

    def _filled(self, paths: list[str]) -> list[str]:
        found = re.search(r"{(\w+)}", paths[0])
        if found is None:
            return paths
        return self._filled([path.replace(found[0], one) for path in paths for one in self._ids[found[1]]])

    def _questions(self, path: str, names: set[str]) -> Iterator[list[tuple[str, str]]]:
        moments = [[("as_of", one)] for one in self._moments] if "as_of" in names else []
        yield from moments
        if path.endswith("/diff"):
            for moment in self._moments[:-1]:
                yield [("from", moment), ("format", "json"), ("limit", "2")]
                yield [("from", moment), ("format", "md")]
            return
        yield from self._of_the_log(path)
        if "limit" in names and "as_of" in names:
            yield [("limit", "2"), ("total", "exact")]
        for one in ([], *moments[-2:]):
            if "q" in names:
                yield (
                    [*one, ("q", "kañarie"), ("limit", "500")]
                    if "limit" in names
                    else [*one, ("q", "kañarie")]
                )
            if "by" in names:
                yield [*one, *(("by", by) for by in BY)]
        if "order" in names:
            yield from ([("order", one)] for one in ORDERS)

    def _of_the_log(self, path: str) -> Iterator[list[tuple[str, str]]]:
        if "/stream" in path or path == "/v1/changes":
            yield [("after", "0")]
            yield from ([("after", "0"), ("case", one)] for one in self._ids["case"])
        if path == "/v1/corrections":
            yield [("kind", one) for one in KINDS]
            yield from ([("event", one)] for one in self._ids["event"])
