"""Imports over HTTP: lines as written and as read, good ones and bad ones."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from app.access.keys import Scope
from app.config import Settings
from app.core.db import Database
from app.main import create_app
from tests.support.desk import Desk
from tests.support.keys import make_key, refused

Load = Callable[..., dict[str, Any]]
NDJSON = "application/x-ndjson"


@pytest.fixture
def key(database: Database) -> dict[str, str]:
    return make_key(database, Scope.IMPORT)


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    desk = Desk(client, make_key(database, Scope.WRITE))
    desk.make("cases", slug="a-case", title="A case", timezone="America/New_York")
    return desk


def send(client: TestClient, key: dict[str, str], body: bytes, query: str = "", **headers: str) -> Response:
    sent = {
        **key,
        "Content-Type": NDJSON,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return client.post(f"/v1/imports{query}", content=body, headers=sent)


@pytest.fixture
def load(client: TestClient, key: dict[str, str]) -> Load:
    """Return a function that imports lines (objects, or texts as they are) and returns the report."""

    def import_lines(*lines: object, query: str = "") -> dict[str, Any]:
        texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
        answer = send(client, key, "\n".join(texts).encode(), query)
        assert answer.status_code == 200, answer.text
        report: dict[str, Any] = answer.json()
        counts = ("created", "updated", "unchanged", "refused")
        if "atomic" not in query:
            assert report["rows"] == sum(report[name] for name in counts)
        return report

    return import_lines


def event(title: str = "They meet", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"type": "meeting", "title": title, "occurred": "2025-04-14", "cases": ["a-case"], **fields}


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["created"], report["updated"], report["unchanged"], report["refused"]


def timeline(desk: Desk, **fields: str) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    items: list[dict[str, Any]] = desk.read(f"cases/a-case/timeline?limit=500&{query}")["items"]
    return items


def errors(report: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(one["line"], one["field"], one["code"]) for one in report["errors"]]


def test_a_repeated_line_changes_nothing_and_a_changed_one_amends(desk: Desk, load: Load) -> None:
    first = load(event(external_id="e-1"), event("They part", external_id="e-2"))
    again = load(event(external_id="e-1"), event("They parted", external_id="e-2"))

    assert counts(first) == (2, 0, 0, 0)
    assert counts(again) == (0, 1, 1, 0)
    changed = next(one for one in timeline(desk) if one["external_id"] == "e-2")
    assert (changed["title"], changed["revision"]) == ("They parted", 2)
    history = desk.read(f"events/{changed['id']}/revisions")["items"]
    assert (history[-1]["kind"], history[-1]["reason"]) == ("update", f"Import run {again['id']}.")


def test_a_line_without_a_name_is_known_by_what_it_says(desk: Desk, load: Load) -> None:
    source = {"kind": "article", "title": "A report", "url": "https://example.org/1"}
    line = event(citations=[{"source": source, "quote": "as they said"}], summary="At noon.")

    assert counts(load(line, line, event("Another"))) == (2, 0, 1, 0)
    assert counts(load(line, event("Another"))) == (0, 0, 2, 0)
    assert len(desk.read("sources")["items"]) == 1


def test_what_a_line_describes_is_made_once(desk: Desk, load: Load) -> None:
    actor = {"slug": "ada", "name": "Ada", "kind": "person"}
    source = {"kind": "article", "title": "A report", "external_id": "s-1"}
    case = {"slug": "new-case", "title": "A new case", "timezone": "UTC"}
    lines = [
        event("One", cases=[case], actors=[{"actor": actor, "role": "speaker"}], external_id="1"),
        event("Two", cases=["new-case", case], actors=[{"actor": "ada", "role": "judge"}], external_id="2"),
        event("Three", cases=[case], citations=[{"source": source}, {"source": "s-1"}], external_id="3"),
        event("Four", actors=[{"actor": actor, "role": "host"}], citations=[{"source": source}]),
    ]

    assert counts(load(*lines)) == (4, 0, 0, 0)
    assert counts(load(*lines)) == (0, 0, 4, 0)
    assert [one["name"] for one in desk.read("actors")["items"]] == ["Ada"]
    assert [one["title"] for one in desk.read("cases")["items"]] == ["A case", "A new case"]
    assert len(desk.read("sources")["items"]) == 1


def test_events_as_read_come_back_unchanged(desk: Desk, load: Load) -> None:
    desk.make("actors", slug="ada", name="Ada")
    first = desk.make(
        "events",
        occurred="2025-04-14T11:45",
        actors=[{"actor": "ada", "role": "speaker"}],
        citations=[{"source": {"kind": "video", "title": "A recording"}, "occurred": "2025-04"}],
        place={"name": "A house", "country": "US"},
        details={"quote": "No."},
        tags=["b", "a"],
    )
    desk.make("events", occurred=None, relations=[{"type": "responds_to", "event": first["id"]}])
    read = timeline(desk)

    assert counts(load(*read)) == (0, 0, 2, 0)
    assert timeline(desk) == read


def test_events_as_read_make_everything_that_is_unknown(desk: Desk, load: Load) -> None:
    actor = {"slug": "ada", "name": "Ada", "kind": "person"}
    source = {"kind": "other", "title": "A report", "published": "2025-04-14"}
    first = desk.make("events", actors=[{"actor": actor, "role": "judge"}], citations=[{"source": source}])
    desk.make("events", title="Later", relations=[{"type": "cites", "event": first["id"]}])
    exported = from_elsewhere(timeline(desk))

    # The relation comes before the event that it names.
    assert counts(load(*reversed(exported))) == (2, 0, 0, 0)
    assert counts(load(*exported)) == (0, 0, 2, 0)
    found = desk.read("cases/other-case/timeline")["items"]
    assert [lasting(one) for one in found] == [lasting(one) for one in exported]


def from_elsewhere(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return events as another installation would have exported them: with other ids and slugs."""
    text = json.dumps(events).replace('"a-case"', '"other-case"').replace('"ada"', '"bob"')
    for found in set(re.findall(r"(?:evt|act|src|cas)_[0-9a-z]{12}", text)):
        text = text.replace(found, found[:-1] + ("1" if found[-1] != "1" else "2"))
    moved: list[dict[str, Any]] = json.loads(text)
    return moved


