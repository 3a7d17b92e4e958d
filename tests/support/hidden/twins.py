"""Two databases that are one to the public, and what one shows that the other does not."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.core.db import Database
from tests.support.hidden.questions import Asked, Asker, learn_sets
from tests.support.hidden.reader import Answer, Reader, reading
from tests.support.hidden.story import tell
from tests.support.hidden.world import World, pinned_clock


@dataclass(frozen=True, slots=True)
class Difference:
    """A request that two databases answer differently."""

    asked: Asked
    plain: Answer
    full: Answer

    def __str__(self) -> str:
        """Return the request and where the answers part."""
        shown = [f"{self.asked.method} {self.asked.url} {dict(self.asked.headers)}"]
        for plain, full in (
            (str(self.plain.status).encode(), str(self.full.status).encode()),
            (repr(self.plain.headers).encode(), repr(self.full.headers).encode()),
            (self.plain.body, self.full.body),
        ):
            if plain != full:
                at = next(
                    (n for n, (one, other) in enumerate(zip(plain, full, strict=False)) if one != other), 0
                )
                start = max(0, at - 200)
                shown += [f"  plain: {plain[start : at + 300]!r}", f"  full:  {full[start : at + 300]!r}"]
        return "\n".join(shown)


class Twins:
    """A database without, and one with, records that were never public."""

    def __init__(self, plain: Reader, full: Reader, worlds: tuple[World, World]) -> None:
        """Compare the answers of two readers."""
        self.plain = plain
        self.full = full
        self.worlds = worlds

    def asker(self, seed: int) -> Asker:
        """Return someone who makes requests up."""
        document = self.plain.app.openapi()
        learn_sets(document)
        return Asker(document, self.worlds[1], seed=seed)

    def differences(self, count: int, *, seed: int, paths: Iterable[str] = ()) -> Iterator[Difference]:
        """Yield what `count` made-up requests find; `paths` keeps to those routes."""
        asker = self.asker(seed)
        routes = itertools.cycle(list(paths) or asker.readable)
        for number in range(count):
            asked = asker.write() if not paths and number % 25 == 24 else asker.ask(routes)
            plain = self.plain.ask(asked.method, asked.url, asked.headers)
            full = self.full.ask(asked.method, asked.url, asked.headers)
            if plain != full:
                yield Difference(asked, plain, full)
            asker.learn(asked, plain.links, plain.header("etag"))


@contextmanager
def twins(plain_url: str, full_url: str) -> Iterator[Twins]:
    """Tell the story in two migrated copies of one database, and open both while the block runs."""
    worlds = []
    with pinned_clock() as clock:
        for url, has_hidden in ((plain_url, False), (full_url, True)):
            database = Database.open(url)
            try:
                world = World(database, clock, has_hidden=has_hidden)
                tell(world)
                worlds.append(world)
            finally:
                database.dispose()
        # Later than anything that was recorded.
        clock.now = clock.now.replace(year=clock.now.year + 1)
        with reading(plain_url) as plain, reading(full_url) as full:
            yield Twins(plain, full, (worlds[0], worlds[1]))
