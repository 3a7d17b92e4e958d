"""The examples of the OpenAPI document are what the example case really answers."""

import json
import re

from pydantic import JsonValue
from starlette.testclient import TestClient

from app.core.db import Database
from app.example.answers import QUESTIONS, answers
from app.example.load import load_example

# When the example was loaded, and what that loading was told apart by.
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d(:|%3A)\d\d(:|%3A)\d\d\.\d{6}Z")
ENGINE = re.compile(r"(SQLite|PostgreSQL) [^\"]+")


def without_moments(answer: JsonValue) -> JsonValue:
    """Return an answer with every moment of recording, and the engine's version, made the same."""
    text = json.dumps(answer, ensure_ascii=False)
    plain: JsonValue = json.loads(ENGINE.sub("an engine", MOMENT.sub("a moment", text)))
    return plain


def test_every_example_is_answered_so(database: Database, client: TestClient) -> None:
    load_example(database)

    for path, question in QUESTIONS.items():
        given = client.get(question)
        assert (path, given.status_code) == (path, 200)
        assert without_moments(given.json()) == without_moments(answers()[path]), path


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
        if "200" in operation["responses"]
        and "example" not in operation["responses"]["200"]["content"].get("application/json", {})
    ]
    assert (bare, silent) == ([], [])