def lasting(one: dict[str, Any]) -> dict[str, Any]:
    passing = ("revision", "recorded_at", "corrections", "last_corrected_at")
    return {name: value for name, value in one.items() if name not in passing}


def test_bad_lines_are_reported_and_stop_nothing(desk: Desk, client: TestClient, key: dict[str, str]) -> None:
    long = json.dumps(event("Long", summary="x" * 1_048_600))
    good = [json.dumps(event(f"Good {number}")) for number in range(3)]
    lines = [
        "\ufeff" + good[0],
        '{"type": "meeting", ',
        "",
        json.dumps(event(occurred="2025-13")),
        json.dumps(event(type="gathering")),
        json.dumps(event(actors=[{"actor": "nobody", "role": "speaker"}], cases=["nowhere"])),
        long,
        "[1, 2]",
        good[1] + "\r",
        '{"type": "meeting", "type": "meeting"}',
        json.dumps(event(relations=[{"type": "cites", "event": "evt_000000000000"}])),
        json.dumps({**event(), "id": "evt_1"}),
        json.dumps(event(title="\ud800")),
        json.dumps(event(sequence=2**70)),
        '{"title": "\\u0000"}',
        json.dumps(event(external_id=7, wrong=True)),
        json.dumps(event(actors="nobody", citations=[3], cases={"slug": "x"})),
        "[" * 100_000,
        good[2],
    ]
    body = "\n".join(lines).encode("utf-8", "surrogatepass") + b"\n\xff\xfe\n"
    answer = send(client, key, body)
    assert answer.status_code == 200, answer.text
    report = answer.json()

    assert (report["rows"], *counts(report)) == (19, 3, 0, 0, 16)
    found = errors(report)
    assert found[:8] == [
        (2, "", "invalid-json"),
        (4, "/occurred", "invalid-date"),
        (5, "/type", "invalid-value"),
        (6, "/cases/0", "unknown-reference"),
        (6, "/actors/0/actor", "unknown-reference"),
        (7, "", "line-too-long"),
        (8, "", "invalid-json"),
        (10, "", "invalid-json"),
    ]
    assert {line for line, _, _ in found} == {2, 4, 5, 6, 7, 8, *range(10, 19), 20}
    assert (11, "/relations/0/event", "unknown-reference") in found
    assert (12, "/id", "invalid-value") in found
    assert sorted(one["title"] for one in timeline(desk)) == ["Good 0", "Good 1", "Good 2"]


def test_a_refused_line_leaves_none_of_what_it_describes(desk: Desk, load: Load) -> None:
    actor = {"slug": "ada", "name": "Ada", "kind": "person"}
    line = event(actors=[{"actor": actor, "role": "speaker"}], occurred="2025-13")
    there = event(external_id="e-1")
    load(there)

    report = load(line, {**there, **line}, event("Good"))

    assert errors(report) == [(1, "/occurred", "invalid-date"), (2, "/occurred", "invalid-date")]
    assert desk.read("actors")["items"] == []
    assert len(timeline(desk)) == 2


def test_an_atomic_import_with_a_bad_line_keeps_nothing(desk: Desk, load: Load) -> None:
    load(event(external_id="e-1"))
    lines = (event("Changed", external_id="e-1"), event("New"), event(occurred="2025-13"))
    before = timeline(desk)

    report = load(*lines, query="?mode=atomic")
    assert (report["rows"], *counts(report)) == (3, 0, 0, 0, 1)
    assert timeline(desk) == before

    assert counts(load(*lines[:2], query="?mode=atomic")) == (1, 1, 0, 0)


def test_a_dry_run_tells_what_would_be_done(desk: Desk, load: Load) -> None:
    load(event(external_id="e-1"))
    before, changes = timeline(desk), desk.read("changes")["items"]
    new = {"slug": "new-case", "title": "A new case"}

    report = load(
        event("Changed", external_id="e-1"),
        event("New", cases=[new]),
        event(cases=["nowhere"]),
        query="?dry_run=true",
    )

    assert counts(report) == (1, 1, 0, 1)
    assert timeline(desk) == before
    assert desk.read("changes")["items"] == changes


