"""What changed between two moments is what tells the two timelines apart, with why."""

import json
import random
from typing import Any, Final

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pydantic import JsonValue
from starlette.testclient import TestClient

from app.access.keys import Scope, create_key
from app.core.db import Database
from app.core.stamps import moment_text
from app.history.markdown import text_of
from app.history.patches import patch_between
from app.records.revisions import Appended, Log
from app.records.service import amend, merge, redact, retract
from app.records.vocabulary import ChangeKind
from tests.support.editing import change, make_actor, make_case, make_event, make_source, restore, withdraw

DIFF: Final = "/v1/cases/a-case/diff"
TIMELINE: Final = "/v1/cases/a-case/timeline"
PARTS: Final = ("added", "changed", "removed", "merged")
Json = dict[str, Any]


def now_of(client: TestClient) -> str:
    """Return the moment of the newest change of the case."""
    moment: str = client.get(TIMELINE).json()["as_of"]
    return moment


def diff(client: TestClient, start: str, /, **parameters: str) -> Json:
    answer = client.get(DIFF, params={"from": start, **parameters})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def told(found: Json) -> dict[str, list[tuple[str, str | None, str | None]]]:
    """Return the event, kind and reason of everything in a diff."""
    return {
        part: [
            (
                one["event"] if isinstance(one["event"], str) else one["event"]["id"],
                one["kind"],
                one["reason"],
            )
            for one in found[part]
        ]
        for part in PARTS
        if found[part]
    }


def correct(database: Database, record_id: str, reason: str, **patch: JsonValue) -> Appended:
    with database.write() as connection:
        log = Log(connection, author="test")
        return amend(log, record_id, patch, kind=ChangeKind.CORRECTION, reason=reason)


def fold(database: Database, record_id: str, into: str, reason: str) -> Appended:
    with database.write() as connection:
        log = Log(connection, author="test")
        return merge(log, record_id, into, kind=ChangeKind.CORRECTION, reason=reason)


def make_reader(database: Database) -> dict[str, str]:
    """Make a key that reads; return the headers it is sent with."""
    with database.write() as connection:
        text, _row = create_key(connection, "reader", [Scope.READ])
    return {"Authorization": f"Bearer {text}"}


def test_each_kind_of_change_is_told_with_its_reason(database: Database, client: TestClient) -> None:
    make_case(database)
    amended, moved, retracted, twin, kept = (
        make_event(database, f"2025-03-{day}", title=f"Event {day}") for day in (10, 11, 12, 13, 14)
    )
    before = now_of(client)
    new = make_event(database, "2025-03-20", title="New")
    correct(database, amended, "Misspelt.", title="Event ten")
    correct(database, moved, "It was in April.", occurred="2025-04-11")
    with database.write() as connection:
        retract(
            Log(connection, author="test"),
            retracted,
            kind=ChangeKind.RETRACTION,
            reason="It never happened.",
        )
    fold(database, twin, kept, "Recorded twice.")

    found = diff(client, before, until="2025-03")

    assert told(found) == {
        "added": [(new, None, None)],
        "changed": [(amended, "correction", "Misspelt.")],
        "removed": [
            (moved, "correction", "It was in April."),
            (retracted, "retraction", "It never happened."),
        ],
        "merged": [(twin, "correction", "Recorded twice.")],
    }
    assert found["merged"][0]["into"] == kept
    assert found["removed"][0]["event"]["occurred"]["edtf"] == "2025-03-11"
    assert (found["from"], found["to"]) == (before, now_of(client))
    assert [one["seq"] for part in PARTS for one in found[part]] == [7, 8, 9, 10, 11]
    assert {"op": "replace", "path": "/title", "value": "Event ten"} in found["changed"][0]["patch"]


