"""The stream: changes as they are recorded, to any number of clients, through restarts."""

import asyncio
import json
import threading
import time
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, closing, contextmanager
from http.client import HTTPConnection

import pytest
from fastapi.sse import ServerSentEvent
from sqlalchemy import Connection, event
from starlette.testclient import TestClient

from app.access.audience import Audience
from app.access.keys import Scope, list_keys, revoke_key
from app.changes import stream
from app.changes.feed import find_cases, read_head
from app.changes.stream import Following, Watcher, follow
from app.core.db import Database
from tests.support.editing import change, make_case, make_event, make_events
from tests.support.keys import make_key
from tests.support.streams import Listener, free_port, read_messages, serving, wait_until


@contextmanager
def listening(*listeners: Listener) -> Iterator[None]:
    for one in listeners:
        one.begin()
    try:
        yield
    finally:
        for one in listeners:
            one.close()


def test_a_stream_tells_what_the_feed_tells(database_url: str, database: Database) -> None:
    key = make_key(database, Scope.READ)
    make_case(database)
    make_case(database, "another-case")
    with serving(database_url) as server:
        everything = Listener(server.port, "?after=0")
        news = Listener(server.port)
        one_case = Listener(server.port, "?after=0&case=a-case")
        resumed = Listener(server.port, "?after=0", {"Last-Event-ID": "2"})
        keyed = Listener(server.port, headers=key)
        with listening(everything, news, one_case, resumed, keyed):
            make_event(database, "2020", visibility="restricted")
            make_event(database, "2021")
            make_event(database, "2022", "another-case")
            wait_until(lambda: len(everything.seqs) == 4 and len(keyed.seqs) == 3)
            wait_until(lambda: len(news.seqs) == 2 and len(resumed.seqs) == 2 and len(one_case.seqs) == 2)
            page = fetch(server.port, "/v1/changes")

    assert everything.seqs == [1, 2, 3, 4]
    assert everything.changes == page["items"]
    assert [one.id for one in everything.messages if one.event == "change"] == ["1", "2", "3", "4"]
    assert (news.seqs, resumed.seqs, one_case.seqs, keyed.seqs) == ([3, 4], [3, 4], [1, 3], [3, 4, 5])
    start = news.messages[1]
    assert (start.event, start.id) == ("start", "2")
    assert start.data == {"after": 2, "high_watermark": 2, "epoch": page["epoch"]}


def fetch(port: int, path: str) -> dict[str, object]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    found: dict[str, object] = json.loads(connection.getresponse().read())
    connection.close()
    return found


def test_a_follower_misses_nothing_through_a_restart(database_url: str, database: Database) -> None:
    make_case(database)
    port = free_port()
    follower = Listener(port, "?after=0")
    with closing(follower):
        with serving(database_url, port=port) as server:
            follower.begin()
            make_events(database, ["2001", "2002", "2003"])
            wait_until(lambda: len(follower.seqs) == 4)
            server.stop()
        make_events(database, ["2004", "2005", "2006"])
        with serving(database_url, port=port):
            make_events(database, ["2007", "2008", "2009"])
            wait_until(lambda: len(follower.seqs) == 10)

    assert follower.seqs == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert not follower.is_cut


@pytest.mark.parametrize(("workers", "most"), [(1, 3.0), (2, 6.0)])
def test_the_server_ends_soon_and_its_streams_properly(sqlite_url: str, workers: int, most: float) -> None:
    with serving(sqlite_url, workers=workers) as server:
        streams = [Listener(server.port, times=1) for _ in range(20)]
        with listening(*streams):
            took = server.stop()
            for one in streams:
                one.join(5)

    assert took < most
    assert [one.is_alive() for one in streams] == [False] * 20
    assert [one.is_cut for one in streams] == [False] * 20


def test_a_client_that_reads_nothing_does_not_keep_the_server(sqlite_url: str) -> None:
    """It would, were there no end to the patience."""
    with serving(sqlite_url) as server:
        stuck = HTTPConnection("127.0.0.1", server.port, timeout=10)
        stuck.request("GET", "/v1/changes/stream")
        answer = stuck.getresponse()
        assert server.stop() < 3
        stuck.close()

    assert answer.status == 200


