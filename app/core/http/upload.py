"""Bodies too large for memory: received into a temporary file, while they are digested."""

import hashlib
from collections.abc import Callable
from typing import Any, BinaryIO, ClassVar

from starlette.requests import ClientDisconnect, Request

from app.config import Settings
from app.core.errors import FieldProblem, InvalidRequestError, TooLargeError, UnsupportedMediaTypeError
from app.core.http.openapi import problem_responses
from app.core.http.strict import StrictRoute


class UploadRoute(StrictRoute):
    """Leaves the body to its endpoint, which receives it with `receive`."""

    media_types: ClassVar[tuple[str, ...]] = ("application/x-ndjson", "application/jsonl")

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        super().__init__(path, endpoint, **options)
        self.responses = {
            **problem_responses(TooLargeError, UnsupportedMediaTypeError),
            **self.responses,
        }

    def body_limit(self, settings: Settings) -> int:
        """Return how many bytes an import may have."""
        return settings.max_import_bytes


async def receive(request: Request, file: BinaryIO) -> str:
    """Write the body to a file, leave that at its beginning, and return the SHA-256 in hexadecimal.

    Raises `UnsupportedMediaTypeError`, `TooLargeError`, and `InvalidRequestError` for a
    body that ended early.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in UploadRoute.media_types:
        raise UnsupportedMediaTypeError(UploadRoute.media_types)
    digest = hashlib.sha256()
    try:
        async for chunk in request.stream():
            digest.update(chunk)
            file.write(chunk)
    except ClientDisconnect as error:
        raise InvalidRequestError((FieldProblem("body", "", "The body ended early."),)) from error
    file.seek(0)
    return digest.hexdigest()
