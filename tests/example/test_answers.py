"""The examples of the OpenAPI document are what the example case really answers."""

import json
import re

from pydantic import JsonValue
from starlette.testclient import TestClient

from app.core.db import Database
from app.example.answers import answers
from tests.support.answers import ask_all

# When the example was loaded and by what, and what was told apart by chance.
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\d\.\d{6}Z")
CHANCE = re.compile(
    r"(evt|act|cas|src|key|alg|obl)_[0-9a-hjkmnp-tv-z]{12}|[0-9a-f]{32,64}|(?<=\"epoch\": \")[0-9a-f]{8}"
)
ENGINE = re.compile(r"(SQLite|PostgreSQL) [^\"]+")


def without_moments(answer: JsonValue) -> JsonValue:
    """Return an answer with every moment of recording, and the engine's version, made the same."""
    text = json.dumps(answer, ensure_ascii=False)
    plain: JsonValue = json.loads(ENGINE.sub("an engine", MOMENT.sub("a moment", CHANCE.sub("an id", text))))
    return plain


def test_every_example_is_answered_so(database: Database, client: TestClient) -> None:
    given = ask_all(database, client)
    # Where a name may remain depends on the engine.
    for one in (given, answers()):
        redaction = one["POST /v1/actors/{actor}/redact"]
        assert isinstance(redaction, dict)
        redaction.update(found_in_file=None, remains=[])

    assert given.keys() == answers().keys()
    for name, answer in given.items():
        assert without_moments(answer) == without_moments(answers()[name]), name


def test_every_parameter_and_every_answer_has_an_example(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    bare = [
        (path, parameter["name"])
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if not {"example", "examples"} & {*parameter, *parameter["schema"]}
    ]
    silent = [
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for status in ("200", "201")
        if (content := operation["responses"].get(status, {}).get("content", {}).get("application/json"))
        and not {"example", "examples"} & content.keys()
    ]
    assert (bare, silent) == ([], [])
