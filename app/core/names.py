"""Finds a person's name in texts and puts a label in its place.

A spelling is found whatever its capitals and accents, and whatever joins its
words: blanks as in prose, hyphens as in addresses.  It is found as whole words
only, so that `Ed` is not taken out of `Edward`.
"""

import re
import sys
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Final

from pydantic import JsonValue

from app.core.text import fold, is_ideograph, words_of

# What may stand between the words of a name: anything but letters and digits, or an escaped blank.
_JOINT: Final = r"(?:%20|[\W_])+"
SLUG_LENGTH: Final = 80
_ADDRESS: Final = re.compile(r"https?://\S+|[a-z0-9]+(?:-[a-z0-9]+)*")


@lru_cache(maxsize=1)
def _marks() -> re.Pattern[str]:
    # Built when first needed: it looks at every character there is.
    marks = "".join(
        chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Mn"
    )
    return re.compile(f"[{re.escape(marks)}]+")


def _pattern_of(words: list[str]) -> str:
    """Return the pattern of a spelling in folded text."""
    parts = [re.escape(words[0])]
    for before, word in pairwise(words):
        # Scripts that join their words: nothing need stand between, or around them.
        parts += [
            "[\\W_]*" if is_ideograph(before[-1]) and is_ideograph(word[0]) else _JOINT,
            re.escape(word),
        ]
    start = "" if is_ideograph(words[0][0]) else r"(?<![^\W_])"
    end = "" if is_ideograph(words[-1][-1]) else r"(?![^\W_])"
    return start + "".join(parts) + end


def slugify(text: str) -> str:
    """Return the text as part of an address: its words, folded, in ASCII, joined by hyphens."""
    return "-".join(word for word in words_of(text) if word.isascii())[:SLUG_LENGTH].strip("-") or "redacted"


class Names:
    """The spellings of one name, and the label that replaces them."""

    def __init__(self, spellings: Iterable[str], label: str) -> None:
        """Prepare the search; a spelling without a letter or a digit is none."""
        self.label = label
        self.slug = slugify(label)
        # Strings that are replaced where they are all there is: slugs, as filters name them.
        self.exact: dict[str, str] = {}
        # What was replaced, as it was written.
        self.found: set[str] = set()
        self.words: set[str] = set()
        # One word of each spelling: a text without any of them need not be looked at closely.
        self._rarest: set[str] = set()
        patterns: set[str] = set()
        for spelling in spellings:
            words = words_of(spelling)
            if words:
                self.words.update(words)
                self._rarest.add(max(words, key=len))
                patterns.add(_pattern_of(words))
        # The longest first, so that a part of a name never spoils the whole.
        alternatives = "|".join(sorted(patterns, key=len, reverse=True))
        self._pattern = re.compile(alternatives) if patterns else None

    def may_be_in(self, text: str) -> bool:
        """Tell whether a text, or the JSON of one, could hold the name.  Quick, and never wrongly `False`."""
        plain = _marks().sub("", unicodedata.normalize("NFKD", text).casefold())
        return any(word in plain for word in self._rarest) or any(slug in text for slug in self.exact)

    def replace(self, text: str) -> str:
        """Return the text with the label in place of every spelling."""
        if text in self.exact:
            self.found.add(text)
            return self.exact[text]
        if self._pattern is None:
            return text
        folded, places = _fold_in_place(text)
        parts: list[str] = []
        last = 0
        is_address = _ADDRESS.fullmatch(text) is not None
        for match in self._pattern.finditer(folded):
            start, end = places[match.start()], places[match.end()]
            written = text[start:end]
            self.found.add(written)
            is_joined = is_address or re.search(r"[-_+%]", written) is not None
            parts += [text[last:start], self.slug if is_joined else self.label]
            last = end
        return "".join([*parts, text[last:]])

    def replace_in(self, value: JsonValue, *, coded: Collection[str], name: str = "") -> JsonValue:
        """Return a JSON value with the label in place of every spelling in every string of it.

        Members called as in `coded` hold words of closed sets, dates and ids: a person
        called June must not take the month out of a date.  `name` is the member's own.
        """
        match value:
            case str() if name in coded:
                return self.exact.get(value, value)
            case str():
                return self.replace(value)
            case list():
                return [self.replace_in(one, coded=coded, name=name) for one in value]
            case dict():
                return {key: self.replace_in(one, coded=coded, name=key) for key, one in value.items()}
            case _:
                return value


def _fold_in_place(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each place in it (and its end) the place in the text it came from."""
    folded: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text):
        plain = fold(char)
        if not plain and places:
            # A mark belongs to the letter before it: the name ends behind both.
            continue
        folded.append(plain)
        places.extend([index] * len(plain))
    places.append(len(text))
    return "".join(folded), places
