"""Real caches in front of a real server, with the configurations in `front`."""

import gzip
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from httpx2 import Client, Response

from app.access.keys import Scope
from app.core.db import Database
from tests.support.fronts import Front, nginx, varnish
from tests.support.keys import make_key
from tests.support.servers import Server, serving
from tests.support.sqlite import copy_template

# What may pass for "at once", and for the second that a cache does not ask for, on a busy machine.
SOON_S: Final = 10.0
TTL_S: Final = 1.0
# The first asks the server on every read, the others once a second.
CACHES: Final[dict[str, Callable[[int, Path], AbstractContextManager[Front]]]] = {
    "varnish": varnish,
    "varnish with a ttl": partial(varnish, ttl=f"{TTL_S:g}s"),
    "nginx": nginx,
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A cache in front of a server, and who reads and writes through it."""

    front: Front
    server: Server
    client: Client
    key: dict[str, str]
    asks_always: bool

    def make(self, kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        answer = self.client.post(f"/v1/{kind}", json=fields, headers=self.key)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def make_case(self) -> str:
        slug = f"case-{secrets.token_hex(4)}"
        self.make("cases", slug=slug, title="A case")
        return slug

    def add_event(self, case: str, title: str, **fields: str) -> dict[str, Any]:
        return self.make(
            "events", type="statement", title=title, occurred="2025-04-10", cases=[case], **fields
        )

    def directly(self, path: str) -> Response:
        """Read without the cache."""
        with Client(base_url=self.server.url) as client:
            return client.get(path)

    def sees(self, is_so: Callable[[], bool]) -> bool:
        """Tell whether something is so: at once, or as late as the cache is allowed to be."""
        begun = time.monotonic()
        while not is_so():
            if self.asks_always or time.monotonic() > begun + SOON_S:
                return False
            time.sleep(0.05)
        return True

    def asked(self, before: int, *, at_least: int = 0) -> list[int]:
        """Return with what the server answered the cache since then; the cache's log may be late."""
        end = time.monotonic() + SOON_S
        while len(found := self.front.read_asked()) < before + at_least and time.monotonic() < end:
            time.sleep(0.02)
        return found[before:]

    def settled(self) -> int:
        """Return how many requests reached the server, once the log tells of all of them."""
        mark = f"/v1/cases/{secrets.token_hex(4)}"
        known = self.front.read_asked().count(404)
        assert self.client.get(mark).status_code == 404
        end = time.monotonic() + SOON_S
        while self.front.read_asked().count(404) == known and time.monotonic() < end:
            time.sleep(0.02)
        return len(self.front.read_asked())


@pytest.fixture(scope="module")
def server(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(copy_template(run_folder, folder / "case-timeline.sqlite"), folder) as started:
        yield started


@pytest.fixture(scope="module", params=list(CACHES))
def scene(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    name = str(request.param)
    database = Database.open(server.database_url)
    key = make_key(database, Scope.WRITE)
    database.dispose()
    with ExitStack() as stack:
        front = stack.enter_context(CACHES[name](server.port, tmp_path_factory.mktemp("front")))
        client = stack.enter_context(Client(base_url=front.url))
        yield Scene(front, server, client, key, name == "varnish")


def titles(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


def test_the_server_compares_tags_for_repeated_reads_and_no_more(scene: Scene) -> None:
    case = scene.make_case()
    scene.add_event(case, "The first")
    path, before = f"/v1/cases/{case}/timeline", scene.settled()

    begun = time.monotonic()
    answers = [scene.client.get(path) for _ in range(40)]
    lasted = time.monotonic() - begun

    asked = scene.asked(before, at_least=40 if scene.asks_always else 1)
    assert {answer.content for answer in answers} == {scene.directly(path).content}
    # Nothing but the first answer was made; who asks always asked each time, who does not, once a second.
    assert asked == [200] + [304] * (len(asked) - 1)
    assert len(asked) == 40 if scene.asks_always else len(asked) <= 1 + lasted / TTL_S


def test_a_write_is_seen_once_the_cache_asks(scene: Scene) -> None:
    case = scene.make_case()
    path = f"/v1/cases/{case}/timeline"
    event = scene.add_event(case, "As filed")
    assert titles(scene.client.get(path)) == ["As filed"]

    address = f"/v1/events/{event['id']}"
    # Decompressed by the cache, it may have a weak tag, by which the record can be changed all the same.
    read = scene.client.get(address, headers={"Accept-Encoding": "identity"})
    headers = {"If-Match": read.headers["etag"], "Content-Type": "application/merge-patch+json", **scene.key}
    change = {"kind": "correction", "reason": "A test."}
    patch = {"title": "As corrected", "change": change}
    assert scene.client.patch(address, json=patch, headers=headers).status_code == 200
    assert scene.sees(lambda: titles(scene.client.get(path)) == ["As corrected"])
    # The tag of what was, which the cache no longer has.
    old = {"If-None-Match": read.headers["etag"]}
    assert scene.sees(lambda: scene.client.get(address, headers=old).status_code == 200)
    again = scene.client.get(address)
    unchanged = scene.client.get(address, headers={"If-None-Match": again.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_what_a_key_sees_is_never_kept_nor_shown_to_others(scene: Scene) -> None:
    case = scene.make_case()
    scene.add_event(case, "Sealed", visibility="restricted", visibility_reason="Sealed by the court.")
    path, before = f"/v1/cases/{case}/timeline", scene.settled()

    answers = [scene.client.get(path, headers=scene.key) for _ in range(3)]
    public = [scene.client.get(path) for _ in range(3)]
    between = scene.client.get(path, headers=scene.key)

    assert [titles(answer) for answer in (*answers, between)] == [["Sealed"]] * 4
    assert [titles(answer) for answer in public] == [[]] * 3
    assert {answer.headers["cache-control"].split(",")[0] for answer in answers} == {"private"}
    assert scene.client.get(path, headers={"Authorization": "Bearer ctl_wrong"}).status_code == 401
    asked = scene.asked(before, at_least=6)
    # The key's four, the public's first; who asks always was told twice that it holds.
    assert (asked.count(200), asked.count(401)) == (5, 1)


def test_each_client_gets_what_it_can_decompress(scene: Scene) -> None:
    case = scene.make_case()
    for number in range(20):
        scene.add_event(case, f"Event {number}")
    path = f"/v1/cases/{case}/timeline"
    plain = scene.directly(path).content

    for encoding in ("gzip", "identity", "gzip", "identity"):
        with scene.client.stream("GET", path, headers={"Accept-Encoding": encoding}) as answer:
            sent = b"".join(answer.iter_raw())
        vary = {one.strip().lower() for one in answer.headers["vary"].split(",")}
        assert {"accept-encoding", "authorization"} <= vary
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert (gzip.decompress(sent) if encoding == "gzip" else sent) == plain
        assert len(sent) < len(plain) / 2 or encoding == "identity"


def test_heads_and_refusals_are_the_servers(scene: Scene) -> None:
    case = scene.make_case()
    event = scene.add_event(case, "An event")
    path = f"/v1/events/{event['id']}"

    head, got = scene.client.head(path), scene.client.get(path)
    assert (head.status_code, head.content, got.json()["title"]) == (200, b"", "An event")
    assert head.headers["etag"] == got.headers["etag"]
    tag = scene.directly(path).headers["etag"]
    change = {"kind": "retraction", "reason": "It did not happen."}
    scene.client.post(f"{path}/retract", json={"change": change}, headers={"If-Match": tag, **scene.key})

    assert scene.sees(lambda: scene.client.get(path).status_code == 410)
    gone = scene.client.get(path)
    assert gone.headers["content-type"] == "application/problem+json"
    assert gone.json()["detail"] == scene.directly(path).json()["detail"]
    assert scene.client.head(path).status_code == 410
    slug = f"case-{secrets.token_hex(4)}"
    assert scene.client.get(f"/v1/cases/{slug}").status_code == 404
    scene.make("cases", slug=slug, title="Now it is there")
    # A refusal is not kept, not even for a second.
    assert scene.client.get(f"/v1/cases/{slug}").status_code == 200


def test_a_stream_passes_as_it_comes(scene: Scene) -> None:
    case = scene.make_case()
    newest = scene.directly("/v1/changes").json()["high_watermark"]

    with (
        Client(base_url=scene.front.url, timeout=SOON_S) as one,
        one.stream("GET", f"/v1/changes/stream?after={newest}") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event:")) == "event: start"
        for number in range(2):
            # Written after the last of it was read, so that it cannot wait for what comes later.
            scene.add_event(case, f"Event {number}")
            told = next(line for line in lines if line.startswith("id:") and line != f"id: {newest}")
            assert told == f"id: {newest + number + 1}"
