"""The ways to be answered: each server, how it is asked, and which events its answer holds."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import httpx2

from tests.benchmarks import questions
from tests.benchmarks.questions import Question
from tests.benchmarks.servers import BenchmarkError, Running

# What an answer says, in a form that is the same for all servers that say the same.
Said: TypeAlias = list[str]
CHECKED: Final = 40
CHECKED_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Way:
    """A server, and how to talk with it."""

    name: str
    server: str
    translate: Callable[[Question], str]
    read: Callable[[Any], Said]


def _our_ids(answer: Any) -> Said:  # noqa: ANN401 - JSON
    return [event["id"] for event in answer["items"]]


def _our_counts(answer: Any) -> Said:  # noqa: ANN401 - JSON
    return sorted(
        f"{facet['by']} {value['value']}: {value['count']}"
        for facet in answer["facets"]
        for value in facet["values"]
    )


def _row_ids(answer: Any) -> Said:  # noqa: ANN401 - JSON
    at = answer["columns"].index("id")
    return [row[at] for row in answer["rows"]]


def _row_counts(answer: Any) -> Said:  # noqa: ANN401 - JSON
    return sorted(
        f"{facet['name']} {value['value']}: {value['count']}"
        for facet in answer["facet_results"].values()
        for value in facet["results"]
    )


OURS: Final = Way("ours", "ours", questions.ours, _our_ids)
LIMIT: Final = Way("limit", "limit", questions.ours, _our_ids)
TABLE: Final = Way("Datasette", "Datasette", questions.table, _row_ids)
CANNED: Final = Way(
    "Datasette, SQL", "Datasette", questions.canned, lambda answer: [row["id"] for row in answer]
)
DRF: Final = Way("DRF", "DRF", questions.django, lambda answer: [row["id"] for row in answer["results"]])
OUR_FACETS: Final = Way("ours", "ours", questions.ours, _our_counts)
FACETS: Final = Way("Datasette", "Datasette", questions.table, _row_counts)


def agree(ways: Sequence[Way], servers: dict[str, Running], asked: Iterable[Question]) -> int:
    """Hold all servers to answer alike; return how many events or counts that was.

    As many questions as `asked` has, or as are answered in `CHECKED_S`.
    """
    held, end = 0, time.monotonic() + CHECKED_S
    for question in asked:
        if held and time.monotonic() > end:
            break
        said = {way.name: way.read(get(servers[way.server].url + way.translate(question))) for way in ways}
        first = said[ways[0].name]
        for name, other in said.items():
            if other != first:
                raise BenchmarkError(
                    f"{ways[0].name} and {name} answer {question} differently: {first} and {other}"
                )
        held += len(first)
    if not held:
        raise BenchmarkError("Nobody finds anything.")
    return held


def get(url: str) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON at an address."""
    return httpx2.get(url, timeout=600).raise_for_status().json()
