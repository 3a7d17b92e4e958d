"""Decides who a request comes from and what it may do."""

from collections.abc import Callable
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access.audience import Audience
from app.access.keys import Caller, Scope, find_caller
from app.core.db import Database
from app.core.errors import ForbiddenError, UnauthorizedError

_SCHEME: Final = HTTPBearer(
    scheme_name="ApiKey",
    bearerFormat="ctl_…",
    description="Only writing, and reading what is not public, needs a key.",
    auto_error=False,
)


def find_caller_of(
    request: Request, _scheme: Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)] = None
) -> Caller | None:
    """Return whose key the request carries; `None` for the public.

    Raises `UnauthorizedError` for a header that holds no valid key: to answer it
    as the public would hide the mistake.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthorizedError
    database: Database = request.app.state.database
    # A read of its own, ended at once: what follows may be a write.
    with database.read() as connection:
        caller = find_caller(connection, text.strip())
    if caller is None:
        raise UnauthorizedError
    return caller


def audience(caller: Annotated[Caller | None, Depends(find_caller_of)]) -> Audience:
    """Return which audience a request belongs to."""
    return Audience.PUBLIC if caller is None else Audience.KEYS


def allowed(scope: Scope) -> Callable[[Caller | None], Caller]:
    """Return a dependency that lets pass whoever has the scope; `admin` has every one.

    It raises `UnauthorizedError` without a key and `ForbiddenError` without the scope.
    """

    def check(caller: Annotated[Caller | None, Depends(find_caller_of)]) -> Caller:
        if caller is None:
            raise UnauthorizedError
        if not {scope, Scope.ADMIN} & caller.scopes:
            raise ForbiddenError(scope)
        return caller

    return check


Reader: TypeAlias = Annotated[Audience, Depends(audience)]
Writer: TypeAlias = Annotated[Caller, Depends(allowed(Scope.WRITE))]
Admin: TypeAlias = Annotated[Caller, Depends(allowed(Scope.ADMIN))]
