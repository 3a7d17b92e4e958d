"""Examples for the OpenAPI document: real questions to the example case, and its real answers.

`answers.json` holds the answers as they were given; a test asks again and compares.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from pydantic import JsonValue

from app.example.load import id_of
from app.records.vocabulary import RecordType

MEETING: Final = id_of(RecordType.EVENT, "abrego-garcia/oval-office-meeting")
RULING: Final = id_of(RecordType.EVENT, "abrego-garcia/supreme-court-ruling")
ARTICLE: Final = id_of(RecordType.SOURCE, "reuters-2025-04-14")
ALLEGATION: Final = id_of(RecordType.ALLEGATION, "abrego-garcia/deported-belong-to-gangs")
OBLIGATION: Final = id_of(RecordType.OBLIGATION, "abrego-garcia/facilitate-his-return")

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
    "/v1/cases/{case}/orders": "/v1/cases/abrego-garcia/orders?at=2025-04-15&status=affirmed",
    "/v1/obligations": "/v1/obligations?status=found_noncompliant&at=2025-04-12T12:00:00-04:00",
    "/v1/obligations/statistics": "/v1/obligations/statistics?by=court&at=2025-04-16",
    "/v1/events/{event}/thread": f"/v1/events/{RULING}/thread?relation=affirms&depth=1",
    "/v1/cases/{case}/coverage": "/v1/cases/abrego-garcia/coverage",
    "/v1/cases/{case}/allegations": "/v1/cases/abrego-garcia/allegations?standing=disputed",
    "/v1/actors/{actor}/positions": "/v1/actors/nayib-bukele/positions?limit=2",
    "/v1/allegations/{allegation}": f"/v1/allegations/{ALLEGATION}",
    "/v1/allegations/{allegation}/revisions": f"/v1/allegations/{ALLEGATION}/revisions",
    "/v1/allegations/{allegation}/revisions/{number}": f"/v1/allegations/{ALLEGATION}/revisions/1",
    "/v1/obligations/{obligation}": f"/v1/obligations/{OBLIGATION}",
    "/v1/obligations/{obligation}/revisions": f"/v1/obligations/{OBLIGATION}/revisions",
    "/v1/obligations/{obligation}/revisions/{number}": f"/v1/obligations/{OBLIGATION}/revisions/1",
    "/v1/vocabulary": "/v1/vocabulary",
    "/v1/changes": "/v1/changes?limit=2",
    "/v1/changes/verify": "/v1/changes/verify?to=10",
    "/v1/cases/{case}/diff": "/v1/cases/abrego-garcia/diff?from=2026-11-24T00:00:00Z&type=meeting",
    "/healthz": "/healthz",
    "/readyz": "/readyz",
}

# What is asked when the acts below are done; `{snapshot}` stands for what was made last.
LATER: Final[Mapping[str, str]] = {
    "/v1/corrections": "/v1/corrections?limit=2",
}

# One value of each parameter that the example case has an answer for.
PARAMETERS: Final[Mapping[str, JsonValue]] = {
    "after": "WyIwY2YyOTNlZjg0MmQ1Y2UwIiw0NCxmYWxzZSxbNDRdXQ",
    "as_of": "2026-12-01T09:00:00Z",
    "allegation": ALLEGATION,
    "date_match": "certain",
    "depth": 2,
    "event": MEETING,
    "exclude_case": ["another-case"],
    "exclude_standing": ["alleged"],
    "exclude_type": ["statement"],
    "format": "json",
    "if-none-match": '"6bf68b1aa27b40a22a1c90ea5fae55ce"',
    "include_undated": True,
    "limit": 10,
    "min_seq": 1,
    "obligation": OBLIGATION,
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


@dataclass(frozen=True, slots=True)
class Act:
    """A request that writes; `{event}` and the like in its address stand for what was made last."""

    method: str
    route: str
    body: Mapping[str, JsonValue]

    @property
    def name(self) -> str:
        """Return what its answer is filed under."""
        return f"{self.method} {self.route}"


def _why(kind: str, reason: str) -> dict[str, JsonValue]:
    return {"change": {"kind": kind, "reason": reason}}


_WITHDRAWN: Final = _why("retraction", "Recorded twice.")
_BACK: Final = _why("correction", "It was not the same after all.")
_NEW_ACTOR: Final[Mapping[str, JsonValue]] = {
    "slug": "example-court",
    "name": "United States District Court",
    "kind": "court",
}
_NEW_SOURCE: Final[Mapping[str, JsonValue]] = {
    "kind": "court_document",
    "title": "Order of 10 April 2025",
    "published": "2025-04-10",
}
_NEW_EVENT: Final[Mapping[str, JsonValue]] = {
    "type": "court_order",
    "title": "The court orders a declaration",
    "occurred": "2025-04-10",
    "cases": ["example-case"],
    "actors": [{"actor": "example-court", "role": "court"}],
    "details": {"docket": "8:25-cv-00951", "entry_number": 51},
    "citations": [{"source": {**_NEW_SOURCE, "title": "Docket entry 51"}, "locator": "p. 2"}],
}
_NEW_ALLEGATION: Final[Mapping[str, JsonValue]] = {
    "case": "example-case",
    "text": "The declaration was filed in time.",
    "positions": [{"actor": "trump-administration", "stance": "asserts", "occurred": "2025-04-11"}],
}
_NEW_OBLIGATION: Final[Mapping[str, JsonValue]] = {
    "order": "abrego-garcia/xinis-order",
    "bound": "trump-administration",
    "act": "File a declaration every day.",
    "due": "2025-04-12T17:00-04:00",
    "recurrence": "FREQ=DAILY",
}
# In this order: what is made first is changed, withdrawn and merged afterwards.
ACTS: Final[tuple[Act, ...]] = (
    Act(
        "POST",
        "/v1/cases",
        {"slug": "example-case", "title": "An example", "timezone": "America/New_York"},
    ),
    Act("PATCH", "/v1/cases/{case}", {"status": "closed", **_why("update", "The last appeal was decided.")}),
    Act("POST", "/v1/actors", _NEW_ACTOR),
    Act(
        "PATCH",
        "/v1/actors/{actor}",
        {"name": "District of Maryland", **_why("correction", "Its name was incomplete.")},
    ),
    Act("POST", "/v1/sources", _NEW_SOURCE),
    Act("PATCH", "/v1/sources/{source}", {"publisher": "PACER", **_why("update", "Found where it is.")}),
    Act("POST", "/v1/events", _NEW_EVENT),
    Act(
        "PATCH",
        "/v1/events/{event}",
        {
            "occurred": "2025-04-10T18:30-04:00",
            **_why("clarification", "The docket gives the time of filing."),
        },
    ),
    Act("POST", "/v1/allegations", _NEW_ALLEGATION),
    Act(
        "PATCH",
        "/v1/allegations/{allegation}",
        {"text": "The declaration was in time.", **_why("clarification", "Shorter.")},
    ),
    Act("POST", "/v1/obligations", _NEW_OBLIGATION),
    Act(
        "PATCH",
        "/v1/obligations/{obligation}",
        {"recurrence": "FREQ=DAILY;COUNT=30", **_why("update", "The court set an end.")},
    ),
    *(
        Act("POST", f"/v1/{many}/{{{one}}}/{verb}", why)
        for many, one in (
            ("obligations", "obligation"),
            ("allegations", "allegation"),
            ("events", "event"),
            ("actors", "actor"),
            ("sources", "source"),
            ("cases", "case"),
        )
        for verb, why in (("retract", _WITHDRAWN), ("reinstate", _BACK))
    ),
    Act(
        "POST",
        "/v1/actors/{actor}/redact",
        {"label": "The court", **_why("correction", "For the example only: courts have no such right.")},
    ),
    Act("POST", "/v1/events/{event}/merge", {"into": MEETING, **_why("correction", "The same meeting.")}),
    Act(
        "POST",
        "/v1/actors/{actor}/merge",
        {"into": "nayib-bukele", **_why("correction", "The same person.")},
    ),
    Act("POST", "/v1/sources/{source}/merge", {"into": ARTICLE, **_why("correction", "The same article.")}),
)


@lru_cache(maxsize=1)
def answers() -> dict[str, JsonValue]:
    """Return the answer of each route's question."""
    text = resources.files(__package__).joinpath("answers.json").read_text(encoding="utf-8")
    found: dict[str, JsonValue] = json.loads(text)
    return found


def add_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Give every parameter and every answer of an OpenAPI document its example; return the document."""
    acts = {act.name: act for act in ACTS}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                _add_value(parameter)
            act = acts.get(f"{method.upper()} {path}")
            if act is not None:
                for content in operation["requestBody"]["content"].values():
                    content["example"] = act.body
            name = act.name if act else path if method == "get" else None
            for status in ("200", "201"):
                content = operation["responses"].get(status, {}).get("content", {})
                if name in answers() and "application/json" in content:
                    content["application/json"]["example"] = answers()[name]
    return document


def _add_value(parameter: dict[str, Any]) -> None:
    name, schema = parameter["name"], parameter["schema"]
    if name in PARAMETERS and "example" not in parameter and not schema.get("examples"):
        if parameter["in"] == "path":
            # Filled into the form, so that *Execute* finds something.
            parameter["example"] = PARAMETERS[name]
        else:
            schema["examples"] = [PARAMETERS[name]]
