"""What every error of the application has, and the register of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import ClassVar, Literal, NamedTuple, Self

Where = Literal["query", "path", "header", "body"]
Json = str | int | bool | None | list["Json"] | dict[str, "Json"]


class Problem(NamedTuple):
    """What the page of one problem code says."""

    status: int
    title: str
    description: str


# Filled by the classes themselves, so that no code can exist without its page.
PROBLEMS: dict[str, Problem] = {}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with a request.

    `name` is the parameter, or a JSON pointer into the body (empty for all of it).
    What the client sent is never repeated in `message` by itself: it may be a secret.
    """

    where: Where
    name: str
    message: str
    allowed: tuple[str, ...] | None = None
    did_you_mean: str | None = None
    # What the report of an import calls it; problem documents have one code for all of a request.
    code: str = "invalid-value"

    def as_json(self) -> dict[str, Json]:
        """Return the member of `errors` it becomes."""
        shown: dict[str, Json] = {"in": self.where, "name": self.name, "message": self.message}
        if self.allowed is not None:
            shown["allowed"] = list(self.allowed)
        if self.did_you_mean is not None:
            shown["did_you_mean"] = self.did_you_mean
        return shown


class AppError(Exception):
    """Anything that is answered with a problem document; raise one of the classes below it.

    A class fixes `status`, `code` and `title`; its docstring is what the page of
    the code says, so it addresses the client.  `headers` and `members` are what
    its answer has beside the usual.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Json] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers: Mapping[str, str] = headers or {}
        self.members: Mapping[str, Json] = members or {}

    def __init_subclass__(cls) -> None:
        # Codes are a promise to clients: two meanings for one would break it.
        if cls.code in PROBLEMS:
            raise TypeError(f"The problem code {cls.code!r} is taken.")
        PROBLEMS[cls.code] = Problem(cls.status, cls.title, cleandoc(cls.__doc__ or ""))

    @classmethod
    def example(cls) -> Self:
        """Return one such error for the documentation; every class gives its own."""
        raise NotImplementedError(cls.__name__)
