"""What every writing route asks for: who writes, and whether the request was answered before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Header, Request, Response
from sqlalchemy import Connection

from app.access.guard import allowed
from app.access.idempotency import Answered, Repeatable, digest_of, in_progress, keep, recall
from app.access.keys import Caller, Scope
from app.core.db import Database
from app.core.errors import FieldProblem, InvalidRequestError

KEY_LENGTH: Final = 255

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of your own, the same when the request is sent again: it is then done once, "
        "and answered as the first time, for 24 hours.",
        examples=["5f2a7c1e-import-17"],
    ),
]

# Keeps the answer to a request that may be repeated.
KeepAnswer: TypeAlias = Callable[[Connection, Answered], None]


@dataclass(frozen=True, slots=True)
class Writing:
    """One request that writes: all of it is one transaction."""

    database: Database
    caller: Caller
    repeatable: Repeatable | None

    def perform(self, act: Callable[[Connection], Answered]) -> Response:
        """Run `act` in a write transaction, commit, and only then return what it answered.

        A request that was answered before is not run again.
        """
        # The answer is made before the commit and sent after it: 2xx is a promise.
        with in_progress(self.repeatable), self.database.write() as connection:
            answer = recall(connection, self.repeatable) if self.repeatable else None
            if answer is None:
                answer = act(connection)
                if self.repeatable and answer.status < 300:  # noqa: PLR2004 - only what was done is kept
                    keep(connection, self.repeatable, answer)
        return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))

    def perform_in_steps(self, act: Callable[[KeepAnswer], Answered]) -> Response:
        """Run an act that opens its transactions itself and, in the last one, keeps what it will answer."""
        answer = None
        with in_progress(self.repeatable):
            if self.repeatable:
                with self.database.write() as connection:
                    answer = recall(connection, self.repeatable)
            answer = answer or act(self._keep)
        return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))

    def _keep(self, connection: Connection, answer: Answered) -> None:
        if self.repeatable:
            keep(connection, self.repeatable, answer)


def writing(scope: Scope) -> Callable[..., object]:
    """Return a dependency that makes the `Writing` of a caller with the scope."""

    async def prepare(
        request: Request,
        caller: Annotated[Caller, Depends(allowed(scope))],
        idempotency_key: IdempotencyKey = None,
    ) -> Writing:
        return Writing(
            database=request.app.state.database,
            caller=caller,
            repeatable=repeatable_of(request, caller, idempotency_key, digest_of(await request.body()))
            if idempotency_key is not None
            else None,
        )

    return prepare


def repeatable_of(request: Request, caller: Caller, key: str, body: str) -> Repeatable:
    """Return what identifies a request with an `Idempotency-Key`; `body` is its digest."""
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        message = f"This is 1 to {KEY_LENGTH} printable characters."
        raise InvalidRequestError((FieldProblem("header", "Idempotency-Key", message),))
    # With the query: a rehearsal must not be repeated in place of the performance.
    asked = f"{request.url.path}?{request.url.query}"
    return Repeatable.of(caller.key_id, method=request.method, path=asked, key=key, body=body)


Editing: TypeAlias = Annotated[Writing, Depends(writing(Scope.WRITE))]
