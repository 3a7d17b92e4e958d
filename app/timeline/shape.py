"""Takes the values out of a filter, so that one statement serves all filters of its shape."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, Select

from app.core.edtf import Window
from app.records.revisions import View
from app.timeline.compiled import names_of, parameter, run
from app.timeline.query import Asked

# The fields that hold values of which only the number decides the text of a statement.
_LISTS: Final = (
    "cases", "exclude_cases", "types", "exclude_types", "actors", "roles", "dockets", "countries", "sources",
    "publishers", "tags", "standings", "exclude_standings", "relations",
)  # fmt: skip


def run_shaped(
    connection: Connection,
    asked: Asked,
    what: Hashable,
    build: Callable[[Asked], Select[*tuple[Any, ...]]],
    values: Mapping[str, Any] | None = None,
) -> CursorResult[*tuple[Any, ...]]:
    """Run what `build` makes of a filter; `what` tells it from other statements over the same filter.

    `values` are bound to the parameters that `build` adds of its own.
    """
    more = values or {}
    if asked.terms is not None or asked.bbox is not None:
        # Words and boxes decide the text; such statements take longer than the building of them.
        return connection.execute(build(asked), more)
    shape, taken = _take(asked)
    return run(connection, (what, *shape), lambda: build(_shaped(asked)), {**taken, **more})


def _take(asked: Asked) -> tuple[tuple[Hashable, ...], dict[str, Any]]:
    """Return the shape of a filter, and its values by the names of their parameters."""
    lengths: list[int | None] = []
    taken: dict[str, Any] = {
        "seq": asked.view.seq,
        "case_id": asked.case_id,
        "start": asked.window.start,
        "end": asked.window.end,
        "reported_before": asked.reported_before,
    }
    given = tuple(value is not None for value in taken.values())
    for name in _LISTS:
        values = getattr(asked, name)
        if values:
            taken.update(names_of(name, values))
        # `None` and nothing differ: no filter, and one that nothing fulfils.
        lengths.append(None if values is None else len(values))
    shape = (
        asked.view.audience,
        *given,
        *lengths,
        asked.unanswered,
        asked.date_match,
        asked.include_undated,
        asked.is_judged_by_stub,
    )
    return shape, taken


def _shaped(asked: Asked) -> Asked:
    """Return the filter with parameters in place of its values."""

    def place(name: str, value: object) -> Any:  # noqa: ANN401 - stands for a value of any type
        return None if value is None else parameter(name)

    lists: dict[str, Any] = {
        name: tuple(parameter(one) for one in names_of(name, values))
        for name in _LISTS
        if (values := getattr(asked, name))
    }
    return replace(
        asked,
        view=View(asked.view.audience, place("seq", asked.view.seq)),
        case_id=place("case_id", asked.case_id),
        window=Window(place("start", asked.window.start), place("end", asked.window.end)),
        reported_before=place("reported_before", asked.reported_before),
        **lists,
    )
