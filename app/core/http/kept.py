"""Keeps whole answers, and gives them again as long as nothing was recorded since.

The outermost layer, as routing a request costs more than the answer it finds here.
What is kept are answers to the public, as they were sent, by all that they could
depend on: address, query, and what the client can decompress.  The state of the
database is asked for on every request, so that nobody's write is missed.
"""

import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.conditional import drop_encodings, etag_matches
from app.core.http.middleware import REQUEST_ID

# Which database, and the newest change in it: whatever is read is the same while this is.
State: TypeAlias = tuple[str, int]
# `None` where it cannot be told: the request then goes the ordinary way, and fails there if it must.
AskState: TypeAlias = Callable[[Any], Awaitable[State | None]]
Key: TypeAlias = tuple[str, str, bytes, bytes]

_NOTE: Final = "case_timeline.note"
# With a key, other things are seen; with a body, the request is refused.
_NOT_FOR_ALL: Final = frozenset({b"authorization", b"content-length", b"transfer-encoding"})
_ONLY_WITH_BODY: Final = frozenset({b"content-length", b"content-type", b"content-encoding", b"link"})
# What an entry takes beyond its bytes, roughly.
_OVERHEAD: Final = 2_000


@dataclass(slots=True)
class _Note:
    """What a route says of its answer; `None`: it is not to be kept."""

    state: State | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    key: Key
    if_none_match: bytes | None
    request_id: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    headers: list[tuple[bytes, bytes]]
    body: bytes
    # As routes know it, without an encoding.
    tag: bytes
    size: int


def keep_answer(request: Request, state: State) -> None:
    """Let the answer be given again while the database is at `state`.

    `state` is read in the snapshot that the answer is read in.
    """
    note = request.scope.get(_NOTE)
    if note is not None:
        note.state = state


class KeptAnswers:
    """The ASGI layer; `limit` is how many bytes are kept."""

    def __init__(self, app: ASGIApp, *, ask_state: AskState, limit: int) -> None:
        self.app = app
        self._ask_state = ask_state
        self._limit = limit
        self._state: State | None = None
        # The one that was used longest ago is first.
        self._answers: OrderedDict[Key, _Kept] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, from what is kept or by the application."""
        asked = _read(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if asked is None or not self._limit:
            await self.app(scope, receive, send)
            return
        if asked.key in self._answers:
            self._move_to(await self._ask_state(scope["app"]))
            kept = self._answers.get(asked.key)
            if kept is not None:
                self._answers.move_to_end(asked.key)
                await _send(kept, asked, send)
                return
        note = _Note()
        recorded = _Recorded(send, note)
        await self.app({**scope, _NOTE: note}, receive, recorded)
        if note.state is not None and recorded.is_whole:
            self._move_to(note.state)
            self._add(asked.key, recorded)

    def _move_to(self, state: State | None) -> None:
        """Forget everything that was said in another state, also so that what was redacted is gone."""
        if state != self._state:
            self._answers.clear()
            self._size = 0
            self._state = state

    def _add(self, key: Key, recorded: "_Recorded") -> None:
        tag = next((value for name, value in recorded.headers if name == b"etag"), None)
        if tag is None:
            return
        known, sent = drop_encodings(tag)
        headers = [header for header in recorded.headers if header[0] != b"x-request-id"]
        body = b"".join(recorded.body)
        size = len(body) + len(key[2]) + _OVERHEAD
        if size > self._limit or key in self._answers:
            return
        self._answers[key] = _Kept(headers, body, known if sent else tag, size)
        self._size += size
        while self._size > self._limit:
            _, oldest = self._answers.popitem(last=False)
            self._size -= oldest.size


def _read(scope: Scope) -> _Asked | None:
    """Return what is asked; `None` where the answer is not for everyone."""
    encodings, if_none_match, request_id = b"", None, b""
    for name, value in scope["headers"]:
        if name in _NOT_FOR_ALL:
            return None
        if name == b"accept-encoding":
            encodings += value + b","
        elif name == b"if-none-match":
            if if_none_match is not None:
                return None
            if_none_match = value
        elif name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            request_id = value
    key = (scope.get("root_path", ""), scope["path"], scope["query_string"], encodings)
    return _Asked(key, if_none_match, request_id or secrets.token_hex(8).encode())


async def _send(kept: _Kept, asked: _Asked, send: Send) -> None:
    status, headers, body = 200, kept.headers, kept.body
    if asked.if_none_match is not None:
        known, sent = drop_encodings(asked.if_none_match)
        if etag_matches(known.decode("latin-1"), kept.tag.decode("latin-1")):
            # The tag of the copy that the client has, which may be a compressed one.
            tag = (b"etag", sent.get(kept.tag, kept.tag))
            others = (one for one in headers if one[0] not in _ONLY_WITH_BODY and one[0] != b"etag")
            status, headers, body = 304, [tag, *others], b""
    identified = [*headers, (b"x-request-id", asked.request_id)]
    await send({"type": "http.response.start", "status": status, "headers": identified})
    await send({"type": "http.response.body", "body": body})


@dataclass(slots=True)
class _Recorded:
    """Sends an answer on, and remembers one that is to be kept."""

    send: Send
    note: _Note
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    # Is all of a 200 that is to be kept here?
    is_whole: bool = False
    _is_kept: bool = False

    async def __call__(self, message: Message) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            # Decided here, as some answers never end.
            self._is_kept = self.note.state is not None and message["status"] == 200  # noqa: PLR2004
            if self._is_kept:
                self.headers = list(message["headers"])
        elif self._is_kept:
            self.body.append(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        await self.send(message)
