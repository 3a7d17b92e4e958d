"""Finds a person's name in texts and puts a label in its place.

A spelling is found whatever its capitals and accents, and whatever joins its
words: blanks as in prose, hyphens as in addresses, escaped or not.  It is found
as whole words only, so that `Ed` is not taken out of `Edward`.
"""

import re
import sys
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from pydantic import JsonValue

from app.core.text import fold, is_ideograph

# Slugs are part of tags and addresses, which have their own bounds.
SLUG_LENGTH: Final = 60
_ADDRESS: Final = re.compile(r"https?://\S+|[a-z0-9]+(?:-[a-z0-9]+)*")
_ESCAPES: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]{2,}\Z")
# Thai, Lao, Burmese, Khmer: nothing stands between one word and the next.
_RUN_ON: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_APOSTROPHES: Final = frozenset("'\u2019`")
# What a label makes with the words around it may be the name again, but never for long.
_PASSES: Final = 100


@lru_cache(maxsize=1)
def _classes() -> tuple[re.Pattern[str], str]:
    # Built when first needed: it looks at every character there is.
    found: dict[str, list[str]] = {"Mn": [], "Cf": [], "Mc": []}
    for code in range(sys.maxunicode + 1):
        if (category := unicodedata.category(chr(code))) in found:
            found[category].append(re.escape(chr(code)))
    return re.compile(f"[{''.join(found['Mn'] + found['Cf'])}]+"), "".join(found["Mc"])


def _plain(text: str) -> str:
    """Return the text as spellings are compared: folded, without what is not seen."""
    if text.isascii():
        return text.lower()
    return _classes()[0].sub("", fold(_classes()[0].sub("", text)))


def _words_with_joints(spelling: str) -> tuple[list[str], list[str]]:
    """Return the words of a spelling, and what stands between them."""
    plain = _plain(spelling)
    found = list(re.finditer(rf"(?:[^\W_]|[{_classes()[1]}])+", plain))
    words: list[str] = []
    joints: list[str] = []
    last = 0
    for run in found:
        for word in _apart(run[0]):
            if words:
                joints.append(plain[last : run.start()])
            words.append(word)
            last = run.start()
        last = run.end()
    return words, joints


def _apart(run: str) -> Iterator[str]:
    """Yield the words of a run of letters: each ideograph is one by itself."""
    word = ""
    for char in run:
        if not is_ideograph(char):
            word += char
            continue
        if word:
            yield word
            word = ""
        yield char
    if word:
        yield word


def _pattern_of(words: list[str], joints: list[str]) -> str:
    """Return the pattern of a spelling in plain text."""
    parts = [re.escape(words[0])]
    for (before, word), joint in zip(pairwise(words), joints, strict=True):
        # Some words are written in one with the next: those of `O'Brien`, and of scripts without blanks.
        is_tight = is_ideograph(before[-1]) or is_ideograph(word[0]) or joint in _APOSTROPHES
        parts += [r"[\W_]*" if is_tight else r"[\W_]+", re.escape(word)]
    letters = rf"(?<![^\W_])(?<![{_classes()[1]}])", rf"(?![^\W_]|[{_classes()[1]}])"
    first, last = words[0], words[-1]
    start = "" if is_ideograph(first[0]) or _RUN_ON.match(first) else letters[0]
    # A Korean particle follows its name without a blank.
    is_open = is_ideograph(last[-1]) or _RUN_ON.match(last[-1]) or _HANGUL.search(last)
    return start + "".join(parts) + ("" if is_open else letters[1])


