"""Decides who a request comes from and what it may do."""

from collections.abc import Callable
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access.audience import Audience
from app.access.keys import Caller, Scope, find_caller
from app.core.db import Database
from app.core.errors import ForbiddenError, UnauthorizedError

_SCHEME: Final = HTTPBearer(
    scheme_name="ApiKey",
    bearerFormat="ctl_…",
    description="Only writing, and reading what is not public, needs a key. `admin` has every other scope.",
    auto_error=False,
)


def find_caller_of(
    request: Request, _scheme: Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)] = None
) -> Caller | None:
    """Return whose key the request carries; `None` for the public.

    Raises `UnauthorizedError` for a header that holds no valid key: to answer it
    as the public would hide the mistake.
    """
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    scheme, _, text = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer":
        raise UnauthorizedError("The header is not `Authorization: Bearer ctl_…`, once.")
    database: Database = request.app.state.database
    # A read of its own, ended at once: what follows may be a write.  At the primary, so that a key
    # works as soon as it is made, and no longer than until it is revoked.
    with database.read_aside() as connection:
        caller = find_caller(connection, text.strip())
    if caller is None:
        # Which of the three is nobody's business who does not hold a valid one.
        raise UnauthorizedError("The API key is unknown, expired or revoked.")
    return caller


def audience(caller: Annotated[Caller | None, Depends(find_caller_of)]) -> Audience:
    """Return which audience a request belongs to."""
    return Audience.PUBLIC if caller is None else Audience.KEYS


def allowed(scope: Scope) -> Callable[[Caller | None], Caller]:
    """Return a dependency that lets pass whoever has the scope; `admin` has every one.

    It raises `UnauthorizedError` without a key and `ForbiddenError` without the scope.
    """

    # Named so, the scope comes into the OpenAPI document, which tells by it who needs a key.
    def check(caller: Annotated[Caller | None, Security(find_caller_of, scopes=[scope])]) -> Caller:
        if caller is None:
            raise UnauthorizedError
        if not caller.may(scope):
            raise ForbiddenError(scope.value)
        return caller

    return check


Reader: TypeAlias = Annotated[Audience, Depends(audience)]
Writer: TypeAlias = Annotated[Caller, Depends(allowed(Scope.WRITE))]
Admin: TypeAlias = Annotated[Caller, Depends(allowed(Scope.ADMIN))]
