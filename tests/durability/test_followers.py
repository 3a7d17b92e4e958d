"""Who follows the feed holds what the public may read, byte for byte, and nothing else."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.core.db import Database
from tests.support.crowd import Editor, work_at_once
from tests.support.follower import Follower, Get, path_of, timeline_of
from tests.support.keys import make_key
from tests.support.newsroom import Newsroom, Writer
from tests.support.servers import serving
from tests.support.whole import faults_of

ACTS: Final = 600 if os.environ.get("CASE_TIMELINE_FULL") else 80
EDITORS: Final = 3


def differences(get: Get, room: Newsroom, follower: Follower) -> list[str]:
    """Return what the follower holds otherwise than the public would be answered now."""
    found = []
    paths = {path_of(one) for one in room.every()} | {timeline_of(one) for one in room.ids["cas"]}
    for path in sorted(paths | follower.copies.keys()):
        answer = get(path, {})
        expected = answer.content if answer.status_code == 200 else None
        copy = follower.copies.get(path)
        held = copy.body if copy else None
        if held != expected:
            found.append(f"{path}\n  holds {held!r}\n  and not {expected!r}")
    return found


@pytest.mark.slow
def test_a_follower_is_up_to_date_after_every_act(client: TestClient, database: Database) -> None:
    key = make_key(database, Scope.WRITE)
    room = Newsroom()

    def send(method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> httpx2.Response:
        return client.request(method, path, json=body, headers={**key, **headers}, follow_redirects=False)

    def get(path: str, headers: Mapping[str, str]) -> httpx2.Response:
        return client.get(path, headers=dict(headers), follow_redirects=False)

    writer, follower = Writer(send, room, "writer"), Follower(get)
    writer.begin()
    acts: list[str] = []
    for _ in range(ACTS):
        acts.append(writer.act())
        follower.catch_up()
        assert differences(get, room, follower) == [], acts[-1]

    assert sum(act.endswith(("200", "201")) for act in acts) > ACTS / 2
    assert len(follower.copies) > 5
    assert faults_of(database) == []


@pytest.mark.slow
def test_a_follower_of_many_editors_holds_what_the_public_may_read(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    key = make_key(database, Scope.WRITE)
    room = Newsroom()
    with serving(database_url, tmp_path, workers=2) as server, httpx2.Client(base_url=server.url) as client:

        def get(path: str, headers: Mapping[str, str]) -> httpx2.Response:
            return client.get(path, headers=dict(headers), timeout=60)

        editors = [Editor(server.url, key, f"editor{n}") for n in range(EDITORS)]
        writer_of(editors[0], room).begin()
        follower = Follower(get)
        done = threading.Event()

        def follow() -> None:
            while not done.is_set():
                follower.catch_up()

        following = threading.Thread(target=follow)
        following.start()
        tally = work_at_once(editors, lambda editor: write_some(writer_of(editor, room), ACTS // EDITORS))
        done.set()
        following.join()
        follower.catch_up()

        assert differences(get, room, follower) == []
        assert len(follower.copies) > 5
        assert tally.statuses[500] == 0
    assert faults_of(database) == []
    assert "Traceback" not in server.log_text()


def writer_of(editor: Editor, room: Newsroom) -> Writer:
    def send(method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> httpx2.Response:
        return editor.send(method, path, json=body, headers=headers)

    return Writer(send, room, editor.name)


def write_some(writer: Writer, acts: int) -> None:
    for _ in range(acts):
        writer.act()