def slugify(text: str) -> str:
    """Return the text as part of an address: its words, folded, in ASCII, joined by hyphens."""
    words = [word for word in _words_with_joints(text)[0] if word.isascii()]
    return "-".join(words)[:SLUG_LENGTH].strip("-") or "redacted"


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
            words, joints = _words_with_joints(spelling)
            if words:
                self.words.update(words)
                self._rarest.add(max(words, key=len))
                patterns.add(_pattern_of(words, joints))
        # The longest first, so that a part of a name never spoils the whole.
        alternatives = "|".join(sorted(patterns, key=lambda one: (-len(one), one)))
        self._pattern = re.compile(alternatives) if patterns else None

    def may_be_in(self, text: str) -> bool:
        """Tell whether a text, or the JSON of one, could hold the name.  Quick, and never wrongly `False`."""
        plain = _plain(unquote(text) if "%" in text else text)
        return any(word in plain for word in self._rarest) or any(slug in text for slug in self.exact)

    def replace(self, text: str) -> str:
        """Return the text with the label in place of every spelling."""
        if text in self.exact:
            self.found.add(text)
            return self.exact[text]
        return self.replace_spellings(text)

    def replace_spellings(self, text: str) -> str:
        """Do as `replace`, and take no notice of the exact strings."""
        for _ in range(_PASSES):
            before, text = text, self._replace_once(text)
            if text == before:
                break
        return text

    def _replace_once(self, text: str) -> str:
        if self._pattern is None:
            return text
        plain, places = _plain_in_place(text)
        parts: list[str] = []
        last = 0
        is_address = _ADDRESS.fullmatch(text) is not None
        for match in self._pattern.finditer(plain):
            start, end = places[match.start()][0], places[match.end() - 1][1]
            if start < last:
                continue
            written = text[start:end]
            self.found.add(written)
            is_joined = is_address or re.search(r"[-_+%]", written) is not None
            parts += [text[last:start], self.slug if is_joined else self.label]
            last = end
        return "".join([*parts, text[last:]])

    def replace_in(
        self, value: JsonValue, *, coded: Collection[str], references: Collection[str] = (), name: str = ""
    ) -> JsonValue:
        """Return a JSON value with the label in place of every spelling in every string of it.

        Members called as in `coded` hold words of closed sets, dates and ids: a person
        called June must not take the month out of a date.  Those called as in `references`
        name a record, by its slug perhaps.  `name` is the member's own.
        """
        match value:
            case str() if name in coded:
                return value
            case str() if name in references:
                return self.exact.get(value, value)
            case str():
                return self.replace(value)
            case list():
                return [self.replace_in(one, coded=coded, references=references, name=name) for one in value]
            case dict():
                return {
                    key: self.replace_in(one, coded=coded, references=references, name=key)
                    for key, one in value.items()
                }
            case _:
                return value


def _plain_in_place(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the plain text, and for each sign of it where what it stands for begins and ends."""
    if text.isascii() and "%" not in text:
        return text.lower(), [(index, index + 1) for index in range(len(text))]
    signs: list[str] = []
    places: list[tuple[int, int]] = []
    for cluster, start, end in _clusters(text):
        plain = _plain(cluster)
        if plain:
            signs.append(plain)
            places.extend([(start, end)] * len(plain))
        elif places:
            # A mark belongs to the letter before it: the name ends behind both.
            (begun, _), count = places[-1], len(signs[-1])
            places[-count:] = [(begun, end)] * count
    return "".join(signs), places


def _clusters(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what makes one letter, and where: signs that compose, such as the parts of a Korean syllable."""
    cluster, start, end = "", 0, 0
    for char, begins, ends in _signs(text):
        joined = unicodedata.normalize("NFC", cluster + char)
        if cluster and len(joined) == len(unicodedata.normalize("NFC", cluster)):
            cluster, end = cluster + char, ends
            continue
        if cluster:
            yield cluster, start, end
        cluster, start, end = char, begins, ends
    if cluster:
        yield cluster, start, end


def _signs(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the signs of a text, with those that are escaped as in addresses decoded."""
    last = 0
    for run in _ESCAPES.finditer(text):
        yield from ((text[at], at, at + 1) for at in range(last, run.start()))
        octets = bytes.fromhex(run[0].replace("%", ""))
        at = 0
        while at < len(octets):
            size = next((n for n in range(1, 5) if _is_sign(octets[at : at + n])), 0)
            char = octets[at : at + size].decode() if size else "\ufffd"
            here = run.start() + 3 * at
            at += size or 1
            yield char, here, run.start() + 3 * at
        last = run.end()
    yield from ((text[at], at, at + 1) for at in range(last, len(text)))


def _is_sign(octets: bytes) -> bool:
    try:
        return len(octets.decode()) == 1
    except UnicodeDecodeError:
        return False