def test_changes_arrive_at_once_compressed_as_well(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    with serving(sqlite_url) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/v1/changes/stream", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        assert answer.headers["content-encoding"] == "gzip"
        messages = read_messages(unzipped_lines(answer.read1))
        assert [next(messages).event, next(messages).event] == [None, "start"]
        written = time.monotonic()
        make_case(database)
        assert next(messages).event == "change"
        assert time.monotonic() - written < 5
        connection.close()
    database.dispose()


def unzipped_lines(read: Callable[[int], bytes]) -> Callable[[], bytes]:
    """Return what reads the next line of a compressed answer, no sooner than it is there."""
    inflate = zlib.decompressobj(wbits=31)
    known = bytearray()

    def read_line() -> bytes:
        while b"\n" not in known:
            known.extend(inflate.decompress(read(65_536)))
        line, _, rest = bytes(known).partition(b"\n")
        known[:] = rest
        return line + b"\n"

    return read_line


def test_a_stream_is_sent_as_it_must_be(client: TestClient) -> None:
    answer = client.head("/v1/changes/stream")
    let_watcher_end()

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"


@pytest.mark.parametrize("value", ["x", "-1", "1.5", "", "99999999999999999999"])
def test_a_malformed_last_event_id_is_refused(client: TestClient, value: str) -> None:
    answer = client.get("/v1/changes/stream?after=0", headers={"Last-Event-ID": value})

    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert (problem["in"], problem["name"]) == ("header", "Last-Event-ID")


def test_a_revoked_key_ends_its_stream(
    database: Database, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "CHECK_S", 0.1)
    make_case(database, visibility="restricted")
    key = make_key(database, Scope.READ)

    def revoke() -> None:
        time.sleep(0.5)
        with database.write() as connection:
            revoke_key(connection, list_keys(connection)[0].id)

    revoking = threading.Thread(target=revoke)
    revoking.start()
    answer = client.get("/v1/changes/stream?after=0", headers=key)
    revoking.join()
    let_watcher_end()

    assert answer.status_code == 200
    assert answer.text.count("event: change") == 1
    assert client.get("/v1/changes/stream", headers=key).status_code == 401


def let_watcher_end() -> None:
    """Give the watcher the moment it takes: the application of a test is gone at once, with its loop."""
    time.sleep(3 * stream.PAUSE_S)


def follow_case(database: Database, after: int, *case: str) -> Following:
    with database.read() as connection:
        return Following(
            audience=Audience.PUBLIC,
            cases=find_cases(connection, Audience.PUBLIC, case),
            after=after,
            head=read_head(connection, Audience.PUBLIC),
            is_still_allowed=None,
        )


def test_a_follower_of_a_quiet_case_is_told_how_far_it_was_looked_through(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "CHECK_S", 0.1)
    make_case(database)
    make_case(database, "another-case")
    make_events(database, ["2025", "2026"], "another-case")

    async def listen() -> list[tuple[str | None, str | None]]:
        sent: list[tuple[str | None, str | None]] = []
        async with aclosing(follow(Watcher(database), follow_case(database, 0, "a-case"))) as messages:
            async for message in messages:
                sent.append((message.event, message.id))
                if len(sent) == 4:
                    break
        await asyncio.sleep(2 * stream.PAUSE_S)
        return sent

    assert asyncio.run(listen()) == [(None, None), ("start", "0"), ("change", "1"), (None, "4")]


def test_many_streams_at_one_place_read_once_and_the_watcher_ends_with_the_last(database: Database) -> None:
    make_case(database)
    reads: list[str] = []

    def note(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if "ORDER BY revisions.public_seq" in statement:
            reads.append(statement)

    async def listen() -> tuple[int, bool, bool]:
        watcher = Watcher(database)
        followed = [follow(watcher, follow_case(database, 0)) for _ in range(50)]
        first = await asyncio.gather(*(first_change(one) for one in followed))
        is_watched = len(asyncio.all_tasks()) > 1
        for one in followed:
            await one.aclose()
        await asyncio.sleep(2 * stream.PAUSE_S)
        return len(first), is_watched, len(asyncio.all_tasks()) > 1

    event.listen(database.read_engine, "before_cursor_execute", note)
    told, is_watched, is_still_watched = asyncio.run(listen())

    assert (told, is_watched, is_still_watched) == (50, True, False)
    assert len(reads) <= 3


async def first_change(messages: AsyncGenerator[ServerSentEvent]) -> ServerSentEvent:
    async for message in messages:
        if message.event == "change":
            return message
    raise AssertionError("The stream ended.")


def test_a_change_wakes_a_stream_that_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not to be woken by anything else.
    monkeypatch.setattr(stream, "CHECK_S", 60)
    case = make_case(database)

    async def listen() -> str | None:
        async with aclosing(follow(Watcher(database), follow_case(database, 1))) as messages:
            waiting = asyncio.create_task(first_change(messages))
            await asyncio.sleep(0.5)
            assert not waiting.done()
            await asyncio.to_thread(change, database, case, title="Another title")
            woken = await asyncio.wait_for(waiting, 20)
        await asyncio.sleep(2 * stream.PAUSE_S)
        return woken.id

    assert asyncio.run(listen()) == "2"
