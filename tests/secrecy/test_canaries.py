"""Unlikely texts in every field of what is hidden, or is hidden now, are sent by no route at any moment."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from pydantic import JsonValue

from app.core.db import Database
from app.history.filters import SnapshotFilter
from app.history.snapshots import make_snapshot
from tests.support.hidden.crawl import Crawl
from tests.support.hidden.needles import encodings_of, found_in
from tests.support.hidden.reader import Answer, Reader, reading
from tests.support.hidden.world import (
    Editor,
    Fields,
    World,
    actor,
    allegation,
    case,
    event,
    obligation,
    pinned_clock,
    source,
)
from tests.support.sqlite import copy_template

pytestmark = pytest.mark.slow

# What all may see, what was never public, what was withdrawn besides, and what was public once.
GROUPS: Final = ("shown", "hidden", "gone", "later")


class Birds:
    """Makes up texts that nobody would write, and remembers them."""

    def __init__(self, kind: str) -> None:
        """Begin a kind: `kind` is in each."""
        self.kind = kind
        self.all: list[str] = []
        self._numbers = count()

    def text(self) -> str:
        """Return a text of which every encoding is another one."""
        return self._keep(f"Žqy {self.kind} kañarie <{next(self._numbers)}> & Ω")

    def word(self) -> str:
        """Return a word that fits into slugs and tags."""
        return self._keep(f"zqy{self.kind}kanarie{next(self._numbers)}q")

    def url(self) -> str:
        """Return an address."""
        return f"https://example.org/{self.word()}"

    def _keep(self, text: str) -> str:
        self.all.append(text)
        return text


def tell(editor: Editor, name: str, birds: Birds, *, visibility: str) -> None:
    """Make a case, an actor, a source and events, with a text of its own in every field."""
    seen: Fields = {"visibility": visibility, "visibility_reason": birds.text()}
    editor.make(actor(name), slug=birds.word(), name=birds.text(), kind="person", aliases=[birds.text()],
                external_id=birds.text(), **seen)  # fmt: skip
    editor.make(source(name), kind="article", publisher=birds.text(), title=birds.text(), url=birds.url(),
                archived_url=birds.url(), published="2025", external_id=birds.text(), **seen)  # fmt: skip
    docket: JsonValue = {
        "court": birds.word(),
        "docket_number": birds.text(),
        "url": birds.url(),
        "parties": [{"actor": actor(name), "role": "plaintiff"}],
    }
    editor.make(case(name), slug=birds.word(), title=birds.text(), summary=birds.text(), dockets=[docket],
                tags=[birds.word()], external_id=birds.text(), **seen)  # fmt: skip
    shapes: list[tuple[str, Fields]] = [
        ("court_order", {"docket": birds.text(), "disposition": birds.text(), "directs": birds.text()}),
        ("meeting", {"venue": birds.text(), "topics": [birds.text()]}),
        ("statement", {"forum": birds.text(), "quote": birds.text()}),
    ]
    for number, (kind, details) in enumerate(shapes):
        place: JsonValue = {"name": birds.text(), "country": "US", "latitude": 1, "longitude": 2}
        editor.make(
            event(f"{name}{number}"),
            type=kind,
            details=details,
            title=birds.text(),
            summary=birds.text(),
            occurred="2025-04-14",
            cases=[case(name), case("home")] if number else [case(name)],
            actors=[{"actor": actor(name), "role": "judge"}],
            citations=[{"source": source(name), "locator": birds.text(), "quote": birds.text()}],
            relations=[{"type": "cites", "event": event("home")}],
            place=place,
            tags=[birds.word()],
            external_id=birds.text(),
            **seen,
        )
        editor.amend(event(f"{name}{number}"), birds.text(), summary=birds.text())
    cited: JsonValue = {"source": source(name), "locator": birds.text(), "quote": birds.text()}
    position: JsonValue = {"actor": actor(name), "stance": "asserts", "occurred": "2025-04-14",
                           "forum": birds.text(), "citation": cited, "event": event(f"{name}1")}  # fmt: skip
    editor.make(allegation(name), case=case(name), text=birds.text(), positions=[position],
                external_id=birds.text(), **seen)  # fmt: skip
    editor.amend(allegation(name), birds.text(), text=birds.text())
    answer: JsonValue = {"event": event(f"{name}2"), "by": actor(name), "claims_compliance": True}
    editor.make(obligation(name), order=event(f"{name}0"), bound=actor(name), act=birds.text(),
                responses=[answer], external_id=birds.text(), **seen)  # fmt: skip
    editor.amend(obligation(name), birds.text(), act=birds.text())
    for record_id, field in ((case(name), "title"), (actor(name), "name"), (source(name), "title")):
        editor.amend(record_id, birds.text(), **{field: birds.text()})


@pytest.fixture(scope="module")
def birds() -> dict[str, Birds]:
    return {name: Birds(name) for name in GROUPS}


@pytest.fixture(scope="module")
def told(
    run_folder: Path, tmp_path_factory: pytest.TempPathFactory, birds: dict[str, Birds]
) -> Iterator[tuple[Reader, World, list[tuple[str, Answer]]]]:
    """Tell it all; give the answers of before some of it was hidden, too."""
    url = copy_template(run_folder, tmp_path_factory.mktemp("canaries") / "all.sqlite")
    with pinned_clock() as clock:
        database = Database.open(url)
        world = World(database, clock, has_hidden=True)
        hidden = world.hidden
        hidden.make(case("home"), slug="home", title="Home")
        hidden.make(event("home"), type="other", title="At home", occurred="2025", cases=["home"])
        tell(hidden, "shown", birds["shown"], visibility="public")
        tell(hidden, "hidden", birds["hidden"], visibility="restricted")
        tell(hidden, "gone", birds["gone"], visibility="restricted")
        for number in range(3):
            hidden.retract(event(f"gone{number}"), birds["gone"].text())
        for record_id in (
            allegation("gone"),
            obligation("gone"),
            case("gone"),
            actor("gone"),
            source("gone"),
        ):
            hidden.retract(record_id, birds["gone"].text())
        tell(hidden, "later", birds["later"], visibility="public")
        # What names what is hidden.
        quote = birds["hidden"].text()
        hidden.make(
            event("tied"),
            type="other",
            title="Tied",
            occurred="2025",
            cases=["home", case("hidden"), case("later")],
            actors=[{"actor": actor(name), "role": "judge"} for name in ("hidden", "later")],
            citations=[{"source": source(name), "quote": quote} for name in ("hidden",)],
            relations=[{"type": "cites", "event": event(f"{name}1")} for name in ("hidden", "later")],
        )
        said: list[JsonValue] = [
            {"actor": actor(name), "stance": "asserts", "forum": quote if name == "hidden" else None}
            for name in ("hidden", "later", "shown")
        ]
        hidden.make(allegation("tied"), case=case("home"), text="Tied", positions=said)
        hidden.make(obligation("tied"), order=event("home"), bound=actor("hidden"), act="Tied",
                    responses=[{"event": event("hidden1"), "by": actor("hidden")}])  # fmt: skip
        # Without a case that all may see, an event is hidden, whatever it says of itself.
        vault = birds["hidden"]
        hidden.make(event("vault"), type="other", title=vault.text(), occurred="2025", cases=[case("hidden")])
        hidden.amend(event("vault"), vault.text(), title=vault.text())
        hidden.retract(event("vault"), vault.text())
        hidden.retract(event("later0"), birds["later"].text())
        with reading(url) as reader:
            clock.now = clock.now.replace(hour=13)
            with database.write() as connection:
                question = SnapshotFilter.model_validate({"order": "-occurred"})
                made = make_snapshot(connection, question, author="key_000000000000", base_url="")
            kept = [f"/v1/snapshots/{made.id}", f"/v1/snapshots/{made.id}/verify"]
            before = list(Crawl(reader, world, names=GROUPS, also=kept).read())
            clock.now = clock.now.replace(hour=14)
            for record_id in (
                event("later1"),
                event("later2"),
                source("later"),
                actor("later"),
                case("later"),
            ):
                hidden.amend(record_id, birds["later"].text(), visibility="restricted")
            clock.now = clock.now.replace(hour=15)
            yield reader, world, before
        database.dispose()


def test_no_canary_is_sent(
    told: tuple[Reader, World, list[tuple[str, Answer]]], birds: dict[str, Birds]
) -> None:
    reader, world, before = told
    secret = [(text, encodings_of(text)) for name in GROUPS[1:] for text in birds[name].all]
    shown = [(text, encodings_of(text)) for text in birds["shown"].all]
    leaks: list[str] = []
    counted: set[str] = set()
    for url, answer in Crawl(reader, world, names=GROUPS, also=[url for url, _ in before]).read():
        sent = answer.body + repr(answer.headers).encode()
        # What was asked with is no news: a cursor of before holds where its page ended.
        known = found_in(url.encode(), secret)
        leaks += [f"{text} in {url}" for text in found_in(sent, secret) if text not in known]
        counted.update(found_in(sent, shown))
    assert not leaks, "\n".join(leaks[:20])
    # The crawl looks where there is something to see.
    assert set(birds["shown"].all) - counted == set()


def test_what_a_client_holds_of_what_is_hidden_now_is_not_said_to_hold(
    told: tuple[Reader, World, list[tuple[str, Answer]]], birds: dict[str, Birds]
) -> None:
    reader, _, before = told
    later = [(text, encodings_of(text)) for text in birds["later"].all]
    held = [(url, answer.header("etag")) for url, answer in before if found_in(answer.body, later)]
    assert len(held) > 20
    confirmed = [url for url, tag in held if tag and reader.get(url, if_none_match=tag).status == 304]
    assert confirmed == []
