"""API keys as they are asked for, and as they are shown."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.access.keys import NAME_LENGTH, Scope
from app.records.schemas.common import LIST_LENGTH, Read, RecordedMoment, Reference, Written

# Without a null, as FastAPI leaves those out of examples.
EXAMPLE: Final = {
    "id": "key_7k3mq9xw2h0d",
    "name": "The desk",
    "prefix": "ctl_3v9d0m5rtz",
    "scopes": ["write"],
    "cases": ["cas_7k3mq9xw2h0d"],
    "created_at": "2026-12-01T09:00:00.000000Z",
    "expires_at": "2027-12-01T00:00:00.000000Z",
    "revoked_at": "2027-02-03T16:20:00.000000Z",
}


def _only_text(value: object) -> object:
    # The parser would take a number for seconds since 1970; to a reader it is a guess.
    if not isinstance(value, str):
        raise PydanticCustomError("moment_text", "A moment is written as RFC 3339 says, with its offset.")
    return value


class KeyIn(Written):
    """A key as it is asked for."""

    name: str = Field(
        min_length=1, max_length=NAME_LENGTH, description="Who or what holds it.", examples=["The desk"]
    )
    scopes: list[Scope] = Field(
        min_length=1,
        max_length=len(Scope),
        description="What it may do; `admin` has every scope, and any key reads everything.",
        examples=[["write"]],
    )
    cases: list[Reference] | None = Field(
        default=None,
        min_length=1,
        max_length=LIST_LENGTH,
        description="The cases it may write to, by id or slug; null: all of them.",
        examples=[["abrego-garcia"]],
    )
    expires_at: Annotated[RecordedMoment, BeforeValidator(_only_text)] | None = Field(
        default=None,
        description="When it ends by itself (RFC 3339 with offset); null: never.",
        examples=["2027-12-01T00:00:00Z"],
    )


class KeyOut(Read):
    """What is known of a key: everything but the key."""

    id: str = Field(examples=[EXAMPLE["id"]])
    name: str = Field(examples=[EXAMPLE["name"]])
    prefix: str = Field(
        description="The first characters of the key, to tell it by.", examples=[EXAMPLE["prefix"]]
    )
    scopes: list[Scope] = Field(examples=[EXAMPLE["scopes"]])
    cases: list[str] | None = Field(
        description="Ids of the cases it may write to; null: all of them.", examples=[EXAMPLE["cases"]]
    )
    created_at: datetime = Field(examples=[EXAMPLE["created_at"]])
    expires_at: datetime | None = Field(examples=[EXAMPLE["expires_at"]])
    revoked_at: datetime | None = Field(examples=[EXAMPLE["revoked_at"]])


class NewKeyOut(KeyOut):
    """A key that was just made."""

    key: str = Field(
        description="The key. It is shown this once, and nobody can find it out again.",
        examples=[f"{EXAMPLE['prefix']}…"],
    )


class KeyList(Read):
    """A page of keys."""

    items: list[KeyOut]
    next: str | None
    previous: str | None
    total: int | None


class KeyQuestion(BaseModel):
    """The parameters of the list of keys."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=500, examples=[50])] = 50
    after: Annotated[str | None, Field(max_length=4_000, description="Cursor of a page.")] = None
    total: Annotated[str | None, Field(pattern="^exact$", description="`exact`: count all items.")] = None
