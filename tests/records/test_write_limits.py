"""What is too large, too deep or cannot be stored is refused as such; all else comes back as it was sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from tests.support.desk import Desk, changes, faults, public

# JSON, by name.
Schema: TypeAlias = dict[str, Any]
Written: TypeAlias = str | list[Any]

EVENT: Final = {"type": "statement", "title": "x", "occurred": None, "cases": ["a-case"]}
DEEP: Final = 10_000
# Fields of an open shape: what they may hold is told by the shape of the type they belong to.
OPEN: Final = {"EventPatch.details", "WebhookPatch.filter"}


@pytest.fixture(autouse=True)
def case(desk: Desk) -> str:
    made: str = desk.make("cases")["id"]
    return made


def test_a_body_that_is_too_large_is_refused(desk: Desk, client: TestClient) -> None:
    body = json.dumps({**EVENT, "summary": "x" * 1_048_576})
    answer = client.post(
        "/v1/events", content=body, headers={**desk.headers, "Content-Type": "application/json"}
    )

    faults(answer, 413)
    assert answer.json()["limit"] == 1_048_576
    assert changes(client) == 1


@pytest.mark.parametrize(
    ("kind", "field", "value", "most"),
    [
        ("cases", "title", "x", 500),
        ("cases", "summary", "x", 20_000),
        ("cases", "slug", "x", 100),
        ("actors", "name", "x", 300),
        ("actors", "aliases", ["x"], 200),
        ("sources", "publisher", "x", 300),
        ("sources", "visibility_reason", "x", 20_000),
        ("events", "external_id", "x", 300),
        ("events", "cases", ["a-case"], 200),
        ("events", "tags", ["x"], 200),
        ("events", "actors", [{"actor": {"slug": "a", "name": "a", "kind": "person"}, "role": "host"}], 200),
        ("events", "relations", [{"type": "cites", "event": "x"}], 200),
    ],
)
def test_the_longest_is_taken_and_one_more_is_refused(
    desk: Desk, kind: str, field: str, value: Written, most: int
) -> None:
    needed = EVENT if kind == "events" else {"slug": "b", "title": "b", "name": "b", "kind": "person"}
    if kind != "events":
        fields = {"cases": ("slug", "title"), "actors": ("slug", "name", "kind"), "sources": ("title",)}[kind]
        needed = {name: needed[name] for name in fields}
    if kind == "sources":
        needed = {**needed, "kind": "video"}

    assert list(faults(desk.send(kind, {**needed, field: value * (most + 1)}))) == [f"/{field}"]
    if field not in {"actors", "relations"}:
        assert desk.send(kind, {**needed, field: value * most}).status_code == 201


# What states a limit of each type: any of these sets of words.
_LIMITS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "string": (("maxLength",), ("enum",), ("const",), ("format",), ("pattern",)),
    "array": (("maxItems",),),
    "integer": (("minimum", "maximum"),),
    "number": (("minimum", "maximum"),),
    "object": (("properties",),),
}


def _shapes(document: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield every schema that a request's body may have, by its name."""
    schemas: Schema = document["components"]["schemas"]
    bodies = [
        content["schema"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    wanted, seen = json.dumps(bodies), set[str]()
    while names := {name for name in schemas if f'"#/components/schemas/{name}"' in wanted} - seen:
        seen |= names
        wanted = json.dumps([schemas[name] for name in names])
        yield from ((name, schemas[name]) for name in sorted(names))


def _unlimited(schema: Schema, where: str) -> Iterator[str]:
    """Yield where a text, a list, an object or a number may be of any size."""
    needed = _LIMITS.get(schema.get("type", ""), ())
    if needed and where not in OPEN and not any(set(words) <= schema.keys() for words in needed):
        yield where
    for name, one in schema.get("properties", {}).items():
        yield from _unlimited(one, f"{where}.{name}")
    inner = [schema["items"]] if "items" in schema else []
    for one in [*inner, *(one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, []))]:
        yield from _unlimited(one, where)


def test_the_schema_states_a_limit_of_every_text_list_and_number_that_is_written(client: TestClient) -> None:
    found = dict(_shapes(client.get("/openapi.json").json()))

    assert {"EventPatch", "StatementIn", "MeetingDetails", "ChangeIn", "CitationIn", "CasePatch"} <= set(
        found
    )
    assert [place for name, schema in found.items() for place in _unlimited(schema, name)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('"sequence": 9223372036854775808', "/sequence"),
        ('"sequence": -9223372036854775809', "/sequence"),
        (f'"sequence": {"9" * 5_000}', ""),
        ('"sequence": 1e400', None),
        ('"sequence": 1.5', "/sequence"),
        ('"sequence": "5"', "/sequence"),
        ('"sequence": true', "/sequence"),
        ('"place": {"latitude": "38.9"}', "/place/latitude"),
        ('"type": "deportation", "details": {"people_count": "9"}', "/details/people_count"),
        ('"type": "court_order", "details": {"entry_number": true}', "/details/entry_number"),
        ('"details": {"people_count": 9223372036854775808}, "type": "deportation"', None),
        ('"place": {"latitude": NaN}', ""),
        ('"place": {"latitude": Infinity}', ""),
        ('"place": {"longitude": -Infinity}', ""),
        ('"place": {"latitude": 1e400}', "/place/latitude"),
        ('"details": {"forum": NaN}', ""),
        ('"summary": "a\\u0000b"', "/summary"),
        ('"summary": "\\ud800"', "/summary"),
        ('"summary": "\\udc00\\ud800"', "/summary"),
        ('"details": {"quote": "\\ud800"}', "/details/quote"),
        ('"external_id": "\\ud800"', "/external_id"),
        ('"\\ud800": 1', None),
        ('"a\\u0000": 1', "/a\0"),
        ('"cases": ["\\ud800"]', "/cases/0"),
        ('"title": "\\u0000"', None),
        ('"title": "x", "title": "y"', ""),
        ('"place": {"country": "US", "country": "SV"}', ""),
        ('"details": ' + "[" * DEEP + "]" * DEEP, ""),
        ('"details": {"forum": ' + "[" * 900 + "]" * 900 + "}", None),
        ('"details": ' + '{"a":' * 900 + "1" + "}" * 900, None),
        ('"details": ' + '{"a":' * 200 + "1" + "}" * 200, None),
        ('"cases": ' + "[" * 300 + "]" * 300, None),
        ('"summary": "' + "x" * 10, ""),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_no_database_holds_is_refused(
    desk: Desk, client: TestClient, text: str, name: str | None, method: str
) -> None:
    path = "events" if method == "POST" else f"events/{desk.make('events')['id']}"
    before = changes(client)
    about = EVENT if method == "POST" else {"change": {"kind": "update", "reason": "x"}}
    needed = json.dumps({key: value for key, value in about.items() if f'"{key}":' not in text})[1:-1]

    answer = client.request(
        method,
        f"/v1/{path}",
        content=f"{{{needed}, {text}}}".encode(),
        headers={**desk.headers, "Content-Type": "application/json", "If-Match": "*"},
    )

    told = faults(answer)
    if name is not None:
        assert name in told
    assert changes(client) == before


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32-le", "latin-1"])
def test_a_body_that_is_not_utf_8_is_refused(desk: Desk, client: TestClient, encoding: str) -> None:
    def send(encoded: bytes) -> Response:
        headers = {**desk.headers, "Content-Type": "application/json"}
        return client.post("/v1/events", content=encoded, headers=headers)

    text = json.dumps({**EVENT, "title": "Ábrego"}, ensure_ascii=False)

    assert faults(send(text.encode(encoding))).keys() == {""}
    assert send(text.encode()).json()["title"] == "Ábrego"


def test_naughty_texts_come_back_as_they_were_sent_or_are_refused(
    desk: Desk, client: TestClient, shared: Path
) -> None:
    texts: list[str] = json.loads((shared / "vectors" / "blns.json").read_text(encoding="utf-8"))
    assert len(texts) == 515
    refused: list[str] = []
    taken = 0

    for n, text in enumerate(texts):
        for kind, fields in (
            ("events", {"title": text, "summary": text, "details": {"quote": text}}),
            ("actors", {"slug": f"a-{n}", "name": text, "aliases": [text]}),
        ):
            body = {**(EVENT if kind == "events" else {"kind": "person"}), **fields}
            answer = desk.send(kind, body)
            if answer.status_code != 201:
                assert set(faults(answer)) <= {"/title", "/name", "/aliases/0"}
                refused.append(text)
                continue
            taken += 1
            read = public(client, f"{kind}/{answer.json()['id']}")
            assert {name: read[name] for name in fields if name != "details"} == {
                name: value for name, value in fields.items() if name != "details"
            }
            assert kind == "actors" or read["details"]["quote"] == text

    # An empty title, and those with blanks around them, which would be lost to the eye.
    assert [text for text in refused if text and text == text.strip()] == []
    assert taken > 990
    assert client.get("/v1/timeline?limit=500").status_code == 200
    assert client.get("/v1/actors?limit=500").status_code == 200
