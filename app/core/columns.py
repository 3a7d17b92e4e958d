"""Column types that mean the same on both databases."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Dialect, Double, Integer, LargeBinary, Text
from sqlalchemy.types import REAL, TypeDecorator, TypeEngine

from app.core import stamps


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored as microseconds since 1970 so that both databases order it alike."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the integer type of the dialect."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Return the stored integer; a naive moment raises `ValueError`."""
        return None if value is None else stamps.to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the moment in UTC."""
        return None if value is None else stamps.from_micros(value)


class Flag(TypeDecorator[bool]):
    """A truth value, stored as 0 or 1: STRICT tables of SQLite know no BOOLEAN."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:  # noqa: ARG002, FBT001
        """Return 0 or 1."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:  # noqa: ARG002
        """Return the truth value."""
        return None if value is None else bool(value)


def int64() -> TypeEngine[int]:
    """Return a 64-bit integer type that STRICT tables accept."""
    return BigInteger().with_variant(Integer(), "sqlite")


def real() -> TypeEngine[float]:
    """Return a double precision type that STRICT tables accept."""
    return Double().with_variant(REAL(), "sqlite")


def bytestring() -> TypeEngine[bytes]:
    """Return a type for bytes."""
    return LargeBinary()


def ordered_text() -> TypeEngine[str]:
    """Return a text type that sorts by code point on both databases, whatever their locale."""
    return Text().with_variant(Text(collation="C"), "postgresql")
