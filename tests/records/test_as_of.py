"""What is asked as of a moment is what was answered at that moment."""

import random
from typing import Final

import pytest
from pydantic import JsonValue, TypeAdapter
from starlette.testclient import TestClient

from app.core.db import Database
from app.core.stamps import moment_text
from tests.support.editing import change, make_actor, make_case, make_event, make_source, restore, withdraw

Items = list[dict[str, JsonValue]]
ITEMS: Final = TypeAdapter(Items)
QUERIES: Final = (
    "",
    "&q=name*",
    "&actor=first",
    "&order=-changed",
    "&order=recorded",
    "&unanswered=true",
    "&since=2025",
)
PATHS: Final = ("/v1/cases/a-case/timeline", "/v1/timeline")


def items(client: TestClient, query: str) -> Items:
    answer = client.get(query)
    assert answer.status_code == 200, answer.text
    return ITEMS.validate_python(answer.json()["items"])


class Editor:
    """Someone who does one thing after another, by chance."""

    def __init__(self, database: Database, seed: int) -> None:
        """Begin with a case, two actors and a source."""
        self.database = database
        self.chance = random.Random(seed)
        make_case(database)
        self.actors = [make_actor(database, "first"), make_actor(database, "second")]
        self.source = make_source(database, "A report", publisher="Somebody", published="2025-04-01")
        self.live = [make_event(database, "2025-01-01", title="The first", actors=[self._actor()])]
        self.gone: list[str] = []
        self.names = 0

    def _actor(self) -> JsonValue:
        return {"actor": self.chance.choice(self.actors), "role": "participant"}

    def act(self) -> None:
        """Do one thing."""
        chance, database = self.chance, self.database
        self.names += 1
        what = chance.choice(["make", "make", "amend", "amend", "rename", "retract", "reinstate", "cite"])
        if what == "make" or not self.live:
            relations: list[JsonValue] = []
            if self.live:
                relations.append({"type": "responds_to", "event": chance.choice(self.live)})
            date = chance.choice(["2025-03", "2025-03-15", "2024", None])
            title = f"Event name{self.names}"
            made = make_event(
                database,
                date,
                title=title,
                relations=relations,
                actors=[self._actor()],
                citations=[{"source": self.source}],
            )
            self.live.append(made)
        elif what == "amend":
            change(database, chance.choice(self.live), title=f"Other name{self.names}", occurred="2025-02")
        elif what == "rename":
            change(database, chance.choice(self.actors), name=f"Actor name{self.names}")
        elif what == "cite":
            change(database, self.source, title=f"A report name{self.names}")
        elif what == "retract" and len(self.live) > 1:
            self.gone.append(self.live.pop(chance.randrange(len(self.live))))
            withdraw(database, self.gone[-1])
        elif what == "reinstate" and self.gone:
            self.live.append(self.gone.pop())
            restore(database, self.live[-1])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_past_moment_is_answered_as_it_was_then(database: Database, client: TestClient, seed: int) -> None:
    editor = Editor(database, seed)
    stored: list[tuple[str, str, Items]] = []
    for _ in range(14):
        editor.act()
        for path in PATHS:
            for query in QUERIES:
                answer = client.get(f"{path}?limit=500{query}").json()
                stored.append(
                    (f"{path}?limit=500{query}", answer["as_of"], ITEMS.validate_python(answer["items"]))
                )

    for url, moment, then in stored:
        assert items(client, f"{url}&as_of={moment}") == then, (url, moment)


def test_what_is_hidden_since_is_hidden_in_the_past_too(database: Database, client: TestClient) -> None:
    make_case(database)
    hidden = make_event(database, "2025-03-15", title="Secret since")
    shown = make_event(database, "2025-03-16", title="Known")
    moment = client.get(PATHS[0]).json()["as_of"]
    change(database, hidden, visibility="restricted", visibility_reason="A minor is named.")

    for path in PATHS:
        assert [item["id"] for item in items(client, f"{path}?as_of={moment}")] == [shown]
        assert [item["id"] for item in items(client, path)] == [shown]
        assert items(client, f"{path}?as_of={moment}&q=secret") == []

    change(database, hidden, visibility="public")
    for path in PATHS:
        assert [item["id"] for item in items(client, f"{path}?as_of={moment}")] == [hidden, shown]
        assert [item["id"] for item in items(client, f"{path}?as_of={moment}&q=secret")] == [hidden]


def test_of_a_stub_only_the_existence_is_told_now_and_of_the_past(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    hidden = make_event(database, "2025-03-15", title="Secret since", summary="More of it", tags=["one"])
    moment = client.get(PATHS[0]).json()["as_of"]
    change(database, hidden, visibility="existence_only", visibility_reason="Sealed.")

    for url in (PATHS[0], f"{PATHS[0]}?as_of={moment}", PATHS[1], f"{PATHS[1]}?as_of={moment}"):
        (stub,) = items(client, url)
        assert (stub["id"], stub["title"], stub["summary"], stub["tags"]) == (hidden, None, None, []), url
        assert stub["type"] == "statement"
    answer = client.get(f"{PATHS[0]}?q=secret").json()
    assert (answer["items"], answer["excluded"]) == ([], 1)


def test_an_actor_that_was_renamed_or_hidden_is_so_in_every_event(
    database: Database, client: TestClient
) -> None:
    make_case(database)
    actor = make_actor(database, "someone", name="Old Name")
    make_event(database, "2025-03-15", actors=[{"actor": actor, "role": "participant"}])
    before = client.get(PATHS[0]).json()
    renamed = change(database, actor, name="New Name")

    now = client.get(PATHS[0]).json()
    assert now["items"][0]["actors"][0]["name"] == "New Name"
    assert now["as_of"] == moment_text(renamed.at)
    assert items(client, f"{PATHS[0]}?as_of={before['as_of']}") == before["items"]

    change(database, actor, visibility="restricted")
    for url in (PATHS[0], f"{PATHS[0]}?as_of={before['as_of']}", f"{PATHS[1]}?as_of={before['as_of']}"):
        assert items(client, url)[0]["actors"] == [], url
        assert "Name" not in client.get(url).text
    assert client.get(f"{PATHS[0]}?actor=someone").status_code == 422


def test_before_the_case_existed_there_is_none(database: Database, client: TestClient) -> None:
    earliest = client.get("/v1/timeline").json()["as_of"]
    make_case(database)
    make_event(database, "2025-03-15")

    assert client.get(f"{PATHS[0]}?as_of=2001-01-01T00:00:00Z").status_code == 404
    assert items(client, f"/v1/timeline?as_of={earliest}") == []
