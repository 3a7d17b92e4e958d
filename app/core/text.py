"""Text folded for search and for sorting: without case, marks and punctuation."""

import unicodedata
from typing import Final

# PostgreSQL refuses lexemes past 2 kB, and nobody types so long a word.
WORD_LENGTH: Final = 100


def fold(text: str) -> str:
    """Return the text without case and without diacritics (`Ábrego` is `abrego`)."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", plain)


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
    words: list[str] = []
    run: list[str] = []

    def end_run() -> None:
        if run:
            words.append("".join(run)[:WORD_LENGTH])
            run.clear()

    for char in fold(text):
        if is_ideograph(char):
            end_run()
            words.append(char)
        elif char.isalnum():
            run.append(char)
        else:
            end_run()
    end_run()
    return words
