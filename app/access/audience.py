"""The two audiences.  Everything that is served is served to one of them."""

from enum import StrEnum


class Audience(StrEnum):
    """Who reads: everyone, or the holder of a key of any scope, who sees all of it."""

    PUBLIC = "public"
    KEYS = "keys"
