"""The feed names every case whose answers a change alters, of the past too."""

from starlette.testclient import TestClient

from app.core.db import Database
from tests.support.editing import change, make_case, make_event


def test_hiding_an_event_is_told_to_the_case_that_it_left(database: Database, client: TestClient) -> None:
    left, entered = make_case(database, "left"), make_case(database, "entered")
    event = make_event(database, "2025", "left")
    change(database, event, cases=["entered"])
    before = client.get("/v1/changes").json()["high_watermark"]

    change(database, event, visibility="restricted")

    for case in (left, entered):
        rows = client.get(f"/v1/changes?after={before}&case={case}").json()["items"]
        assert [row["seq"] for row in rows] == [before + 1], case
