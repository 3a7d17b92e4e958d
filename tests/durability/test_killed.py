"""A server that is killed while it writes: what it had answered is there, and nothing is half there."""

import os
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from sqlalchemy import select

from app.access.keys import Scope
from app.core.db import Database
from app.records.documents import decode
from app.records.tables import Revision
from app.records.vocabulary import Operation
from tests.support.crowd import Editor
from tests.support.editing import make_actor, make_case, make_events, make_source
from tests.support.keys import make_key
from tests.support.servers import Server, serving
from tests.support.whole import faults_of

KILLS: Final = 20 if os.environ.get("CASE_TIMELINE_FULL") else 3
EDITORS: Final = 6
SHARED: Final = 10


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that writes; its `Idempotency-Key` is also its reason, or the title it gives."""

    method: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def key(self) -> str:
        return self.headers["Idempotency-Key"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What makes two answers the same."""

    status: int
    body: bytes
    headers: tuple[str | None, ...]

    @property
    def seq(self) -> int:
        return int(self.headers[0] or 0)


@dataclass
class Hand:
    """An editor that writes this and that until it is cut off in the middle of a request."""

    name: str
    key: dict[str, str]
    shared: list[str]
    actor: str
    source: str
    answered: list[tuple[Sent, Answer]] = field(default_factory=list)
    cut_off: Sent | None = None
    made: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    count: int = 0

    def work_until_cut_off(self, url: str) -> None:
        editor = Editor(url, self.key, f"{self.name}-{self.count}")
        try:
            while True:
                self.step(editor)
        except httpx2.TransportError:
            pass
        finally:
            editor.client.close()
            self.strange += editor.tally.strange

    def step(self, editor: Editor) -> None:
        act = editor.random.choice(["create", "create", "amend", "amend", "amend", "rename", "retract"])
        self.count += 1
        key = f"{self.name}-{self.count}"
        if act == "create":
            made = self.write(editor, Sent("POST", "/v1/events", self.event(key), {"Idempotency-Key": key}))
            self.made.append(made["id"])
            return
        own = [f"/v1/events/{one}" for one in self.made[-3:]]
        shared = [f"/v1/events/{one}" for one in self.shared]
        path = editor.random.choice(
            {"amend": shared, "rename": [f"/v1/actors/{self.actor}"]}.get(act, own or shared)
        )
        tag = editor.send("GET", path).headers["ETag"]
        headers = {"Idempotency-Key": key, "If-Match": tag}
        body: dict[str, Any] = {"change": {"kind": "update", "reason": key}}
        if act == "retract" and own:
            is_back = self.write(editor, Sent("POST", f"{path}/retract", body, headers))
            key = f"{key}-back"
            body = {"change": {"kind": "correction", "reason": key}}
            headers = {"Idempotency-Key": key, "If-Match": f'"{is_back["revision"]}"'}
            self.write(editor, Sent("POST", f"{path}/reinstate", body, headers))
            return
        names = {"name": key} if act == "rename" else {"title": key, "tags": [f"t{self.count}"]}
        self.write(editor, Sent("PATCH", path, {**body, **names}, headers))

    def event(self, title: str) -> dict[str, Any]:
        return {
            "type": "statement",
            "title": title,
            "occurred": "2025-04-10",
            "cases": ["a-case"],
            "actors": [{"actor": self.actor, "role": "speaker"}],
            "citations": [{"source": self.source, "quote": f"Words of {self.name}"}],
            "relations": [{"type": "cites", "event": self.shared[self.count % SHARED]}],
        }

    def write(self, editor: Editor, sent: Sent) -> dict[str, Any]:
        self.cut_off = sent
        answer = send(editor, sent)
        self.cut_off = None
        if answer.status == 412:
            return {}
        self.answered.append((sent, answer))
        told: dict[str, Any] = httpx2.Response(200, content=answer.body).json()
        return told


def send(editor: Editor, sent: Sent) -> Answer:
    answer = editor.send(sent.method, sent.path, json=sent.body, headers=sent.headers)
    kept = tuple(answer.headers.get(name) for name in ("Change-Seq", "ETag", "Location", "Content-Type"))
    return Answer(answer.status_code, answer.content, kept)


@pytest.mark.slow
def test_a_killed_server_has_kept_what_it_answered_and_nothing_by_half(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    make_case(database)
    shared = make_events(database, ["2025-04-10"] * SHARED)
    actor, source = make_actor(database, "an-actor"), make_source(database, "A report")
    key = make_key(database, Scope.WRITE)
    hands = [Hand(f"hand{n}", key, shared, actor, source) for n in range(EDITORS)]
    chance = random.Random(2025)
    interrupted = 0

    with serving(database_url, tmp_path, workers=2) as server:
        for _ in range(KILLS):
            work_until_killed(server, hands, after_s=chance.uniform(0.5, 2.5))
            assert faults_of(database) == []
            log = read_log(database)
            for hand in hands:
                assert hand.strange == []
                hold_answers_to_log(hand, log)
            server.start()
            interrupted += sum(hand.cut_off is not None for hand in hands)
            for hand in hands:
                send_again(server.url, hand)
        assert faults_of(database) == []

    assert interrupted > 0
    assert sum(len(hand.answered) for hand in hands) > KILLS * EDITORS
    # However often it was sent, what has one key was done once.
    done = Counter(name for _, _, name in read_log(database).values())
    assert {sent.key: done[sent.key] for hand in hands for sent, _ in hand.answered} == {
        sent.key: 1 for hand in hands for sent, _ in hand.answered
    }
    assert "Traceback" not in server.log_text()


def work_until_killed(server: Server, hands: list[Hand], *, after_s: float) -> None:
    threads = [threading.Thread(target=hand.work_until_cut_off, args=(server.url,)) for hand in hands]
    for thread in threads:
        thread.start()
    threads[0].join(after_s)
    server.kill()
    for thread in threads:
        thread.join()


def read_log(database: Database) -> dict[int, tuple[str, int, str]]:
    """Return the record, revision and key of the request that made it, by the change."""
    with database.read() as connection:
        rows = connection.execute(
            select(
                Revision.seq,
                Revision.record_id,
                Revision.number,
                Revision.operation,
                Revision.reason,
                Revision.document,
            )
        ).all()
    return {
        row.seq: (
            row.record_id,
            row.number,
            str(decode(row.document).get("title")) if row.operation == Operation.CREATE else row.reason,
        )
        for row in rows
    }


def hold_answers_to_log(hand: Hand, log: dict[int, tuple[str, int, str]]) -> None:
    for sent, answer in hand.answered:
        told = httpx2.Response(200, content=answer.body).json()
        assert log.get(answer.seq) == (told["id"], told["revision"], sent.key)


def send_again(url: str, hand: Hand) -> None:
    """Send what was cut off again, twice; and the last that was answered, which is answered alike."""
    editor = Editor(url, hand.key, hand.name)
    sent, hand.cut_off = hand.cut_off, None
    # One of them may stay retracted: what undoes it is not sent any more.
    hand.made.clear()
    try:
        if sent is not None:
            answer = send(editor, sent)
            # Another hand may have been faster with an amend that was not done.
            assert answer.status in {200, 201, 412}, answer.body
            if answer.status != 412:
                assert send(editor, sent) == answer
                hand.answered.append((sent, answer))
        for sent, answer in hand.answered[-3:]:
            assert send(editor, sent) == answer
    finally:
        editor.client.close()
