"""Entity tags: made, compared, and told apart by encoding.

A route knows one strong tag for its answer, `"abc"`.  What leaves the service
compressed is other bytes, so it is tagged `"abc-br"`, and a tag that comes back
loses that ending before a route sees it.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import PreconditionRequiredError

ENCODINGS: Final = (b"zstd", b"br", b"gzip")

_TAG = re.compile(r'\s*,?\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_RECORD_TAG = re.compile(r'"([0-9]{1,15})(?:-[0-9a-f]{32})?"')
_ENCODED_TAG = re.compile(rb'("[\x21\x23-\x7e\x80-\xff]*)-(?:zstd|br|gzip)"')


def etag_of(*parts: str, revision: int | None = None) -> str:
    """Return the strong tag of an answer that `parts` determine.

    A record's tag begins with its `revision`, which is all that `If-Match` looks at.
    """
    digest = sha256()
    for part in parts:
        text = part.encode("utf-8", "surrogatepass")
        # With its length before it, so that ("a", "bc") and ("ab", "c") differ.
        digest.update(b"%d:" % len(text) + text)
    prefix = "" if revision is None else f"{revision}-"
    return f'"{prefix}{digest.hexdigest()[:32]}"'


def expected_revisions(if_match: str | None) -> frozenset[int] | None:
    """Return the revisions that `If-Match` allows; `None` for `*`, which any fulfils.

    Raises `PreconditionRequiredError` without the header.  What is no tag of a
    record is fulfilled by none.
    """
    if if_match is None:
        raise PreconditionRequiredError
    if if_match.strip() == "*":
        return None
    # The strong comparison of RFC 9110, 13.1.1: a weak tag never matches.  A comma within
    # a tag splits it, but no tag of a record has one.
    tags = (_RECORD_TAG.fullmatch(tag.strip()) for tag in if_match.split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)


def etag_matches(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the header names `etag`, by the weak comparison of RFC 9110, 8.8.3.2.

    `None` (no header) names nothing, `*` everything; what is not a list of tags
    is read up to where it stops being one.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    bare = etag.removeprefix("W/")
    position = 0
    while found := _TAG.match(if_none_match, position):
        if found[1] == bare:
            return True
        position = found.end()
    return False


def conditional_response(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    etag: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return `body`, or 304 when the client has it; without an `etag`, the body's digest is one."""
    tag = etag or f'"{sha256(body).hexdigest()[:32]}"'
    tagged = {**(headers or {}), "ETag": tag}
    if etag_matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=tagged)
    return Response(body, headers=tagged, media_type=media_type)


def add_encoding(tag: bytes, encoding: bytes) -> bytes:
    """Return the tag of the same answer in that encoding."""
    return tag.removesuffix(b'"') + b"-" + encoding + b'"'


def drop_encodings(header: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """Return the header with the tags that routes know, and by those the tags as they were sent."""
    sent: dict[bytes, bytes] = {}

    def drop(found: re.Match[bytes]) -> bytes:
        known = found[1] + b'"'
        sent.setdefault(known, found[0])
        return known

    return _ENCODED_TAG.sub(drop, header), sent
