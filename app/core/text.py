"""Text folded for search and for sorting: without case, marks and punctuation."""

import re
import unicodedata
from typing import Final

# PostgreSQL refuses lexemes past 2 kB, and nobody types so long a word.
WORD_LENGTH: Final = 100

# Whoever loads a million events spends most of this module's time on plain ASCII:
# only what lies beyond it is looked at sign by sign.
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
# A blank for each ASCII sign that is neither letter nor digit.
_BLANKED: Final = "".join(char if char.isalnum() else " " for char in map(chr, range(128)))


def fold(text: str) -> str:
    """Return the text without case and without diacritics (`Ábrego` is `abrego`)."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _BEYOND_ASCII.sub(_without_marks, decomposed))


def _without_marks(run: re.Match[str]) -> str:
    return "".join(char for char in run[0] if unicodedata.category(char) != "Mn")


def sort_name(text: str) -> str:
    """Return what a list sorts a name by."""
    return " ".join(fold(text).split())


def is_ideograph(char: str) -> bool:
    """Tell whether a sign is a word by itself."""
    # Scripts written without blanks: each sign is a word, so that a part of a run is found.
    return (
        "\u2e80" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\U00020000" <= char <= "\U0003ffff"
    )


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, folded: runs of letters and digits, and single ideographs."""
    folded = fold(text)
    if not folded.isascii():
        folded = _BEYOND_ASCII.sub(_apart, folded)
    words = folded.translate(_BLANKED).split()
    if max(map(len, words), default=0) > WORD_LENGTH:
        return [word[:WORD_LENGTH] for word in words]
    return words


def _apart(run: re.Match[str]) -> str:
    """Return a run of signs beyond ASCII with blanks wherever a word ends."""
    return "".join(f" {char} " if is_ideograph(char) else char if char.isalnum() else " " for char in run[0])