def test_events_without_a_case_belong_to_the_one_that_is_named(
    desk: Desk, client: TestClient, key: dict[str, str], load: Load
) -> None:
    line = event()
    del line["cases"]

    assert errors(load(line)) == [(1, "/cases", "invalid-value")]
    assert counts(load(line, query="?case=a-case")) == (1, 0, 0, 0)
    assert len(timeline(desk)) == 1
    answer = send(client, key, b"", "?case=nowhere")
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "case")


def test_withdrawn_and_merged_events_are_not_written_over(desk: Desk, load: Load) -> None:
    gone = desk.make("events", external_id="gone")
    merged = desk.make("events", external_id="merged")
    into = desk.make("events", external_id="into")
    desk.act(f"events/{gone['id']}", "retract")
    desk.act(f"events/{merged['id']}", "merge", into=into["id"])

    report = load(
        event(external_id="gone"),
        event(external_id="merged"),
        {**event(), "id": gone["id"]},
        event("By what it was", relations=[{"type": "cites", "event": "merged"}]),
    )

    assert errors(report) == [
        (1, "/external_id", "retracted"),
        (2, "/external_id", "merged"),
        (3, "/id", "retracted"),
    ]
    (citing,) = timeline(desk, relation="cites")
    assert citing["relations"][0]["event"]["id"] == into["id"]


def test_a_change_of_type_leaves_no_details_of_the_other(desk: Desk, load: Load) -> None:
    load(event(external_id="e-1", details={"venue": "A house"}, place={"name": "Here", "country": "US"}))
    load(event(external_id="e-1", type="statement", details={"quote": "No."}, place={"name": "There"}))

    (found,) = timeline(desk)
    assert (found["type"], found["details"]) == ("statement", {"forum": None, "quote": "No."})
    assert found["place"] == {"name": "There", "country": None, "latitude": None, "longitude": None}


def test_a_key_limited_to_a_case_imports_into_it_only(
    desk: Desk, client: TestClient, database: Database
) -> None:
    case = desk.read("cases/a-case")["id"]
    desk.make("cases", slug="other", title="Another case")
    limited = make_key(database, Scope.IMPORT, cases=[case])
    source = {"kind": "article", "title": "Of the other"}
    lines = [
        event("Mine", citations=[{"source": {"kind": "article", "title": "Of mine"}}]),
        event("Not mine", cases=["other"], citations=[{"source": source}]),
        event("New", cases=[{"slug": "new", "title": "New"}]),
    ]

    report = send(client, limited, "\n".join(map(json.dumps, lines)).encode()).json()

    assert errors(report) == [(2, "/cases", "case-not-allowed"), (3, "/cases", "case-not-allowed")]
    assert [one["title"] for one in desk.read("sources")["items"]] == ["Of mine"]


def test_only_a_key_with_the_scope_imports(client: TestClient, desk: Desk) -> None:
    refused(send(client, {}, b""), 401, "unauthorized")
    refused(send(client, desk.headers, b""), 403, "forbidden")


def test_another_media_type_is_refused(client: TestClient, key: dict[str, str]) -> None:
    refused(send(client, key, b"{}", Content_Type="application/json"), 415, "unsupported-media-type")
    assert send(client, key, b"", Content_Type="application/jsonl").status_code == 200


@pytest.mark.usefixtures("desk")
def test_a_repeated_request_is_answered_as_the_first(client: TestClient, key: dict[str, str]) -> None:
    body = json.dumps(event(external_id="e-1")).encode()
    first = send(client, key, body, Idempotency_Key="one")
    again = send(client, key, body, Idempotency_Key="one")
    other = send(client, key, body + b"\n", Idempotency_Key="one")

    assert (first.status_code, first.json()["created"]) == (200, 1)
    assert (again.content, again.headers["change-seq"]) == (first.content, first.headers["change-seq"])
    refused(other, 422, "invalid-request")
    found = client.get(f"/v1/cases/a-case/timeline?min_seq={first.headers['change-seq']}", headers=key)
    assert len(found.json()["items"]) == 1


def test_a_file_that_is_too_large_is_refused(database_url: str, database: Database) -> None:
    settings = Settings(database_url=database_url, max_import_bytes=2_000_000)
    key = make_key(database, Scope.IMPORT)
    with TestClient(create_app(settings)) as client:
        assert send(client, key, b"\n" * 2_000_000).json()["rows"] == 0
        refused(send(client, key, b"\n" * 2_000_001), 413, "body-too-large")


def test_more_lines_than_a_batch_are_one_import(desk: Desk, load: Load) -> None:
    lines = [event(f"Event {number}", external_id=f"e-{number}") for number in range(2_100)]
    lines[0]["relations"] = [{"type": "follows_from", "event": "e-2099"}]

    assert counts(load(*lines)) == (2_100, 0, 0, 0)
    assert desk.read("cases/a-case")["event_count"] == 2_100
    assert desk.read("changes/verify")["valid"]
