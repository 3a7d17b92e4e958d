"""An answer that is given again is the one that would be made now."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.config import Settings
from app.core.db import Database
from app.main import create_app
from tests.support.desk import Desk
from tests.support.keys import make_key
from tests.support.statements import statements

PATH = "/v1/cases/a-case/timeline"


@pytest.fixture
def event_id(desk: Desk) -> str:
    """Return the one event of the case."""
    desk.make("cases")
    made: str = desk.make("events", title="As filed")["id"]
    return made


@pytest.fixture
def other(database_url: str, event_id: str) -> Iterator[Desk]:
    """Return an editor at another process, of which this one is told nothing; the event is there."""
    assert event_id
    database = Database.open(database_url)
    headers = make_key(database, Scope.ADMIN)
    database.dispose()
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        yield Desk(client, headers)


@contextmanager
def made(client: TestClient) -> Iterator[list[str]]:
    """Collect the statements by which answers are made, none where they are kept."""
    of_answers: list[str] = []
    with statements(client) as sent:
        yield of_answers
    of_answers += [one for one in sent if "events" in one]


def titles(answer: Response) -> list[str | None]:
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


def headers_of(answer: Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "x-request-id"}


@pytest.mark.usefixtures("event_id")
@pytest.mark.parametrize(
    "path", [PATH, "/v1/timeline?type=statement&limit=1", "/v1/cases/a-case/facets?by=type", "/v1/facets"]
)
@pytest.mark.parametrize("encodings", ["identity", "gzip", "br"])
def test_the_same_question_has_the_same_answer_unmade(client: TestClient, path: str, encodings: str) -> None:
    sent_with = {"Accept-Encoding": encodings}
    first = client.get(path, headers=sent_with)
    with made(client) as for_it:
        again = client.get(path, headers={**sent_with, "X-Request-Id": "mine"})

    assert for_it == []
    assert (again.status_code, headers_of(again)) == (200, headers_of(first))
    assert again.content == first.content
    assert again.headers["x-request-id"] == "mine"


@pytest.mark.usefixtures("event_id")
@pytest.mark.parametrize("encodings", ["identity", "gzip", "br"])
def test_an_unchanged_answer_is_a_304_like_any(database_url: str, client: TestClient, encodings: str) -> None:
    sent_with = {"Accept-Encoding": encodings}
    tag = client.get(PATH + "?limit=500", headers=sent_with).headers["etag"]
    plain = Settings(database_url=database_url, answer_cache_bytes=0)
    with TestClient(create_app(plain)) as without:
        for held in (tag, f'"other", W/{tag}', "*", '"other"'):
            asked = {**sent_with, "If-None-Match": held}
            kept, ordinary = (one.get(PATH + "?limit=500", headers=asked) for one in (client, without))
            assert (kept.status_code, headers_of(kept)) == (ordinary.status_code, headers_of(ordinary)), held
            assert kept.content == ordinary.content


def test_a_change_by_another_process_is_seen_at_once(client: TestClient, other: Desk, event_id: str) -> None:
    assert titles(client.get(PATH)) == ["As filed"]
    for number in range(5):
        other.amend(f"events/{event_id}", title=f"Wording {number}")
        assert titles(client.get(PATH)) == [f"Wording {number}"]
        assert titles(client.get(PATH)) == [f"Wording {number}"]


def test_what_is_hidden_now_is_not_given_again(client: TestClient, other: Desk, event_id: str) -> None:
    moment = client.get(PATH).json()["as_of"]
    pinned = f"{PATH}?as_of={moment}"
    tag = client.get(pinned).headers["etag"]
    assert titles(client.get(pinned)) == ["As filed"]

    other.amend(f"events/{event_id}", visibility="restricted", visibility_reason="A minor.")
    assert titles(client.get(PATH)) == []
    assert titles(client.get(pinned)) == []
    assert client.get(pinned, headers={"If-None-Match": tag}).status_code == 200


def test_a_hidden_case_is_not_given_again(client: TestClient, other: Desk) -> None:
    assert titles(client.get(PATH)) == ["As filed"]
    other.amend("cases/a-case", visibility="restricted", visibility_reason="Under seal.")
    assert client.get(PATH).status_code == 404


def test_a_redacted_name_is_not_given_again(client: TestClient, other: Desk, event_id: str) -> None:
    actor = other.make("actors", slug="a-witness", name="Secretname")["id"]
    other.amend(f"events/{event_id}", title="Secretname speaks", actors=[{"actor": actor, "role": "speaker"}])
    moment = client.get(PATH).json()["as_of"]
    paths = [PATH, f"{PATH}?as_of={moment}", "/v1/timeline?q=secretname"]
    assert all("Secretname" in client.get(path).text for path in paths)

    other.act(f"actors/{actor}", "redact", label="Witness A")
    assert not any("Secretname" in client.get(path).text for path in paths)


def test_a_past_that_did_not_change_is_made_again_the_same(
    client: TestClient, other: Desk, event_id: str
) -> None:
    moment = client.get(PATH).json()["as_of"]
    before = client.get(f"{PATH}?as_of={moment}")
    other.amend(f"events/{event_id}", title="As corrected")

    after = client.get(f"{PATH}?as_of={moment}")
    assert (after.content, headers_of(after)) == (before.content, headers_of(before))
    assert titles(client.get(PATH)) == ["As corrected"]


def test_keys_and_the_public_have_answers_of_their_own(client: TestClient, desk: Desk, event_id: str) -> None:
    desk.amend(f"events/{event_id}", visibility="restricted", visibility_reason="A minor.")
    for _ in range(3):
        assert titles(client.get(PATH)) == []
        shown = client.get(PATH, headers=desk.headers)
        assert titles(shown) == ["As filed"]
        assert shown.headers["cache-control"].startswith("private")


@pytest.mark.usefixtures("event_id")
def test_a_key_is_asked_for_on_every_request(client: TestClient, database: Database) -> None:
    key = make_key(database, Scope.READ)
    assert titles(client.get(PATH, headers=key)) == ["As filed"]
    assert client.get(PATH, headers={"Authorization": "Bearer ctl_wrong"}).status_code == 401
    assert client.get(PATH).status_code == 200
    assert client.get(PATH, headers={"Authorization": "Basic eDp5"}).status_code == 401


@pytest.mark.usefixtures("event_id")
def test_what_is_refused_is_refused_again(client: TestClient) -> None:
    titles(client.get(PATH))
    for path in (f"{PATH}?tpye=x", f"{PATH}?limit=0", f"{PATH}?after=x", "/v1/cases/nowhere/timeline"):
        first, again = client.get(path), client.get(path)
        assert first.status_code == again.status_code >= 400
        assert first.json()["code"] == again.json()["code"]
    refused = client.request("GET", PATH, content=b"{}")
    assert refused.status_code == 422
    assert client.head(PATH).content == b""
    assert client.get(PATH).content


@pytest.mark.usefixtures("event_id")
@pytest.mark.parametrize("limit", [0, 20_000])
def test_no_more_is_kept_than_the_setting_allows(database_url: str, limit: int) -> None:
    with TestClient(create_app(Settings(database_url=database_url, answer_cache_bytes=limit))) as client:
        for number in range(1, 51):
            titles(client.get(f"{PATH}?limit={number}"))
        with made(client) as for_the_last:
            titles(client.get(f"{PATH}?limit=50"))
        with made(client) as for_the_first:
            titles(client.get(f"{PATH}?limit=1"))

    assert for_the_first
    assert bool(for_the_last) is (limit == 0)
