"""Examples for the OpenAPI document: real questions to the example case, and its real answers.

`answers.json` holds the answers as they were given; a test asks again and compares.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from pydantic import JsonValue

from app.example.load import id_of
from app.records.vocabulary import RecordType

MEETING: Final = id_of(RecordType.EVENT, "abrego-garcia/oval-office-meeting")
ARTICLE: Final = id_of(RecordType.SOURCE, "reuters-2025-04-14")

# What is asked for the example of each route's answer.
QUESTIONS: Final[Mapping[str, str]] = {
    "/v1/cases/{case}/timeline": "/v1/cases/abrego-garcia/timeline?type=meeting&since=2025-04-14",
    "/v1/timeline": "/v1/timeline?actor=nayib-bukele&type=meeting",
    "/v1/cases/{case}/facets": "/v1/cases/abrego-garcia/facets?by=standing&by=year",
    "/v1/facets": "/v1/facets?by=type&by=year",
    "/v1/cases": "/v1/cases?actor=nayib-bukele",
    "/v1/cases/{case}": "/v1/cases/abrego-garcia",
    "/v1/actors": "/v1/actors?limit=2",
    "/v1/actors/{actor}": "/v1/actors/nayib-bukele",
    "/v1/sources": "/v1/sources?publisher=Reuters",
    "/v1/sources/{source}": f"/v1/sources/{ARTICLE}",
    "/v1/events/{event}": f"/v1/events/{MEETING}",
    "/v1/events/{event}/revisions": f"/v1/events/{MEETING}/revisions",
    "/v1/events/{event}/revisions/{number}": f"/v1/events/{MEETING}/revisions/1",
    "/v1/vocabulary": "/v1/vocabulary",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
}

# One value of each parameter that the example case has an answer for.
PARAMETERS: Final[Mapping[str, JsonValue]] = {
    "after": "WyIwY2YyOTNlZjg0MmQ1Y2UwIiw0NCxmYWxzZSxbNDRdXQ",
    "as_of": "2026-12-01T09:00:00Z",
    "date_match": "certain",
    "event": MEETING,
    "exclude_case": ["another-case"],
    "exclude_standing": ["alleged"],
    "exclude_type": ["statement"],
    "format": "json",
    "if-none-match": '"6bf68b1aa27b40a22a1c90ea5fae55ce"',
    "include_undated": True,
    "limit": 10,
    "min_seq": 1,
    "order": "-occurred",
    "q": "Bukele",
    "role": ["speaker"],
    "source": ARTICLE,
    "status": ["open"],
    "tag": ["due-process"],
    "actor": ["nayib-bukele"],
    "total": "exact",
    "unanswered": True,
}


@lru_cache(maxsize=1)
def answers() -> dict[str, JsonValue]:
    """Return the answer of each route's question."""
    text = resources.files(__package__).joinpath("answers.json").read_text(encoding="utf-8")
    found: dict[str, JsonValue] = json.loads(text)
    return found


def add_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Give every parameter and every answer of an OpenAPI document its example; return the document."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                _add_value(parameter)
            content = operation["responses"].get("200", {}).get("content", {})
            if path in QUESTIONS and "application/json" in content:
                content["application/json"]["example"] = answers()[path]
    return document


def _add_value(parameter: dict[str, Any]) -> None:
    name, schema = parameter["name"], parameter["schema"]
    if name in PARAMETERS and "example" not in parameter and not schema.get("examples"):
        if parameter["in"] == "path":
            # Filled into the form, so that *Execute* finds something.
            parameter["example"] = PARAMETERS[name]
        else:
            schema["examples"] = [PARAMETERS[name]]
