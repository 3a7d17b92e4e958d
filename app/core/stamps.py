"""The clock and the ids, in one place so that tests can pin both.

Callers write `stamps.utc_now()` and `stamps.new_id("evt")`, never a `from`
import, or a pinned clock would not reach them.
"""

import secrets
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Crockford's base 32 in lower case: no i, l, o, u, so that an id can be read aloud.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 12
# The letter of each byte: 256 is a multiple of 32, so that all are equally likely.
_LETTERS = bytes(ord(ALPHABET[byte % 32]) for byte in range(256))


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def new_id(prefix: str) -> str:
    """Return a new random id such as `evt_7k3mq9xw2h0d` (60 bits, so it tells no time)."""
    return f"{prefix}_{secrets.token_bytes(ID_LENGTH).translate(_LETTERS).decode()}"


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970 for an aware moment; a naive one raises `ValueError`."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its offset from UTC.")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the UTC moment that lies `micros` microseconds after 1970."""
    return _EPOCH + micros * _MICROSECOND


def moment_text(moment: datetime) -> str:
    """Return RFC 3339 text in UTC, with microseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
