"""Editors that write over HTTP at the same time, and keep count of what they were answered."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx2
from pydantic import JsonValue

# How many of the amendments tie their event to another one.
RELATED: Final = 0.3
CHANGE: Final = {"kind": "update", "reason": "Written by one of many."}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An amend that was answered 200."""

    event: str
    revision: int
    seq: int


@dataclass
class Tally:
    """What the requests of one editor, or of all of them, were answered."""

    accepted: list[Accepted] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    # Answers that no client of ours should meet.
    strange: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def count(self, answer: httpx2.Response, seconds: float) -> None:
        """Note one answer."""
        self.statuses[answer.status_code] += 1
        self.slowest_s = max(self.slowest_s, seconds)
        if answer.status_code not in {200, 201, 412, 503}:
            self.strange.append(f"{answer.request.method} {answer.request.url}: {answer.text}")

    def add(self, other: "Tally") -> None:
        """Add what another editor was answered."""
        self.accepted += other.accepted
        self.statuses += other.statuses
        self.strange += other.strange
        self.slowest_s = max(self.slowest_s, other.slowest_s)

    def told(self, seconds: float) -> str:
        """Return the figures in a line."""
        writes, stale, busy = len(self.accepted), self.statuses[412], self.statuses[503]
        return (
            f"{writes} amends in {seconds:.0f} s, {writes / seconds:.0f} a second; "
            f"{stale} times 412 ({stale / (writes + stale):.1%}), {busy} times 503; "
            f"slowest answer {self.slowest_s:.2f} s"
        )


class Editor:
    """One client of its own, which tries again when it is told to."""

    def __init__(self, url: str, headers: dict[str, str], name: str) -> None:
        self.client = httpx2.Client(base_url=url, headers=headers, timeout=120)
        self.name = name
        self.random = random.Random(name)
        self.tally = Tally()

    def send(
        self, method: str, path: str, *, json: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """Send a request until it is answered with something else than 503."""
        while True:
            begun = time.monotonic()
            answer = self.client.request(method, path, json=json, headers=headers)
            self.tally.count(answer, time.monotonic() - begun)
            if answer.status_code != 503:
                return answer
            time.sleep(int(answer.headers["Retry-After"]))

    def amend(self, event: str, patch: dict[str, JsonValue]) -> Accepted:
        """Read an event and amend it, and again from the start when somebody else was faster."""
        path = f"/v1/events/{event}"
        while True:
            tag = self.send("GET", path).headers["ETag"]
            answer = self.send("PATCH", path, json={**patch, "change": CHANGE}, headers={"If-Match": tag})
            if answer.status_code == 412:
                continue
            assert answer.status_code == 200, answer.text
            done = Accepted(event, answer.json()["revision"], int(answer.headers["Change-Seq"]))
            self.tally.accepted.append(done)
            return done

    def amend_each(self, events: Sequence[str], rounds: int) -> None:
        """Amend every event once a round, in another order each time."""
        for n in range(rounds):
            for event in self.random.sample(events, len(events)):
                self.amend(event, self.patch(event, events, n))

    def patch(self, event: str, events: Sequence[str], n: int) -> dict[str, JsonValue]:
        """Return an amendment that changes the words, the date and the ties of an event."""
        cited = {self.random.choice(events)} - {event} if self.random.random() < RELATED else set()
        return {
            "title": f"As {self.name} has it in round {n}",
            "occurred": f"2025-04-{self.random.randint(1, 30):02}",
            "tags": [f"round-{n}", self.name],
            "relations": [{"type": "cites", "event": one} for one in cited],
        }


def work_at_once(editors: Sequence[Editor], work: Callable[[Editor], None]) -> Tally:
    """Have every editor do its work in a thread of its own; return what all were answered."""
    failures: list[BaseException] = []

    def run(editor: Editor) -> None:
        try:
            work(editor)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(editor,)) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = Tally()
    for editor in editors:
        editor.client.close()
        total.add(editor.tally)
    if failures:
        raise failures[0]
    return total