def test_the_reason_is_that_of_the_act_that_moved_it_not_of_a_later_one(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    moved = make_event(database, "2025-03-11")
    coming = make_event(database, "2024")
    before = now_of(client)
    correct(database, moved, "A typo.", summary="One")
    correct(database, moved, "It was in April.", occurred="2025-04-11")
    correct(database, moved, "Another typo.", summary="Two")
    correct(database, coming, "It was a year later.", occurred="2025-01")
    correct(database, coming, "Another typo.", summary="Two")

    assert told(diff(client, before, since="2025-01", until="2025-03")) == {
        "removed": [(moved, "correction", "It was in April.")],
        "added": [(coming, "correction", "It was a year later.")],
    }


def test_an_event_that_came_back_as_it_was_has_not_changed_but_for_its_revision(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    event = make_event(database, "2025-03-11")
    before = now_of(client)
    withdraw(database, event)
    restore(database, event)

    (changed,) = diff(client, before)["changed"]
    assert {one["path"] for one in changed["patch"]} == {"/revision", "/corrections", "/last_corrected_at"}


def test_a_renamed_actor_changes_the_events_that_name_it(database: Database, client: TestClient) -> None:
    make_case(database)
    actor = make_actor(database, "someone", name="Old Name")
    event = make_event(database, "2025", actors=[{"actor": actor, "role": "judge"}])
    make_event(database, "2025")
    before = now_of(client)
    correct(database, actor, "She married.", name="New Name")

    found = diff(client, before)
    assert told(found) == {"changed": [(event, "correction", "She married.")]}
    assert found["changed"][0]["patch"] == [{"op": "replace", "path": "/actors/0/name", "value": "New Name"}]
    assert told(diff(client, before, q="old")) == {"removed": [(event, "correction", "She married.")]}
    assert told(diff(client, before, q="new")) == {"added": [(event, "correction", "She married.")]}


def test_an_event_that_is_answered_leaves_the_unanswered_ones(database: Database, client: TestClient) -> None:
    make_case(database)
    motion = make_event(database, "2025-03-01")
    order = make_event(database, "2025-03-02")
    before = now_of(client)
    correct(database, order, "It rules on it.", relations=[{"type": "rules_on", "event": motion}])

    assert told(diff(client, before, unanswered="true"))["removed"] == [
        (motion, "correction", "It rules on it.")
    ]


def test_before_the_case_existed_nothing_was_in_it(database: Database, client: TestClient) -> None:
    make_case(database)
    event = make_event(database, "2025")

    found = diff(client, "2001-01-01T00:00:00Z")
    assert told(found) == {"added": [(event, None, None)]}
    assert found["from"] == "2001-01-01T00:00:00.000000Z"


def test_an_actor_that_is_new_was_in_nothing_before(database: Database, client: TestClient) -> None:
    make_case(database)
    old = make_actor(database, "old")
    event = make_event(database, "2025", actors=[{"actor": old, "role": "judge"}])
    before = now_of(client)
    actor = make_actor(database, "new")
    correct(database, event, "Another judge.", actors=[{"actor": actor, "role": "judge"}])

    assert told(diff(client, before, actor="new")) == {"added": [(event, "correction", "Another judge.")]}
    assert told(diff(client, before, actor="old")) == {"removed": [(event, "correction", "Another judge.")]}
    both = client.get(DIFF, params={"from": before, "actor": ["new", "old"]}).json()
    assert told(both) == {"changed": [(event, "correction", "Another judge.")]}


def test_what_is_hidden_now_is_at_neither_end(database: Database, client: TestClient) -> None:
    make_case(database)
    other = make_case(database, "other")
    hidden = make_event(database, "2025-03-15", title="The canary")
    stub = make_event(database, "2025-03-16", title="A canary")
    cased = make_event(database, "2025-03-17", cases=["a-case", "other"])
    before = now_of(client)
    correct(database, hidden, "Canary reason.", title="Another canary")
    correct(database, stub, "Canary reason.", title="Another canary")
    change(database, hidden, visibility="restricted")
    change(database, stub, visibility="existence_only", visibility_reason="Sealed.")
    change(database, other, visibility="restricted")
    late = make_event(database, "2025", title="A late canary", visibility="restricted")

    for form in ("json", "md"):
        text = client.get(DIFF, params={"from": before, "format": form}).text.lower()
        assert "canary" not in text
        assert hidden not in text
        assert late not in text
    found = diff(client, before)
    assert [(one["event"], one["kind"], one["reason"]) for one in found["changed"]] == [(stub, None, None)]
    assert cased not in json.dumps(found)
    # Whoever has a key sees it all.
    seen = client.get(DIFF, params={"from": before}, headers=make_reader(database)).json()
    assert {one["event"] for one in seen["changed"]} == {hidden, stub}
    assert [one["event"]["id"] for one in seen["added"]] == [late]


def test_a_name_that_was_taken_out_is_at_neither_end(database: Database, client: TestClient) -> None:
    make_case(database)
    actor = make_actor(database, "zebulon-quix", name="Zebulon Quix")
    event = make_event(
        database, "2025", title="About Zebulon Quix", actors=[{"actor": actor, "role": "subject"}]
    )
    before = now_of(client)
    correct(database, event, "Zebulon Quix asked for it.", title="Zebulon Quix again", occurred="2024")
    asked = {"from": before, "since": "2025"}
    etags = [client.get(DIFF, params={**asked, "format": form}).headers["ETag"] for form in ("json", "md")]
    with database.write() as connection:
        log = Log(connection, author="test")
        redact(log, actor, "Plaintiff A", also=[], kind=ChangeKind.CORRECTION, reason="By court order.")

    for form, etag in zip(("json", "md"), etags, strict=True):
        answer = client.get(DIFF, params={**asked, "format": form}, headers={"If-None-Match": etag})
        assert answer.status_code == 200
        assert "quix" not in answer.text.lower()
    (removed,) = diff(client, before, since="2025")["removed"]
    assert (removed["event"]["title"], removed["reason"]) == (
        "About Plaintiff A",
        "Plaintiff A asked for it.",
    )


def test_pages_together_are_the_whole(database: Database, client: TestClient) -> None:
    make_case(database)
    actor = make_actor(database, "someone")
    events = {make_event(database, "2025", actors=[{"actor": actor, "role": "judge"}]) for _ in range(7)}
    before = now_of(client)
    change(database, actor, name="Renamed")

    url: str | None = f"{DIFF}?from={before}&limit=3"
    pages: list[list[str]] = []
    while url is not None:
        answer = client.get(url)
        page = answer.json()
        pages.append([one["event"] for one in page["changed"]])
        if page["next"]:
            assert answer.headers["Link"] == f'<{page["next"]}>; rel="next"'
        # Written meanwhile, and not in these pages.
        change(database, make_event(database, "2025"), title="Later")
        url = page["next"]

    assert [len(page) for page in pages] == [3, 3, 1]
    assert {event for page in pages for event in page} == events


def test_a_cursor_of_another_diff_is_refused(database: Database, client: TestClient) -> None:
    make_case(database)
    for _ in range(2):
        make_event(database, "2025")
    url = diff(client, "2001-01-01T00:00:00Z", limit="1")["next"]

    answer = client.get(url, params={"type": "meeting"})
    assert client.get(f"{url}&type=meeting").status_code == 400
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({}, "from"),
        ({"from": "2025-01-01"}, "from"),
        ({"from": "2025-01-01T00:00:00"}, "from"),
        ({"from": "2999-01-01T00:00:00Z"}, "from"),
        ({"from": "2001-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"}, "to"),
        ({"from": "2002-01-01T00:00:00Z", "to": "2001-01-01T00:00:00Z"}, "from"),
        ({"from": "2001-01-01T00:00:00Z", "as_of": "2001-01-01T00:00:00Z"}, "as_of"),
        ({"from": "2001-01-01T00:00:00Z", "order": "changed"}, "order"),
        ({"from": "2001-01-01T00:00:00Z", "actor": "nobody"}, "actor"),
        ({"from": "2001-01-01T00:00:00Z", "tipe": "meeting"}, "tipe"),
    ],
)
def test_a_wrong_question_is_refused(
    database: Database, client: TestClient, parameters: dict[str, str], name: str
) -> None:
    make_case(database)
    answer = client.get(DIFF, params=parameters)

    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, name)


