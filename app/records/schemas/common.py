"""Field types that `written` and `read` share.

Whatever a database cannot hold is refused here, at the edge.
"""

import re
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
)

TITLE_LENGTH: Final = 500
TEXT_LENGTH: Final = 20_000
NAME_LENGTH: Final = 300
LIST_LENGTH: Final = 200


def storable(value: str) -> str:
    """Return a text that both databases can hold; `ValueError` for one that they cannot."""
    if "\x00" in value:
        raise ValueError("A text cannot hold the character U+0000.")
    return value


def _one_line(value: str) -> str:
    if value != value.strip():
        raise ValueError("Blanks around it are not kept: leave them out.")
    return value


PlainText = Annotated[str, StringConstraints(max_length=TEXT_LENGTH), AfterValidator(storable)]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=TITLE_LENGTH),
    AfterValidator(storable),
    AfterValidator(_one_line),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=NAME_LENGTH),
    AfterValidator(storable),
    AfterValidator(_one_line),
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
# Where a record is named: its id, its slug, or the id another system gave it.
Reference = Name
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Url = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[^\s\x00]+$", max_length=2_000),
]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
DateText = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# Half of what a database's integer holds, so that sums and negations of it still fit.
# Strict, as all numbers that are written: neither `true` nor `"1"` is taken for 1.
Sequence = Annotated[int, Field(strict=True, ge=-(2**31), le=2**31)]
# Not strict: query parameters are texts.
Count = Annotated[int, Field(ge=0, le=2**53)]


def _written_out(value: object) -> object:
    # Numbers are moments to the parser; to a reader they are a guess.
    if isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("A moment is written as RFC 3339 says, with its offset: 2025-04-14T12:00:00Z.")
    return value


RecordedMoment = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class Written(BaseModel):
    """What a client sends: an unknown field is refused, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=False, allow_inf_nan=False)


class Read(BaseModel):
    """What a client gets: every key is always present."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


def _form(value: object) -> str:
    return "text" if isinstance(value, str) else "object"


# Tells a text from an object, for what may be either: only the faults of the one meant are told.
TEXT_OR_OBJECT: Final = Discriminator(_form)


class Place(Written):
    """Where it happened."""

    name: Name | None = Field(default=None, examples=["Oval Office, White House, Washington, DC"])
    country: CountryCode | None = Field(
        default=None, description="ISO 3166-1 alpha-2, upper case.", examples=["US"]
    )
    latitude: float | None = Field(
        default=None, strict=True, ge=-90, le=90, description="Degrees north, WGS 84.", examples=[38.8974]
    )
    longitude: float | None = Field(
        default=None, strict=True, ge=-180, le=180, description="Degrees east, WGS 84.", examples=[-77.0374]
    )
