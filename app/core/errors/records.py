"""What stands between a request and the record it is about."""

from typing import Self

from app.core.errors.base import AppError


class RecordNotFoundError(AppError):
    """There is no such record, or none that you may know of."""

    status = 404
    code = "not-found"
    title = "There is no such record"

    def __init__(self, kind: str, record_id: str) -> None:
        super().__init__(f"There is no {kind} {record_id!r}.")

    @classmethod
    def example(cls) -> Self:
        """Return a misspelt slug."""
        return cls("case", "abrego-garcai")


class ConflictError(AppError):
    """A request with the same `Idempotency-Key` is still being worked on.

    Repeat it later: it then gets the answer of the first.
    """

    status = 409
    code = "request-in-progress"
    title = "The same request is in progress"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__(
            "A request with this `Idempotency-Key` is still running.",
            headers={"Retry-After": str(retry_after)},
        )

    @classmethod
    def example(cls) -> Self:
        """Return a request sent twice at once."""
        return cls()


class RetractedError(AppError):
    """The record was withdrawn; `reason` says why.

    Its history stays readable under `/revisions`, and it can be read `as_of` a
    moment at which it still stood.
    """

    status = 410
    code = "retracted"
    title = "The record was retracted"

    def __init__(self, record_id: str, reason: str, etag: str | None) -> None:
        super().__init__(
            f"Record {record_id!r} was retracted.",
            headers={} if etag is None else {"ETag": etag},
            members={"record": record_id, "reason": reason},
        )

    @classmethod
    def example(cls) -> Self:
        """Return an event that was recorded twice."""
        return cls("evt_7k3mq9xw2h0d", "Recorded twice.", None)


class StaleRevisionError(AppError):
    """Someone else amended the record after you last read it.

    Read it again, see whether your change still makes sense, and send it with the
    new `ETag` in `If-Match`.
    """

    status = 412
    code = "stale-revision"
    title = "The record has changed since"

    def __init__(self, record_id: str, current: int) -> None:
        super().__init__(f"Record {record_id!r} is now at revision {current}.")

    @classmethod
    def example(cls) -> Self:
        """Return a record that was amended once meanwhile."""
        return cls("evt_7k3mq9xw2h0d", 2)


class PreconditionRequiredError(AppError):
    """A change must say which revision it starts from.

    Send the `ETag` of the record, as you last read it, in `If-Match`.
    """

    status = 428
    code = "precondition-required"
    title = "`If-Match` is needed"

    def __init__(self) -> None:
        super().__init__("Send the record's `ETag` in `If-Match`.")

    @classmethod
    def example(cls) -> Self:
        """Return a change without its revision."""
        return cls()
