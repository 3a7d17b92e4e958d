"""Finds a text in bytes, however it was encoded."""

import base64
import html
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from app.core.text import sort_name


def encodings_of(text: str) -> set[bytes]:
    """Return the bytes to look for: as it is, and escaped for JSON, addresses, HTML, base 64 and hexadecimal.

    Also folded, as lists are sorted by it; of base 64 what is the same wherever the text stands.
    """
    found: set[bytes] = set()
    for one in {text, sort_name(text)}:
        raw = one.encode()
        found |= {raw, json.dumps(one)[1:-1].encode(), raw.hex().encode(), raw.hex().upper().encode()}
        found |= {quote(one, safe="").encode(), quote_plus(one).encode()}
        found |= {html.escape(one).encode(), one.encode("ascii", "xmlcharrefreplace")}
        for shift, skipped in ((0, 0), (1, 2), (2, 3)):
            whole = base64.b64encode(b"\0" * shift + raw)
            inner = whole[skipped : (shift + len(raw)) * 8 // 6]
            found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def found_in(sent: bytes, needles: Iterable[tuple[str, set[bytes]]]) -> list[str]:
    """Return the texts that are in what was sent."""
    return [text for text, encodings in needles if any(one in sent for one in encodings)]
