"""What keeps the service from answering, whatever was asked."""

from typing import Self

from app.core.errors.base import AppError


class RateLimitedError(AppError):
    """Too many requests came from one client.  `Retry-After` says how many seconds to wait."""

    status = 429
    code = "rate-limited"
    title = "Too many requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Wait {retry_after} s before the next request.", headers={"Retry-After": str(retry_after)}
        )

    @classmethod
    def example(cls) -> Self:
        """Return a short wait."""
        return cls(12)


class InternalError(AppError):
    """Something is wrong with the service, not with the request.

    The operators find it in their log by the `X-Request-ID` of the answer.
    """

    status = 500
    code = "internal"
    title = "Something is wrong with the service"

    def __init__(self) -> None:
        # Whatever went wrong stays in the log: its text may name what the reader must not see.
        super().__init__("The service failed on this request; its log has the reason.")

    @classmethod
    def example(cls) -> Self:
        """Return the only one there is."""
        return cls()


class UnavailableError(AppError):
    """The service cannot answer just now.  `Retry-After` says how many seconds to wait."""

    status = 503
    code = "unavailable"
    title = "The service cannot answer just now"

    def __init__(self, detail: str = "The database does not answer.", *, retry_after: int = 5) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})

    @classmethod
    def example(cls) -> Self:
        """Return a database that is away."""
        return cls()
