"""Every knob, its default and why it is there.

Nothing else reads the environment: what is not a field here is not a setting.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX: Final = "CASE_TIMELINE_"

_DATABASE = re.compile(r"(sqlite|postgres|postgresql)(\+[a-z0-9_]+)?://")
_PUBLIC = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


class ConfigurationError(Exception):
    """A setting cannot be used; the message is one line that names its variable."""


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of the README's table of settings."""

    variable: str
    default: str
    description: str


def _database_url(value: str) -> str:
    # The value itself is never repeated in a message: it may hold a password.
    if not _DATABASE.match(value):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return value


def _public_url(value: str) -> str:
    bare = value.rstrip("/")
    if bare and not _PUBLIC.fullmatch(bare):
        raise ValueError("must be empty, or like https://timeline.example.org, with neither ? nor #")
    return bare


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]


class Settings(BaseSettings):
    """What an operator may choose, each through the environment variable of its name."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: DatabaseUrl = Field(
        default="sqlite:///case-timeline.sqlite",
        repr=False,
        description="Where everything is stored: an SQLite file needs no server, `postgresql://` serves "
        "more than one machine.",
    )
    read_database_url: DatabaseUrl | None = Field(
        default=None,
        repr=False,
        description="A PostgreSQL replica that answers the reads, for when one server is not enough.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        description="How many connections for reads a process keeps to each database server. PostgreSQL "
        "must allow that many, and 5 more, for each process.",
    )
    pool_timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=300,
        description="How many seconds a request waits for one of them to be free before it is answered 503.",
    )
    connect_timeout_s: int = Field(
        default=3,
        ge=2,
        le=60,
        description="How many seconds a PostgreSQL server may take to accept a connection; then another is "
        "read, if there is one. A time in the URL itself counts more.",
    )
    public_url: PublicUrl = Field(
        default="",
        description="The address readers use, put before every link; empty gives links without a host, "
        "as the `Host` header of a request is not to be believed.",
    )
    max_body_bytes: int = Field(
        default=1_048_576,
        ge=1_024,
        le=1_073_741_824,
        description="The largest request body read, so that one client cannot fill the memory.",
    )
    max_import_bytes: int = Field(
        default=268_435_456,
        ge=1_024,
        le=1_099_511_627_776,
        description="The largest file `POST /v1/imports` reads; it waits on disk, not in memory.",
    )
    max_query_bytes: int = Field(
        default=16_384,
        ge=256,
        le=65_536,
        description="The longest query string read: filters are short, and parsing costs time.",
    )
    answer_cache_bytes: int = Field(
        default=33_554_432,
        ge=0,
        le=68_719_476_736,
        description="How many bytes of answers a process keeps, to give them again until something is "
        "recorded; 0 keeps none.",
    )
    webhooks_to_private_addresses: bool = Field(
        default=False,
        description="Whether webhooks may go to private and loopback addresses, and over plain `http`: for a "
        "receiver in the same network, where everyone who may make webhooks is trusted.",
    )


def load_settings() -> Settings:
    """Read the settings from the environment; `ConfigurationError` names the first that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        message = first["msg"].removeprefix("Value error, ").removesuffix(".")
        where = f"{PREFIX}{first['loc'][0]}".upper() if first["loc"] else "The settings"
        raise ConfigurationError(f"{where}: {message[:1].lower()}{message[1:]}.") from None


def setting_rows() -> tuple[SettingRow, ...]:
    """Return what the README's table of settings says, in the order of the fields."""
    return tuple(
        SettingRow(
            variable=f"{PREFIX}{name}".upper(),
            default=_shown(field.default),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    )


def _shown(default: str | int | None) -> str:
    """Return a default as it is written in the environment."""
    if default is None:
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)
