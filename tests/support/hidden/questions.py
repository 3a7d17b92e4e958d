"""Makes up requests from the OpenAPI document, with what public and hidden records hold."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

from app.core import stamps
from tests.support.hidden import story
from tests.support.hidden.world import World, actor, allegation, case, event, obligation, source

Parameters: TypeAlias = list[tuple[str, str]]
# A key and a webhook that no world has; all that is asked for here is refused without a key.
NOBODY: Final = {"key": "key_0123456789ab", "webhook": "whk_0123456789ab", "snapshot": "snp_0123456789ab"}

_CASE_SLUGS: Final = ("alpha", "beta", "gamma", "vault", "vaults", "sealed", "later", "alpah")
_ACTOR_SLUGS: Final = ("ann", "annie", "bob", "court", "clara", "ghost", "ghosts", "anna", "hush", "nobody-a")
_CASES: Final = tuple(map(case, ("alpha", "beta", "gamma", "vault", "sealed", "later", "none")))
_ACTORS: Final = tuple(map(actor, (*story.ACTORS, "annie", "ghost", "anna", "hush", "shade", "none")))
_SOURCES: Final = tuple(map(source, (*story.SOURCES, "reprint", "leak", "memo", "none")))
_EVENTS: Final = tuple(
    map(event, (*(f"e{n}" for n in range(26)), *(f"h{n}" for n in range(24)),
                "h-first", "v-first", "s-first", "l1", "l2", "none"))
)  # fmt: skip
_ALLEGATIONS: Final = tuple(map(allegation, (*(f"a{n}" for n in range(6)), "ha", "va", "la", "none")))
_OBLIGATIONS: Final = tuple(map(obligation, (*(f"o{n}" for n in range(5)), "ho", "vo", "none")))
_DATES: Final = (
    *filter(None, story.DATES),
    "2024-11-05",
    "2025-04-05",
    "2025",
    "2026-01",
    "2025-04-10T12:00Z",
)
_NAMES: Final = ("ann", "open", "annie", "gil", "host", "nobody", "hush", "clara", "person", "shade")
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "case": (*_CASE_SLUGS, *_CASES),
    "exclude_case": (*_CASE_SLUGS, *_CASES),
    "actor": (*_ACTOR_SLUGS, *_ACTORS),
    "source": _SOURCES,
    "event": _EVENTS,
    "allegation": _ALLEGATIONS,
    "obligation": _OBLIGATIONS,
    "docket": story.DOCKETS,
    "country": story.COUNTRIES,
    "bbox": ("-180,-90,180,90", "-60,-40,60,40", "100,-60,-100,60", "-120,-60,0,0"),
    "publisher": (*story.PUBLISHERS, "leaky times"),
    "tag": story.TAGS,
    "q": (*story.WORDS, *_NAMES, "-obsidian", "-whisper order", '"they whisper"', "obs*", "-gil"),
    "since": _DATES,
    "until": _DATES,
    "reported_until": _DATES,
    "timezone": ("America/New_York", "UTC", "Asia/Tokyo", "Mars/Base"),
    "fields": ("title", "actors,relations,cases", "citations", "corrections,revision", "secret"),
    "limit": ("1", "2", "3", "5", "50", "500"),
    "number": ("1", "2", "3", "4"),
    "depth": ("1", "2", "5", "20"),
    "at": ("2025-04-10", "2025-04-10T12:00:00Z", "2024-11-05", "2030", "2025-04-10T12:00"),
    "bound": (*_ACTOR_SLUGS, *_ACTORS),
    "court": ("mdd", "ca4", "court"),
    "total": ("exact",),
    "after": ("0", "1", "7", "40", "300", "eyJ4Ijoi"),
    "from": ("1", "2", "30", "70", "200"),
    "to": ("1", "10", "60", "100", "300"),
    "min_seq": ("0", "1", "50", "100", "150"),
    "Last-Event-ID": ("0", "9", "60"),
    **{name: (one,) for name, one in NOBODY.items()},
}  # fmt: skip
# What most of what can be found is found without.
_RARE: Final = frozenset({"after", "min_seq", "format", "bbox", "timezone", "fields"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request without a key."""

    method: str
    url: str
    route: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Asker:
    """Makes requests up, always the same for a seed; it goes on from what is answered."""

    def __init__(self, document: dict[str, Any], world: World, *, seed: int = 1) -> None:
        """Learn the routes; the world says when something was recorded."""
        self._chance = random.Random(seed)
        self._routes = {
            (method, path): operation
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self._moments = _moments_of(world)
        self._links: list[tuple[str, str]] = []
        self._tags: list[str] = ['"0123456789abcdef0123456789abcdef"', "*"]

    @property
    def readable(self) -> list[str]:
        """Return the paths that can be read."""
        return [path for method, path in self._routes if method == "get"]

    def ask(self, paths: Iterator[str]) -> Asked:
        """Return a request to the next of the paths, or to an address that an answer of it led to."""
        path, chance = next(paths), self._chance
        led = [url for route, url in self._links if route == path]
        if led and chance.random() < 0.35:
            url = chance.choice(led)
        else:
            url = self._url(path, self._routes["get", path].get("parameters", []))
        headers = {}
        if chance.random() < 0.15:
            headers["If-None-Match"] = chance.choice(self._tags[-60:])
        if "stream" in path and chance.random() < 0.3:
            headers["Last-Event-ID"] = chance.choice(_KNOWN["Last-Event-ID"])
        return Asked(chance.choices(["GET", "HEAD"], [9, 1])[0], url, path, headers)

    def write(self) -> Asked:
        """Return a request that needs a key."""
        method, path = self._chance.choice([one for one in self._routes if one[0] != "get"])
        return Asked(
            method.upper(), self._url(path, []), path, {"If-Match": "*", "Content-Type": "application/json"}
        )

    def learn(self, asked: Asked, links: list[str], tag: str | None) -> None:
        """Take note of where an answer leads."""
        for one in links:
            parts = urlsplit(one)
            url = f"{parts.path}?{parts.query}" if parts.query else parts.path
            self._links.append((self._route_of(parts.path) or asked.route, url))
        if tag is not None:
            self._tags.append(tag)

    def _route_of(self, path: str) -> str | None:
        fits = [
            route
            for method, route in self._routes
            if method == "get" and re.fullmatch(re.sub(r"{\w+}", "[^/]+", route), path)
        ]
        return min(fits, key=lambda route: route.count("{"), default=None)

    def _url(self, path: str, parameters: list[dict[str, Any]]) -> str:
        chance = self._chance
        filled = re.sub(r"{(\w+)}", lambda found: self._value(found[1], {}, path), path)
        asked = [one for one in parameters if one["in"] == "query"]
        needed = [one for one in asked if one.get("required")]
        common = [one for one in asked if one["name"] not in _RARE or chance.random() < 0.25]
        chosen = chance.sample(common, min(len(common), chance.choice([0, 1, 1, 2, 2, 3])))
        # Short pages, whose ends must not tell of what is left out.
        chosen += [one for one in common if one["name"] in {"limit", "by"} and chance.random() < 0.4]
        given: Parameters = []
        for one in {each["name"]: each for each in [*needed, *chosen]}.values():
            schema = one["schema"]
            repeats = chance.choice([1, 1, 2]) if schema.get("type") == "array" else 1
            given += [(one["name"], self._value(one["name"], schema, path)) for _ in range(repeats)]
        if chance.random() < 0.03:
            given.append(("vault", "obsidian"))
        return f"{filled}?{urlencode(given)}" if given else filled

    def _value(self, name: str, schema: dict[str, Any], path: str) -> str:
        chance = self._chance
        if name == "as_of" or (name in {"from", "to"} and path.endswith("/diff")):
            return stamps.moment_text(chance.choice(self._moments))
        if name in _KNOWN:
            return chance.choice(_KNOWN[name])
        values = closed_set(schema)
        assert values, f"No value is known for the parameter {name!r} of {path}."
        return str(chance.choice(values)).lower() if values == [True, False] else str(chance.choice(values))


def closed_set(schema: dict[str, Any]) -> list[Any]:
    """Return the values of a parameter that has a closed set of them."""
    if "$ref" in schema:
        return _CLOSED[schema["$ref"].rsplit("/", 1)[-1]]
    if "enum" in schema:
        return list(schema["enum"])
    if "const" in schema:
        return [schema["const"]]
    if schema.get("type") == "boolean":
        return [True, False]
    if schema.get("type") == "array":
        return closed_set(schema["items"])
    return [value for one in schema.get("anyOf", []) for value in closed_set(one)]


_CLOSED: Final[dict[str, list[Any]]] = {}


def learn_sets(document: dict[str, Any]) -> None:
    """Take the closed sets out of the document's components."""
    for name, schema in document["components"]["schemas"].items():
        if "enum" in schema:
            _CLOSED[name] = schema["enum"]


def _moments_of(world: World) -> list[datetime]:
    shown, hidden = world.moments
    tick = timedelta(microseconds=1)
    near = [moment + side for moment in (*shown, *hidden) for side in (-tick, timedelta(), tick)]
    # Most acts of the end matter more than those of the beginning, when there was nothing yet.
    return [*near, *shown[-40:], *shown[-40:], shown[-1] + timedelta(hours=1), shown[0] - timedelta(days=1)]
