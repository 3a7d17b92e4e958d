"""Entity tags and Link headers."""

import hashlib

from pydantic_core import to_json


def etag_of(*parts: str, prefix: str = "") -> str:
    """Return a strong entity tag over the parts; a record's begins with its revision."""
    digest = hashlib.sha256(to_json(parts)).hexdigest()[:24]
    return f'"{prefix}{digest}"'


def etag_matches(if_none_match: str, etag: str) -> bool:
    """Tell whether a client that sends this `If-None-Match` holds `etag` (RFC 9110, section 13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    # Compression adds its name to the tag: the answer it stands for is the same.
    bare = etag.strip('"')
    held = {one.strip().removeprefix("W/").strip('"') for one in if_none_match.split(",")}
    return any(one == bare or one.startswith(f"{bare};") for one in held)


def link_header(*, next_url: str | None, previous_url: str | None) -> dict[str, str]:
    """Return the `Link` header of a list (RFC 8288), none where it has one page."""
    links = [f'<{url}>; rel="{rel}"' for url, rel in ((next_url, "next"), (previous_url, "prev")) if url]
    return {"Link": ", ".join(links)} if links else {}
