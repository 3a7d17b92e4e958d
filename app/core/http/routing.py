"""What the routes of an application answer to, whichever router they came in by."""

from collections.abc import Sequence

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Match
from starlette.types import Scope


def allowed_methods(routes: Sequence[BaseRoute], scope: Scope) -> set[str]:
    """Return every method the path of `scope` answers to; empty when there is no such path.

    The framework itself names those of the first route only, and knows nothing of
    the HEAD and OPTIONS that come with every route.
    """
    # Not the scope itself: a mount that was entered has changed its root path.
    root_path = scope.get("app_root_path", scope.get("root_path", ""))
    asked = {"type": "http", "path": scope["path"], "root_path": root_path, "method": "GET", "headers": []}
    methods: set[str] = set()
    for context in iter_route_contexts(routes):
        match, _ = context.matches(asked)
        if match is not Match.NONE:
            methods |= context.methods or {"GET"}
    if "GET" in methods:
        methods.add("HEAD")
    return methods | {"OPTIONS"} if methods else methods