def test_a_diff_has_a_tag_and_a_permalink_that_answers_the_same(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    make_actor(database, "someone")
    event = make_event(database, "2025", actors=[{"actor": "someone", "role": "judge"}])
    before = now_of(client)
    correct(database, event, "Misspelt.", title="Put right")
    first = client.get(DIFF, params={"from": before, "actor": "someone"})
    tag = first.headers["ETag"]

    def status() -> int:
        held = {"If-None-Match": tag}
        return client.get(DIFF, params={"from": before, "actor": "someone"}, headers=held).status_code

    assert status() == 304
    correct(database, event, "Misspelt again.", title="Put quite right")
    assert status() == 200
    assert client.get(first.json()["permalink"]).json() == first.json()


def test_markdown_is_readable(database: Database, client: TestClient) -> None:
    make_case(database, title="A case")
    source = make_source(database, "A report", publisher="Somebody")
    event = make_event(database, "2025-03-10", title="What happend")
    gone = make_event(database, "2025-03-11", title="What did not")
    before = now_of(client)
    correct(
        database,
        event,
        "Misspelt.",
        title="What happened",
        occurred="2025-03",
        citations=[{"source": source, "quote": "It did."}],
    )
    withdraw(database, gone)

    answer = client.get(DIFF, params={"from": before, "format": "md"})
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    lines = answer.text.replace("\\", "").split("\n")
    moments = f"From {before} to {now_of(client)}."
    assert lines[:-2] == [
        "# What changed in A case",
        "",
        moments,
        "",
        "## Changed (1)",
        "",
        f"- **What happened** (March 2025; `{event}`)",
        "  - Title: “What happend” → “What happened”",
        "  - Occurred: 10 March 2025 → March 2025",
        "  - Citations: nothing → Somebody, A report: “It did.”",
        "  - Correction: Misspelt. (change 5)",
        "",
        "## Removed (1)",
        "",
        f"- **What did not** (11 March 2025; `{gone}`)",
        "  - Retraction: A test. (change 6)",
        "",
    ]


def test_accept_chooses_markdown_and_format_overrules_it(database: Database, client: TestClient) -> None:
    make_case(database)
    moment = now_of(client)
    parameters, headers = {"from": moment}, {"Accept": "text/markdown, text/plain;q=0.5"}

    answer = client.get(DIFF, params=parameters, headers=headers)
    assert answer.headers["Content-Type"].startswith("text/markdown")
    assert "Accept" in answer.headers["Vary"].split(", ")
    assert "Nothing changed." in answer.text
    answer = client.get(DIFF, params={**parameters, "format": "json"}, headers=headers)
    assert answer.headers["Content-Type"] == "application/json"


def test_titles_and_reasons_are_no_markup(database: Database, client: TestClient) -> None:
    nasty = "[x](javascript:alert(1)) <script>x</script> ![i](http://e.example/p.png) **b** `c` &lt;"
    make_case(database, title=nasty)
    event = make_event(database, "2025", title="Fine")
    before = now_of(client)
    correct(database, event, f"{nasty}\n\n# Forged\n- item", title=nasty, summary=f"{nasty}\u202e")

    page = client.get(DIFF, params={"from": before, "format": "md"}).text
    html = MarkdownIt("commonmark").render(page)
    for tag in ("<script", "<img", 'javascript:alert(1)">', "<strong>b", "<code>c", "<h1>Forged"):
        assert tag not in html
    assert html.count("<a ") == 1
    assert html.count("<h1>") == 1
    assert "\u202e" not in page
    assert MarkdownIt("gfm-like", {"linkify": False}).render(page).count("<a ") == 1


@given(st.text(max_size=60))
def test_any_text_reads_in_markdown_as_it_is_written(text: str) -> None:
    html = MarkdownIt("commonmark").render(f"- x {text_of(text)} y")

    inner = html.removeprefix("<ul>\n<li>").removesuffix("</li>\n</ul>\n")
    assert "<" not in inner.replace("&lt;", "")
    assert inner.startswith("x")


JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0])
    | st.text("ab/~", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab/~-0", max_size=2), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_a_patch_turns_any_document_into_any_other(before: JsonValue, after: JsonValue) -> None:
    patch = patch_between(before, after)

    assert json.dumps(jsonpatch.apply_patch(before, patch), sort_keys=True) == json.dumps(
        after, sort_keys=True
    )


class Desk:
    """Someone who does one thing after another, by chance."""

    def __init__(self, database: Database, seed: int) -> None:
        """Begin with two cases, actors, a source and an event."""
        self.database = database
        self.chance = random.Random(seed)
        make_case(database)
        self.other = make_case(database, "other")
        self.actors = [make_actor(database, name) for name in ("first", "second", "third")]
        self.source = make_source(database, "A report", publisher="Somebody", published="2025-04-01")
        self.shy = make_event(
            database, "2025-03-14", title="A name", actors=[{"actor": self.actors[2], "role": "judge"}]
        )
        self.live: list[str] = []
        self.gone: list[str] = []
        self.count = 0
        for _ in range(3):
            self._make()

    def _make(self) -> None:
        chance = self.chance
        relations: list[JsonValue] = []
        if self.live and chance.random() < 0.7:
            relations.append({"type": "responds_to", "event": chance.choice(self.live)})
        made = make_event(
            self.database,
            chance.choice(["2025-03", "2025-03-15", "2024", None]),
            title=f"Event name{self.count}",
            cases=["a-case", "other"] if chance.random() < 0.4 else ["a-case"],
            relations=relations,
            actors=[{"actor": chance.choice(self.actors), "role": "judge"}],
            citations=[{"source": self.source}] if chance.random() < 0.5 else [],
        )
        self.live.append(made)

    def act(self) -> None:
        """Do one thing."""
        self.count += 1
        if len(self.live) < 3:
            self._make()
        else:
            doable = [
                self._make,
                self._amend,
                self._amend,
                self._name,
                self._withdraw,
                self._restore,
                self._hide,
            ]
            self.chance.choice(doable)()

    def _amend(self) -> None:
        date = self.chance.choice(["2024", "2025-02", "2025-03-20"])
        patch: dict[str, JsonValue] = self.chance.choice([{"occurred": date}, {"title": f"name{self.count}"}])
        correct(self.database, self.chance.choice(self.live), "A test.", **patch)

    def _name(self) -> None:
        date = self.chance.choice(["2025-04-01", "2025-05-01"])
        name = f"Renamed name{self.count}"
        record_id, patch = self.chance.choice(
            [(actor, {"name": name}) for actor in self.actors]
            + [(self.other, {"title": name}), (self.source, {"published": date})]
        )
        correct(self.database, record_id, "A test.", **patch)

    def _withdraw(self) -> None:
        event = self.live.pop(self.chance.randrange(len(self.live)))
        if self.chance.random() < 0.5:
            fold(self.database, event, self.live[0], "The same.")
        else:
            self.gone.append(event)
            withdraw(self.database, event)

    def _restore(self) -> None:
        if self.gone:
            self.live.append(self.gone.pop())
            restore(self.database, self.live[-1])

    def _hide(self) -> None:
        level = self.chance.choice(["public", "restricted", "existence_only"])
        change(self.database, self.chance.choice([self.shy, self.actors[2]]), visibility=level)


QUERIES: Final[tuple[dict[str, str], ...]] = (
    {},
    {"q": "name*"},
    {"actor": "first"},
    {"unanswered": "true"},
    {"relation": "responds_to"},
    {"role": "judge"},
    {"since": "2025"},
    {"reported_until": "2025-04"},
    {"publisher": "Somebody"},
)


@pytest.mark.parametrize("seed", range(4))
def test_a_diff_is_what_tells_two_timelines_apart(database: Database, client: TestClient, seed: int) -> None:
    desk = Desk(database, seed)
    moments = ["2001-01-01T00:00:00.000000Z", now_of(client)]
    for _ in range(12):
        desk.act()
        moments.append(now_of(client))
    audiences: tuple[dict[str, str], ...] = ({}, make_reader(database))

    def items(moment: str, query: dict[str, str], headers: dict[str, str]) -> dict[str, Json]:
        if moment < "2002":
            return {}
        answer = client.get(TIMELINE, params={"limit": "500", "as_of": moment, **query}, headers=headers)
        return {item["id"]: item for item in answer.json()["items"]}

    for _ in range(20):
        start, end = sorted(desk.chance.choices(moments, k=2))
        query, headers = desk.chance.choice(QUERIES), desk.chance.choice(audiences)
        if end < "2002":
            continue
        answer = client.get(DIFF, params={"from": start, "to": end, **query}, headers=headers)
        found = answer.json()
        before, after = items(start, query, headers), items(end, query, headers)
        where = (start, end, query, headers)
        assert {one["event"]["id"]: one["event"] for one in found["added"]} == {
            key: after[key] for key in after.keys() - before.keys()
        }, where
        left = {one["event"]["id"] for one in found["removed"]} | {one["event"] for one in found["merged"]}
        assert left == before.keys() - after.keys(), where
        patched = {
            one["event"]: jsonpatch.apply_patch(before[one["event"]], one["patch"])
            for one in found["changed"]
        }
        assert patched == {
            key: after[key] for key in after.keys() & before.keys() if after[key] != before[key]
        }, where
        for part in PARTS:
            assert all(one["seq"] is not None for one in found[part]), where


def test_a_moment_is_that_of_the_change_it_settles_on(database: Database, client: TestClient) -> None:
    make_case(database)
    event = make_event(database, "2025")
    changed = change(database, event, title="Now")
    make_actor(database, "nobody-in-the-case")

    found = diff(client, moment_text(changed.at))
    assert (found["from"], found["to"]) == (moment_text(changed.at),) * 2
    assert told(found) == {}
