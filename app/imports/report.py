"""What came of an import, line by line where a line was refused."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from app.core.errors import FieldProblem, Json

# What a report lists: more would be read by nobody, and must not fill the memory.
MOST_ERRORS: Final = 10_000
# What is wrong with one line, at the most.
MOST_ERRORS_A_LINE: Final = 20


@dataclass(frozen=True, slots=True)
class LineError:
    """One thing that is wrong with a line; `field` is a JSON pointer, empty for all of the line."""

    line: int
    field: str
    code: str
    message: str

    def as_json(self) -> dict[str, Json]:
        """Return the entry of the report's `errors`."""
        return {"line": self.line, "field": self.field, "code": self.code, "message": self.message}


@dataclass(slots=True)
class Report:
    """The counts of an import so far: `rows` is the sum of the four below it, once it is over."""

    id: str
    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    # The newest change it made, in the numbering of the log.
    seq: int | None = None
    errors: list[LineError] = field(default_factory=list)

    def refuse(self, line: int, problems: Iterable[FieldProblem]) -> None:
        """Note why a line was refused."""
        self.refused += 1
        for problem in tuple(problems)[:MOST_ERRORS_A_LINE]:
            if len(self.errors) < MOST_ERRORS:
                self.errors.append(LineError(line, problem.name, problem.code, problem.message))

    def keep_nothing(self) -> None:
        """Note that what was done was undone."""
        self.created = self.updated = 0
        self.seq = None

    def as_json(self) -> dict[str, Json]:
        """Return the report as it is answered."""
        errors = sorted(self.errors, key=lambda error: error.line)
        return {
            "id": self.id,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "errors": [error.as_json() for error in errors],
        }
