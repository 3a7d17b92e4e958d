"""Makes one attempt: signed, to an address that was checked, and soon over."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

import httpcore2
from standardwebhooks import Webhook as Signer

from app.changes.addresses import CheckedNetwork, ForbiddenAddressError, parse_target
from app.core import stamps

# For all of it: looking the host up, connecting, sending, and the head of the answer.
TIMEOUT_S: Final = 10.0
# For one address of several.
CONNECT_TIMEOUT_S: Final = 4.0
# As much of an answer is read, so that the receiver need not see its connection break, and none is kept.
MOST_READ: Final = 65_536
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, the same at each attempt but for its time and signature."""

    id: str
    url: str
    body: bytes
    # Each signs; the receiver needs one of them.
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; `error` is `None` where it succeeded."""

    status: int | None
    error: str | None
    seconds: float


async def send(message: Message, *, to_private: bool, agent: str) -> Outcome:
    """Make one attempt; whatever goes wrong is in what is returned.

    `agent` is the `User-Agent`.  Redirects are not followed: they would lead to
    where nobody decided to send.
    """
    begun = time.monotonic()
    status: int | None = None
    error: str | None = None
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            _answer_to(message, to_private=to_private, agent=agent) as response,
        ):
            status = response.status
            await _read(response)
    except TimeoutError:
        error = f"There was no answer within {TIMEOUT_S:.0f} s."
    except (ForbiddenAddressError, ValueError) as refusal:
        error = str(refusal)
    except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failure:
        # The client holds what it met as an argument, and drops it as a cause.
        is_tls = any(isinstance(one, ssl.SSLError) for one in failure.args)
        error = "The TLS handshake failed." if is_tls else "The connection failed."
    except OSError:
        error = "The host has no address."
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError):
        error = "The connection ended before an answer."
    if status is not None:
        # Once there is a status, what becomes of the rest of the answer does not matter.
        error = _complaint(status)
    return Outcome(status, error, time.monotonic() - begun)


def _complaint(status: int) -> str | None:
    if 200 <= status < 300:  # noqa: PLR2004 - success
        return None
    hint = " Redirects are not followed." if 300 <= status < 400 else ""  # noqa: PLR2004 - redirection
    return f"The receiver answered {status}.{hint}"


@asynccontextmanager
async def _answer_to(message: Message, *, to_private: bool, agent: str) -> AsyncIterator[httpcore2.Response]:
    target = parse_target(message.url, to_private=to_private)
    network = CheckedNetwork(to_private=to_private)
    # A pool for one request: a connection that is kept was checked for a name that may have moved since.
    async with (
        httpcore2.AsyncConnectionPool(ssl_context=_tls(), network_backend=network) as pool,
        pool.stream(
            "POST",
            target.as_url(),
            headers=_headers(message, stamps.utc_now(), agent),
            content=message.body,
            extensions={"timeout": {"connect": CONNECT_TIMEOUT_S}},
        ) as response,
    ):
        yield response


async def _read(response: httpcore2.Response) -> None:
    left = MOST_READ
    async for part in response.aiter_stream():
        left -= len(part)
        if left <= 0:
            return


def _headers(message: Message, now: datetime, agent: str) -> dict[bytes | str, bytes | str]:
    text = message.body.decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": agent,
        "webhook-id": message.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Signer(secret).sign(message.id, now, text) for secret in message.secrets
        ),
    }


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()
