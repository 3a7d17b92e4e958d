"""Dates in English words."""

from typing import Final

from app.core.edtf.terms import Element, Precision

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
SEASONS: Final = {21: "spring", 22: "summer", 23: "autumn", 24: "winter"}
_SIZES: Final[dict[Precision, int]] = {"decade": 10, "century": 100, "millennium": 1000}
_QUALIFIERS: Final = {
    "approximate": "about {}",
    "uncertain": "{} (uncertain)",
    "both": "about {} (uncertain)",
}


def year_words(year: int) -> str:
    """Return a year as people write it: 1 BC is the astronomical year 0."""
    if year <= 0:
        return f"{1 - year} BC"
    # A bare "79" would be read as 1979.
    return f"AD {year}" if year < 1000 else str(year)  # noqa: PLR2004 - four digits


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def _years_words(year: int, size: int) -> str:
    # Year 0 is 1 BC, so these years are no decade or century as people count them.
    return f"between {year_words(year)} and {year_words(year + size - 1)}"


def _plain(element: Element) -> str:  # noqa: PLR0911 - one line for each precision
    year, *rest = element.fields
    if year < 0 and element.precision in _SIZES:
        return _years_words(year, _SIZES[element.precision])
    match element.precision:
        case "millennium":
            return f"{_ordinal(year // 1000 + 1)} millennium"
        case "century":
            return f"{_ordinal(year // 100 + 1)} century"
        case "decade":
            return f"{year_words(year)}s" if year else _years_words(year, _SIZES["decade"])
        case "year":
            return year_words(year)
        case "season":
            return f"{SEASONS[rest[0]]} {year_words(year)}"
        case "month":
            return f"{MONTHS[rest[0] - 1]} {year_words(year)}"
        case "hour":
            day = f"{rest[1]} {MONTHS[rest[0] - 1]} {year_words(year)}"
            return f"{day}, in the hour from {rest[2]:02}:{rest[3]:02}"
        case "day" | "minute" | "second":
            date = f"{rest[1]} {MONTHS[rest[0] - 1]} {year_words(year)}"
            clock = ":".join(f"{part:02}" for part in rest[2:])
            return f"{date}, {clock}" if clock else date


def element_words(element: Element) -> str:
    """Return one date in words, its qualifier included."""
    pattern = _QUALIFIERS[element.qualifier] if element.qualifier else "{}"
    return pattern.format(_plain(element))


def span_words(start: Element | str, end: Element | str) -> str:
    """Return a span in words; an end that is not a date is `".."` (open) or `""` (unknown)."""
    match start, end:
        case Element(), Element():
            return f"{element_words(start)} to {element_words(end)}"
        case Element(), str():
            return f"from {element_words(start)}" + ("" if end else ", end unknown")
        case str(), Element():
            return f"until {element_words(end)}" + ("" if start else ", start unknown")
        case _:
            unknown = [name for name, end in (("start", start), ("end", end)) if not end]
            return f"{unknown[0]} unknown" if unknown else "at all times"


def one_of_words(members: list[tuple[Element | None, Element | None]]) -> str:
    """Return a set of which one member is meant; a pair is a range, `None` its open end."""
    return " or ".join(_range_words(first, last) for first, last in members)


def _range_words(first: Element | None, last: Element | None) -> str:
    if first is None and last is not None:
        return f"by {element_words(last)}"
    if first is not None and last is None:
        return f"{element_words(first)} or later"
    if first is not None and last is not None and first is not last:
        return f"between {element_words(first)} and {element_words(last)}"
    return element_words(first) if first is not None else "at any time"
