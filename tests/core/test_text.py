"""Words as the index keeps them: the quick way finds what looking at each sign finds."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import WORD_LENGTH, fold, is_ideograph, words_of

TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(max_codepoint=127)),
    # Signs that fold, join or stand alone, between ASCII ones.
    st.text(st.sampled_from("aB9 -_'\u2019.ÁßıİſﬁÆ\u0301\u0345\u00a0\u2028漢、𠀀①½\u0660\x1c\x00")),
)


def folded_sign_by_sign(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", plain)


def words_sign_by_sign(text: str) -> list[str]:
    words = [""]
    for char in folded_sign_by_sign(text):
        if is_ideograph(char):
            words += [char, ""]
        elif char.isalnum():
            words[-1] += char
        else:
            words.append("")
    return [word[:WORD_LENGTH] for word in words if word]


@given(TEXTS)
def test_a_text_is_folded_as_each_of_its_signs_is(text: str) -> None:
    assert fold(text) == folded_sign_by_sign(text)


@given(TEXTS)
def test_the_words_of_a_text_are_its_runs_of_letters_and_digits(text: str) -> None:
    assert words_of(text) == words_sign_by_sign(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ábrego García\u2019s flight-log, 2025", ["abrego", "garcia", "s", "flight", "log", "2025"]),
        ("snake_case", ["snake", "case"]),
        ("東京 Tokyo", ["東", "京", "tokyo"]),
        ("x" * 250, ["x" * 100]),
        ("é" * 250, ["e" * 100]),
        ("", []),
    ],
)
def test_words_are_folded_and_parted(text: str, words: list[str]) -> None:
    assert words_of(text) == words
