"""Runs the HTTP server, so that answers without an end do not keep it from ending.

Such an answer watches `stopping` and finishes when it is set.
"""

import threading
from typing import Final

import uvicorn

from app.core.http.protocol import ProblemProtocol

# Set once in each process, when it was told to stop.
stopping: Final = threading.Event()
# How long open requests may take to finish; a client that reads nothing is then cut off.
PATIENCE_S: Final = 10


class StoppingProtocol(ProblemProtocol):
    """HTTP/1.1 that tells open answers when the server was asked to stop.

    Told here and not by the server's class, as workers make their servers
    themselves: each connection hears of it in every arrangement.
    """

    def shutdown(self) -> None:
        """Let the request that is being answered finish, and close."""
        stopping.set()
        super().shutdown()


def run(factory: str, *, host: str, port: int, workers: int) -> None:
    """Serve the application that `factory` (`module:function`) makes, until a signal ends it."""
    uvicorn.run(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http="app.core.http.server:StoppingProtocol",
        timeout_graceful_shutdown=PATIENCE_S,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
