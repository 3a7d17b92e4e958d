"""What the HTTP server itself refuses, in the manner of the application."""

import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.config import load_settings
from app.core.errors import QueryTooLongError
from app.core.http.problems import PROBLEM_TYPE, problem_document


class ProblemProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with a problem document for an address past the parser's limit.

    The parser takes 64 kB of address, so such a request never becomes one that
    the application could answer.
    """

    def send_400_response(self, msg: str) -> None:
        """Refuse what could not be parsed and close the connection."""
        settings = load_settings()
        path, _, query = getattr(self, "url", b"").partition(b"?")
        if len(query) <= settings.max_query_bytes:
            super().send_400_response(msg)
            return
        error = QueryTooLongError(settings.max_query_bytes)
        document = problem_document(error, settings=settings, path=path[:1_000].decode("latin-1"))
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {error.status} URI Too Long\r\n"
            f"content-type: {PROBLEM_TYPE}\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
