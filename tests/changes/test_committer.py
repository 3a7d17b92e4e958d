"""Changes appear in the order of their numbers, however long one of them takes to be committed."""

import json
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Final

import pytest
from pydantic import JsonValue

from app.core.db import Database
from app.records.revisions import Log
from app.records.service import MODELS, create
from app.records.vocabulary import RecordType
from tests.support.editing import make_case, make_event
from tests.support.streams import Listener, serving, wait_until

HELD_S: Final = 2.0
WRITERS: Final = 4
EACH: Final = 8


class Poller(threading.Thread):
    """Follows the feed page by page, as a script does."""

    def __init__(self, port: int, limit: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.limit = limit
        self.seqs: list[JsonValue] = []
        self.closed = threading.Event()

    def run(self) -> None:
        after = 0
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.closed.is_set():
            connection.request("GET", f"/v1/changes?after={after}&limit={self.limit}")
            page = json.loads(connection.getresponse().read())
            self.seqs += [one["seq"] for one in page["items"]]
            after = page["next_after"]
            time.sleep(0.01)
        connection.close()


@contextmanager
def following(port: int) -> Iterator[tuple[Poller | Listener, ...]]:
    """Lend followers of both kinds, from the beginning."""
    pollers = [Poller(port, limit) for limit in (1, 3, 500)]
    listeners = [Listener(port, "?after=0").begin() for _ in range(3)]
    followers: tuple[Poller | Listener, ...] = (*pollers, *listeners)
    for one in pollers:
        one.start()
    try:
        yield followers
    finally:
        for follower in followers:
            follower.closed.set()


def write_events(url: str, name: str) -> None:
    """Write, in a process of its own, as fast as it goes."""
    database = Database.open(url)
    for number in range(EACH):
        make_event(database, "2025", title=f"{name} {number}")
    database.dispose()


def test_a_change_that_is_long_in_committing_is_missed_by_nobody(
    database_url: str, database: Database
) -> None:
    make_case(database)
    numbered = threading.Event()

    def hold() -> None:
        own = Database.open(database_url)
        with own.write() as connection:
            event = {"type": "statement", "title": "Held", "occurred": "2025", "cases": ["a-case"]}
            create(
                Log(connection, author="test"),
                RecordType.EVENT,
                MODELS[RecordType.EVENT].validate_python(event),
            )
            numbered.set()
            time.sleep(HELD_S)
        own.dispose()

    with serving(database_url) as server, following(server.port) as followers:
        wait_until(lambda: all(one.seqs for one in followers))
        holder = threading.Thread(target=hold)
        holder.start()
        assert numbered.wait(10)
        others = [
            threading.Thread(target=write_events, args=(database_url, f"Writer {n}")) for n in range(WRITERS)
        ]
        for one in others:
            one.start()
        time.sleep(HELD_S / 2)
        # What has its number is not there yet, and so is nothing after it.
        assert [one.seqs for one in followers] == [[1]] * 6
        for one in (holder, *others):
            one.join()
        expected = list(range(1, 2 + 1 + WRITERS * EACH))
        wait_until(lambda: all(len(one.seqs) >= len(expected) for one in followers))
        time.sleep(0.5)

    assert [one.seqs for one in followers] == [expected] * 6


@pytest.mark.slow
def test_writers_of_several_processes_leave_no_hole(database_url: str, database: Database) -> None:
    make_case(database)
    spawning = multiprocessing.get_context("spawn")
    with serving(database_url, workers=2) as server, following(server.port) as followers:
        writers = [
            spawning.Process(target=write_events, args=(database_url, f"Process {n}")) for n in range(WRITERS)
        ]
        for one in writers:
            one.start()
        for one in writers:
            one.join(120)
        assert [one.exitcode for one in writers] == [0] * WRITERS
        expected = list(range(1, 1 + 1 + WRITERS * EACH))
        wait_until(lambda: all(len(one.seqs) >= len(expected) for one in followers))
        time.sleep(0.5)

    assert [one.seqs for one in followers] == [expected] * 6
