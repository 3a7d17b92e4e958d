"""What Pydantic says about a request, in the words of a problem document.

`input` is never passed on: it may be a secret, and it may be a megabyte.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Final, TypeAlias, TypedDict, cast

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from app.core.errors import FieldProblem, InvalidRequestError, Where

# An answer to a body of ten thousand mistakes need not list them all.
MOST_PROBLEMS: Final = 100

# Whatever a request can carry, once parsed.
Sent: TypeAlias = object
Location: TypeAlias = tuple[str | int, ...]


class _Complaint(TypedDict, total=False):
    """One entry of what Pydantic found."""

    type: str
    loc: Location
    msg: str
    input: Sent
    ctx: Mapping[str, Sent]


_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")
_WHERE: Final[Mapping[str, Where]] = {"query": "query", "path": "path", "header": "header", "body": "body"}
_WORDS: Final[Mapping[str, str]] = {
    "missing": "This is required.",
    "union_tag_not_found": "This is required.",
    "extra_forbidden": "There is no such field.",
    "bool_parsing": "This must be true or false.",
    "model_attributes_type": "This must be an object.",
}


def suggest(wrong: str, known: Iterable[str]) -> str | None:
    """Return the known name that `wrong` was probably meant to be, or `None`."""
    # A long name is never a slip of the pen, and comparing it takes quadratic time.
    if len(wrong) > 100:  # noqa: PLR2004
        return None
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(wrong.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def invalid_request(error: RequestValidationError) -> InvalidRequestError:
    """Return what to answer to a request that FastAPI could not convert."""
    complaints = cast("Sequence[_Complaint]", error.errors())
    return InvalidRequestError(
        tuple(_field_problem(complaint, error.body) for complaint in complaints[:MOST_PROBLEMS])
    )


def invalid_body(error: ValidationError, body: Sent) -> InvalidRequestError:
    """Return what to answer where what would be stored, `body`, is not as it must be."""
    complaints = cast("Sequence[_Complaint]", error.errors(include_url=False))
    return InvalidRequestError(
        tuple(
            _field_problem({**complaint, "loc": ("body", *complaint["loc"])}, body)
            for complaint in complaints[:MOST_PROBLEMS]
        )
    )


def _field_problem(complaint: _Complaint, body: Sent) -> FieldProblem:
    kind, location = complaint["type"], complaint["loc"]
    context = complaint.get("ctx", {})
    where = _WHERE.get(str(location[0]), "body")
    if kind == "json_invalid":
        message = f"This is not JSON: {context.get('error')} at character {location[-1]}."
        return FieldProblem(where=where, name="", message=message)
    allowed = _allowed(kind, context)
    return FieldProblem(
        where=where,
        name=_pointer(kind, location[1:], body) + _tag_token(kind, context)
        if where == "body"
        else str(location[-1 if len(location) == 1 else 1]),
        message=_message(complaint, allowed),
        allowed=allowed,
        did_you_mean=_meant(complaint, allowed),
    )


def _message(complaint: _Complaint, allowed: tuple[str, ...] | None) -> str:
    kind = complaint["type"]
    if kind in _WORDS:
        return _WORDS[kind]
    # Pydantic's own text repeats what was sent here.
    if kind == "union_tag_invalid" and allowed is not None:
        return f"This must be one of {', '.join(allowed)}."
    text = complaint["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _allowed(kind: str, context: Mapping[str, Sent]) -> tuple[str, ...] | None:
    given = context.get("allowed")
    if isinstance(given, list | tuple):
        return tuple(map(str, given))
    match kind:
        case "literal_error" | "enum":
            return tuple(_QUOTED.findall(str(context.get("expected", "")))) or None
        case "union_tag_invalid":
            return tuple(_QUOTED.findall(str(context.get("expected_tags", "")))) or None
        case "bool_parsing":
            return ("true", "false")
        case _:
            return None


def _meant(complaint: _Complaint, allowed: tuple[str, ...] | None) -> str | None:
    context = complaint.get("ctx", {})
    given = context.get("did_you_mean")
    if isinstance(given, str):
        return given
    sent = complaint.get("input")
    if complaint["type"] == "union_tag_invalid":
        sent = context.get("tag")
    return suggest(sent, allowed) if allowed and isinstance(sent, str) else None


def _pointer(kind: str, location: Location, body: Sent) -> str:
    """Return the JSON pointer of a location, without the names of union members Pydantic puts in."""
    tokens: list[str] = []
    current = body
    for index, part in enumerate(location):
        if isinstance(part, str) and isinstance(current, dict) and part not in current:
            is_absent_field = index == len(location) - 1 and kind in {"missing", "extra_forbidden"}
            if not is_absent_field:
                continue
        if isinstance(part, str) and isinstance(current, str | int | float | list | None):
            continue
        tokens.append(str(part).replace("~", "~0").replace("/", "~1"))
        current = _step(current, part)
    return "".join(f"/{token}" for token in tokens)


def _tag_token(kind: str, context: Mapping[str, Sent]) -> str:
    """Return the rest of the pointer where Pydantic names the object, not its field that tells its kind."""
    if kind not in {"union_tag_invalid", "union_tag_not_found"}:
        return ""
    named = _QUOTED.findall(str(context.get("discriminator", "")))
    return f"/{named[0]}" if named else ""


def _step(current: Sent, part: str | int) -> Sent:
    if isinstance(current, dict):
        return cast("Sent", current.get(part))
    if isinstance(current, list) and isinstance(part, int) and part < len(current):
        return cast("Sent", current[part])
    if isinstance(current, BaseModel):
        return cast("Sent", getattr(current, str(part), None))
    return None
