"""What the public may not see is not found by any question."""

from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.editing import change, make_actor, make_case, make_event, make_source


def found(client: TestClient, query: str) -> int:
    """Return how many events the public finds."""
    answer = client.get(f"/v1/timeline?{query}")
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"])


def test_a_case_of_which_only_the_existence_is_shown_has_no_timeline(
    database: Database, client: TestClient
) -> None:
    case = make_case(database, "hidden-case", visibility="existence_only")
    make_event(database, "2025", "hidden-case")

    for route in ("timeline", "facets"):
        for reference in (case, "hidden-case"):
            assert client.get(f"/v1/cases/{reference}/{route}").status_code == 404
    assert found(client, "") == 0


def test_the_quote_of_a_hidden_source_is_not_searched(database: Database, client: TestClient) -> None:
    make_case(database)
    source = make_source(database, "A leak", visibility="restricted")
    make_event(database, "2025", citations=[{"source": source, "quote": "the canary sings"}])

    assert (found(client, "q=canary"), found(client, "q=-canary")) == (0, 1)

    change(database, source, visibility="public")
    assert (found(client, "q=canary"), found(client, "q=-canary")) == (1, 0)

    change(database, source, visibility="existence_only")
    assert (found(client, "q=canary"), found(client, "q=-canary")) == (0, 1)


def test_a_hidden_actor_is_in_no_filter_count_or_search(database: Database, client: TestClient) -> None:
    make_case(database)
    make_actor(database, "the-canary", visibility="restricted")
    make_event(database, "2025", actors=[{"actor": "the-canary", "role": "judge"}])

    assert (found(client, "q=canary"), found(client, "role=judge")) == (0, 0)
    assert client.get("/v1/timeline?actor=the-canary").status_code == 422
    assert client.get("/v1/cases?actor=the-canary").status_code == 422
    facets = client.get("/v1/facets?by=actor&by=role").json()["facets"]
    assert [facet["values"] for facet in facets] == [[], []]
    assert "canary" not in client.get("/v1/timeline").text


def test_a_stub_shows_that_it_exists_and_when(database: Database, client: TestClient) -> None:
    make_case(database)
    make_event(
        database, "2025", visibility="existence_only", visibility_reason="Under seal.", tags=["canary"]
    )

    (stub,) = client.get("/v1/timeline").json()["items"]
    assert (stub["title"], stub["tags"], stub["visibility_reason"]) == (None, [], "Under seal.")
    assert stub["occurred"]["edtf"] == "2025"
    answer = client.get("/v1/timeline?tag=canary").json()
    assert (answer["items"], answer["excluded"]) == ([], 1)


def test_the_count_of_a_role_is_of_the_actor_asked_for(database: Database, client: TestClient) -> None:
    make_case(database)
    make_actor(database, "one")
    make_actor(database, "two")
    make_event(
        database,
        "2025",
        actors=[{"actor": "one", "role": "judge"}, {"actor": "two", "role": "speaker"}],
    )

    (facet,) = client.get("/v1/facets?by=role&actor=one").json()["facets"]
    assert [(value["value"], value["count"]) for value in facet["values"]] == [("judge", 1)]


def test_a_zone_that_is_none_is_refused_without_a_window_too(client: TestClient) -> None:
    for route in ("timeline", "facets?by=year&"):
        answer = client.get(f"/v1/{route}{'' if '?' in route else '?'}timezone=Mars")
        assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "timezone")


def test_an_answer_from_before_the_first_change_is_of_the_moment_asked(client: TestClient) -> None:
    answer = client.get("/v1/timeline?as_of=2000-01-01T00:00:00Z").json()

    assert (answer["items"], answer["as_of"]) == ([], "2000-01-01T00:00:00.000000Z")
    assert client.get("/v1/timeline?as_of=946684800").status_code == 422
