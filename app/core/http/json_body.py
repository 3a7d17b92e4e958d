"""Reads JSON as RFC 8259 means it: what another reader may take otherwise is refused."""

import json
from typing import Final, NoReturn

from app.core.errors import FieldProblem, InvalidRequestError

_TOO_DEEP: Final = "This is nested too deeply."
_UNREADABLE: Final = "The body could not be read."


def parse_json(body: bytes) -> object:
    """Return what the body says; `InvalidRequestError` for what is not JSON, or is not clear.

    An object that names one member twice says two things, and `NaN` is no number.
    """
    try:
        # Decoded here, or UTF-16 and UTF-32 would be taken as well.
        text = body.decode("utf-8-sig")
        parsed: object = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise _refused("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise _refused(f"This is not JSON: {error.msg} at character {error.pos}.") from error
    except RecursionError as error:
        raise _refused(_TOO_DEEP) from error
    except ValueError as error:
        # A number of thousands of digits.
        raise _refused(_UNREADABLE) from error
    return parsed


def _object(members: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(members)
    if len(made) != len(members):
        raise _refused("An object names one member twice.")
    return made


def _constant(name: str) -> NoReturn:
    raise _refused(f"This is not JSON: {name} is no number.")


def _refused(message: str) -> InvalidRequestError:
    return InvalidRequestError((FieldProblem("body", "", message),))
