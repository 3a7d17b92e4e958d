"""What an import answers."""

from typing import Final

from pydantic import Field, JsonValue

from app.records.schemas.common import Read


class LineErrorOut(Read):
    """One thing that is wrong with a line."""

    line: int = Field(description="The number of the line in the file, from 1.", examples=[3])
    field: str = Field(
        description="A JSON pointer into the line; empty for all of it.", examples=["/actors/0/actor"]
    )
    code: str = Field(
        description="`invalid-json`, `line-too-long`, `invalid-value`, `invalid-date`, `invalid-time-zone`, "
        "`unknown-reference`, `taken`, `retracted`, `merged` or `case-not-allowed`.",
        examples=["unknown-reference"],
    )
    message: str = Field(description="What is wrong, for a person.")


class ImportOut(Read):
    """What came of an import."""

    id: str = Field(description="The import run, which the reason of every change it made names.")
    rows: int = Field(description="How many lines there were, blank ones left out.")
    created: int
    updated: int
    unchanged: int = Field(description="Lines that say what is recorded already.")
    refused: int
    errors: list[LineErrorOut] = Field(
        description="What is wrong with the lines that were refused, the first 10,000 of it."
    )


EXAMPLE: Final[dict[str, JsonValue]] = {
    "id": "imp_7k3mq9xw2h0d",
    "rows": 120,
    "created": 117,
    "updated": 1,
    "unchanged": 1,
    "refused": 1,
    "errors": [
        {
            "line": 3,
            "field": "/actors/0/actor",
            "code": "unknown-reference",
            "message": "There is no actor 'paula-xinis'.",
        }
    ],
}
