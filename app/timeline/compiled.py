"""Statements compiled once per shape of a question: building one takes ten times as long as running it.

A shape is all that decides the text: which filters are given, how many values each has,
the order, the audience.  Values are bound by name when the statement is run.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    bindparam,
    literal_column,
)

MOST_KEPT: Final = 1_000

# Written out, as a partial index does not serve a condition whose value comes later.
TRUE: Final[ColumnElement[Any]] = literal_column("1")

_compiled: OrderedDict[Hashable, "_Compiled"] = OrderedDict()


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    # Of the parameters in order, for a driver that counts them; else `None`.
    names: tuple[str, ...] | None
    # The parameters that have the same value each time.
    fixed: Mapping[str, Any]


def parameter(name: str) -> BindParameter[Any]:
    """Return the place of a value in a statement."""
    return bindparam(name, None)


def names_of(name: str, values: Iterable[Any]) -> dict[str, Any]:
    """Return values by the names of their parameters, one each."""
    return {f"{name}_{number}": value for number, value in enumerate(values)}


def run(
    connection: Connection,
    shape: Hashable,
    build: Callable[[], Select[*tuple[Any, ...]]],
    values: Mapping[str, Any],
) -> CursorResult[*tuple[Any, ...]]:
    """Run the statement of that shape, which `build` returns the first time, with `bindparam`s in it.

    Rows hold what the driver returns: a moment is the number that is stored.
    """
    key = (connection.dialect.name, shape)
    found = _compiled.get(key)
    if found is None:
        found = _compiled[key] = _compile(connection, build())
        if len(_compiled) > MOST_KEPT:
            _compiled.popitem(last=False)
    given = {**found.fixed, **values}
    parameters = given if found.names is None else tuple([given[name] for name in found.names])
    return connection.exec_driver_sql(found.text, parameters)


def _compile(connection: Connection, statement: Select[*tuple[Any, ...]]) -> _Compiled:
    made = statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    names = None if made.positiontup is None else tuple(made.positiontup)
    return _Compiled(str(made), names, dict(made.params))


def forget_compiled() -> None:
    """Forget every statement, for whoever changes the conditions they were built from."""
    _compiled.clear()
