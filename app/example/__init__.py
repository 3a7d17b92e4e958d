"""The example cases as data: the removal of Kilmar Abrego Garcia, as reported, and its docket.

What happened is told in the first from one Reuters report, whose headline and address are
not recorded: the source's title describes it.  Docket numbers, the court that
Judge Xinis sits in and the coordinates of the White House are not in the
report, which is of 14 April 2025.  A date is as uncertain as the report leaves it.

The second, the docket up to 15 April 2025, shows orders and deadlines.  It is told from
the orders where they could be had, and else from what was published of them.  Where the
hour of a filing is not reported it is bounded by what is, and its summary says by what.

`standing` is the editor's: public acts that nobody in the report disputes are
`established`, what rests on the report alone is `reported`, and what one side
says of another is `alleged` or `disputed` and told as that side's word.

Records are written as `POST /v1/…` takes them.  Cases and actors are named by
slug, all others by `external_id`.  An event's relations name events
that stand before it in the file, so that the order of the file is an order to
load it in.
"""

from dataclasses import dataclass
from importlib import resources
from typing import ClassVar, TypeAlias

from pydantic import ConfigDict, JsonValue, TypeAdapter

JsonObject: TypeAlias = dict[str, JsonValue]

FILES = ("abrego-garcia.json", "abrego-garcia-docket.json")


@dataclass(frozen=True, slots=True)
class ExampleDocument:
    """One case with every record it needs, in an order in which they can be written."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    case: JsonObject
    actors: tuple[JsonObject, ...]
    sources: tuple[JsonObject, ...]
    events: tuple[JsonObject, ...]
    allegations: tuple[JsonObject, ...] = ()
    obligations: tuple[JsonObject, ...] = ()


def load_documents() -> tuple[ExampleDocument, ...]:
    """Return the example's documents, one for each case, as they are shipped."""
    reader = TypeAdapter(ExampleDocument)
    folder = resources.files(__name__)
    return tuple(reader.validate_json((folder / name).read_bytes()) for name in FILES)
