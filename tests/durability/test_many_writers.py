"""Many editors and one database: everyone's writes are kept, and what is kept is in step."""

import os
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from app.access.keys import Scope
from app.core.db import Database
from tests.support.crowd import Accepted, Editor, work_at_once
from tests.support.editing import make_case, make_events
from tests.support.keys import make_key
from tests.support.servers import serving
from tests.support.whole import faults_of

# Every round is 400 amends.
ROUNDS: Final = 40 if os.environ.get("CASE_TIMELINE_FULL") else 2
EDITORS: Final = 8
EVENTS: Final = 50


@pytest.mark.slow
def test_eight_editors_amend_the_same_events_and_every_amend_is_one_revision(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    make_case(database)
    events = make_events(database, ["2025-04-10"] * EVENTS)
    key = make_key(database, Scope.WRITE)

    with serving(database_url, tmp_path, workers=2) as server:
        editors = [Editor(server.url, key, f"editor-{n}") for n in range(EDITORS)]
        begun = time.monotonic()
        tally = work_at_once(editors, lambda editor: editor.amend_each(events, ROUNDS))
        took = time.monotonic() - begun
        feed = read_feed(server.url, key)
        public_feed = read_feed(server.url, {})

    print(tally.told(took))  # noqa: T201 - the figures, for whoever runs it with -s
    assert tally.strange == []
    assert len(tally.accepted) == EDITORS * EVENTS * ROUNDS
    # One revision each, numbered without a hole: the first is what the event was made with.
    revisions: dict[str, list[int]] = defaultdict(list)
    for one in tally.accepted:
        revisions[one.event].append(one.revision)
    expected = list(range(2, EDITORS * ROUNDS + 2))
    assert {event: sorted(found) for event, found in revisions.items()} == dict.fromkeys(events, expected)
    # The feed is the log, and has what each editor was answered, at the number it was told.
    made = 1 + EVENTS
    assert [item["seq"] for item in feed] == list(range(1, made + len(tally.accepted) + 1))
    assert [Accepted(item["record"], item["revision"], item["seq"]) for item in feed[made:]] == sorted(
        tally.accepted, key=lambda one: one.seq
    )
    # Everything was public.
    assert [{**item, "hash": None} for item in public_feed] == [{**item, "hash": None} for item in feed]
    assert faults_of(database) == []
    assert "Traceback" not in server.log_text()


def read_feed(url: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Return every item of the feed, page by page."""
    items: list[dict[str, Any]] = []
    after = 0
    while True:
        page = httpx2.get(f"{url}/v1/changes?limit=500&after={after}", headers=headers, timeout=60).json()
        if not page["items"]:
            return items
        items += page["items"]
        after = page["next_after"]
