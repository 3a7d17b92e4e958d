"""Pages of a list whose items are judged one by one, as most of them cannot be by the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from app.access.audience import Audience
from app.core.errors import InvalidCursorError
from app.core.paging import Cursor, decode_cursor, encode_cursor, fingerprint, link
from app.orders.answers import Parameters
from app.timeline.scene import Pin

Key: TypeAlias = tuple[int | str, ...]
Item = TypeVar("Item")
Kept = TypeVar("Kept")
AT_ONCE: Final = 200
# What a cursor does not fix.
NOT_FIXED: Final = frozenset({"limit", "after", "total"})


@dataclass(frozen=True, slots=True)
class Place:
    """Which page of which list is asked for."""

    fixed: str
    limit: int
    cursor: Cursor | None

    @property
    def is_backwards(self) -> bool:
        """Tell whether the page is read from its end."""
        return self.cursor is not None and self.cursor.is_backwards

    @property
    def start(self) -> Key | None:
        """Return the key of the item that the page begins after; `None`: it is the first page."""
        return None if self.cursor is None else self.cursor.key


@dataclass(frozen=True, slots=True)
class Page(Generic[Kept]):
    """A page: its items by their keys, in the order of the list."""

    items: list[tuple[Key, Kept]]
    has_next: bool
    has_previous: bool


def find_place(
    audience: Audience,
    path: str,
    parameters: Parameters,
    *,
    limit: int,
    after: str | None,
    key: Sequence[type],
) -> Place:
    """Return the page that is asked for; `InvalidCursorError` for a cursor of another list.

    `key` are the types of the parts of a key.
    """
    fixed = fingerprint(audience, path, *(one for one in parameters if one[0] not in NOT_FIXED))
    cursor = None if after is None else decode_cursor(after, expected=fixed)
    if cursor is not None and (
        tuple(map(type, cursor.key)) != tuple(key)
        or any(isinstance(part, str) and "\x00" in part for part in cursor.key)
    ):
        raise InvalidCursorError
    return Place(fixed, limit, cursor)


def pin_of(place: Place, as_of: Any) -> Pin:  # noqa: ANN401 - a moment or None
    """Return which past the page is of: its cursor's, so that pages are consistent, else what is asked."""
    return Pin(as_of) if place.cursor is None else Pin(None, place.cursor.seq)


def collect(
    place: Place,
    fetch: Callable[[Key | None, int], Sequence[tuple[Key, Item]]],
    keep: Callable[[Sequence[tuple[Key, Item]]], Sequence[tuple[Key, Kept]]],
    *,
    is_picky: bool,
) -> Page[Kept]:
    """Return the page of what is kept of what is fetched.

    `fetch` returns up to so many items after a key, in the direction the page is read.
    Where most are not kept, `is_picky` fetches more of them at a time.
    """
    size = max(place.limit + 1, AT_ONCE) if is_picky else place.limit + 1
    found: list[tuple[Key, Kept]] = []
    start = place.start
    while len(found) <= place.limit:
        fetched = fetch(start, size)
        found += keep(fetched)
        if len(fetched) < size:
            break
        start = fetched[-1][0]
    has_more = len(found) > place.limit
    found = found[: place.limit]
    if place.is_backwards:
        found.reverse()
    is_later = place.cursor is not None and (has_more or not place.is_backwards)
    return Page(found, bool(found) and (has_more or place.is_backwards), bool(found) and is_later)


def count(
    fetch: Callable[[Key | None, int], Sequence[tuple[Key, Item]]],
    keep: Callable[[Sequence[tuple[Key, Item]]], Sequence[tuple[Key, Kept]]],
) -> int:
    """Return how many of all items are kept."""
    start: Key | None = None
    found = 0
    while fetched := fetch(start, AT_ONCE):
        found += len(keep(fetched))
        start = fetched[-1][0]
    return found


def urls_of(
    place: Place, page: Page[Any], path: str, parameters: Parameters, reader_seq: int
) -> dict[str, str | None]:
    """Return the addresses of the pages on either side."""

    def address(key: Key, *, is_backwards: bool) -> str:
        cursor = encode_cursor(Cursor(place.fixed, reader_seq, is_backwards, key))
        return link(path, [*(one for one in parameters if one[0] != "after"), ("after", cursor)])

    return {
        "next": address(page.items[-1][0], is_backwards=False) if page.has_next else None,
        "previous": address(page.items[0][0], is_backwards=True) if page.has_previous else None,
    }
