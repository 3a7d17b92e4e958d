"""What is wrong with a request, whatever it is about."""

from collections.abc import Collection
from typing import Self

from app.core.errors.base import AppError, FieldProblem


class InvalidRequestError(AppError):
    """Something in the request cannot be understood, or does not exist.

    Each entry of `errors` says where: `in` is query, path, header or body, and
    `name` is the parameter or a JSON pointer into the body.  Nothing is ever
    ignored, so an unknown parameter is refused too.
    """

    status = 422
    code = "invalid-request"
    title = "The request is not valid"

    def __init__(self, fields: tuple[FieldProblem, ...]) -> None:
        self.fields = fields
        first = fields[0]
        named = f"{first.name}: {first.message}" if first.name else first.message
        more = f" {len(fields) - 1} more in `errors`." if len(fields) > 1 else ""
        super().__init__(named + more, members={"errors": [field.as_json() for field in fields]})

    @classmethod
    def example(cls) -> Self:
        """Return a misspelt parameter."""
        return cls(
            (
                FieldProblem(
                    where="query", name="typ", message="There is no such parameter.", did_you_mean="type"
                ),
            )
        )


class InvalidCursorError(AppError):
    """The cursor in `after` was not made by this service, or was made for another query.

    Follow the `next` and `previous` links as they are; a cursor keeps the filters,
    the order and the moment of the query it was made for.
    """

    status = 400
    code = "invalid-cursor"
    title = "The cursor does not belong to this query"

    def __init__(self, detail: str = "This cursor was made for another query.") -> None:
        super().__init__(detail)

    @classmethod
    def example(cls) -> Self:
        """Return a cursor of another query."""
        return cls()


class UnauthorizedError(AppError):
    """The request needs an API key, or the key it has is not a valid one.

    Send `Authorization: Bearer ctl_…`.
    """

    status = 401
    code = "unauthorized"
    title = "An API key is needed"

    def __init__(self, detail: str = "Send a valid API key as `Authorization: Bearer ctl_…`.") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="Case Timeline"'})

    @classmethod
    def example(cls) -> Self:
        """Return a missing key."""
        return cls()


class ForbiddenError(AppError):
    """The API key is valid, and does not allow this."""

    status = 403
    code = "forbidden"
    title = "The API key does not allow this"

    def __init__(self, needed: str) -> None:
        super().__init__(f"The API key lacks the scope {needed!r}.")

    @classmethod
    def example(cls) -> Self:
        """Return a key that may only read."""
        return cls("write")


class CaseNotAllowedError(AppError):
    """The API key is limited to some cases, and this would change others.

    What is shared (actors, sources) can be changed where only cases of the key rest on it.
    """

    status = 403
    code = "case-not-allowed"
    title = "The API key does not allow this case"

    def __init__(self, cases: Collection[str]) -> None:
        listed = ", ".join(sorted(cases)) or "any case"
        super().__init__(f"The API key may not change {listed}.")

    @classmethod
    def example(cls) -> Self:
        """Return a key for another case."""
        return cls({"cas_7k3mq9xw2h0d"})


class RouteNotFoundError(AppError):
    """No route has this path.  The docs page lists those there are."""

    status = 404
    code = "no-such-route"
    title = "There is no such route"

    def __init__(self, suggestion: str | None = None) -> None:
        hint = f" Did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"Nothing is at this path.{hint}")

    @classmethod
    def example(cls) -> Self:
        """Return a path with a slash too many."""
        return cls("/v1/cases")


class MethodNotAllowedError(AppError):
    """The path exists, the method does not.  `Allow` lists those that do."""

    status = 405
    code = "method-not-allowed"
    title = "The method is not allowed here"

    def __init__(self, allowed: Collection[str]) -> None:
        listed = ", ".join(sorted(allowed))
        super().__init__(f"Allowed here: {listed}.", headers={"Allow": listed})

    @classmethod
    def example(cls) -> Self:
        """Return a route that can only be read."""
        return cls({"GET", "HEAD", "OPTIONS"})


class NotAcceptableError(AppError):
    """None of the media types in `Accept` can be given.  `allowed` lists those that can."""

    status = 406
    code = "not-acceptable"
    title = "No acceptable format"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(
            f"The `Accept` header allows none of {', '.join(allowed)}.", members={"allowed": list(allowed)}
        )

    @classmethod
    def example(cls) -> Self:
        """Return a format there is none of."""
        return cls(("application/json", "text/csv"))


class TooLargeError(AppError):
    """The body is larger than this service reads."""

    status = 413
    code = "body-too-large"
    title = "The body is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A body may have at most {limit:,} bytes here.", members={"limit": limit})

    @classmethod
    def example(cls) -> Self:
        """Return the default limit."""
        return cls(1_048_576)


class QueryTooLongError(AppError):
    """The query string is longer than this service reads."""

    status = 414
    code = "query-too-long"
    title = "The query is too long"

    def __init__(self, limit: int) -> None:
        super().__init__(f"A query may have at most {limit:,} bytes.", members={"limit": limit})

    @classmethod
    def example(cls) -> Self:
        """Return the default limit."""
        return cls(16_384)


class UnsupportedMediaTypeError(AppError):
    """The `Content-Type` is missing, or is not one that this route reads.

    `allowed` lists those it does.
    """

    status = 415
    code = "unsupported-media-type"
    title = "The media type is not supported"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(
            f"Send the body with `Content-Type: {allowed[0]}`.", members={"allowed": list(allowed)}
        )

    @classmethod
    def example(cls) -> Self:
        """Return a route that reads JSON."""
        return cls(("application/json",))
