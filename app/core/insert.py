"""Inserts many rows of one shape with one statement, which SQLAlchemy's own way does more slowly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Table, inspect
from sqlalchemy.orm import Mapper


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    # Takes the values out of a row, in the order of the statement.
    values: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    # What makes a value one of the driver's, by its place.
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]


def insert_rows(connection: Connection, table: type, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same two columns or more; what they leave out is null.

    A default of the table is not looked at.
    """
    statement = _statement(
        cast("Mapper[Any]", inspect(table)).local_table, tuple(rows[0]), connection.dialect
    )
    values = list(map(statement.values, rows))
    if statement.processors:
        values = [_processed(row, statement.processors) for row in values]
    connection.exec_driver_sql(statement.text, values)


def _processed(
    row: tuple[Any, ...], processors: tuple[tuple[int, Callable[[Any], Any]], ...]
) -> tuple[Any, ...]:
    changed = list(row)
    for place, process in processors:
        changed[place] = process(changed[place])
    return tuple(changed)


@lru_cache(maxsize=128)
def _statement(table: Table, columns: tuple[str, ...], dialect: Dialect) -> _Statement:
    quote = dialect.identifier_preparer.quote
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(columns))
    names = ", ".join(map(quote, columns))
    processors = (
        (place, table.columns[name].type.dialect_impl(dialect).bind_processor(dialect))
        for place, name in enumerate(columns)
    )
    return _Statement(
        text=f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})",  # noqa: S608 - names of ours
        values=itemgetter(*columns),
        processors=tuple((place, process) for place, process in processors if process is not None),
    )
