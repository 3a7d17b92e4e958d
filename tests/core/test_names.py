"""A name is taken out of texts wherever it stands, and nothing else is."""

import unicodedata
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import JsonValue

from app.core.names import Names, slugify

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]
LABEL: Final = "Plaintiff A"
LETTERS: Final = "abcdeéñüßż\u03b1\u03b2\u0434\u0436"
FORMS: Final[tuple[Form, ...]] = ("NFC", "NFD", "NFKC", "NFKD")
CODED: Final = frozenset({"occurred", "type", "kind", "role"})
words = st.text(st.sampled_from(LETTERS), min_size=1, max_size=6)
names = st.lists(words, min_size=1, max_size=3)
texts = st.text(st.sampled_from(LETTERS + " -_.,'%20/\n"), max_size=40)


def without(text: str, *spellings: str, label: str = LABEL) -> str:
    return Names(spellings, label).replace(text)


@pytest.mark.parametrize(
    ("spelling", "text", "expected"),
    [
        ("Kilmar Ábrego", "Kilmar Ábrego spoke.", "Plaintiff A spoke."),
        ("Kilmar Ábrego", "KILMAR ABREGO'S plea", "Plaintiff A'S plea"),
        ("Kilmar Abrego", "Kílmar  Ábrego", "Plaintiff A"),
        ("Kilmar Abrego", "Kilmar\nAbrego", "Plaintiff A"),
        ("Kilmar Abrego", "kilmar-abrego", "plaintiff-a"),
        ("Kilmar Abrego", "kilmar-abrego-v-noem", "plaintiff-a-v-noem"),
        ("Kilmar Abrego", "https://e.org/kilmar_abrego.pdf", "https://e.org/plaintiff-a.pdf"),
        ("Kilmar Abrego", "https://e.org/?q=kilmar%20abrego&p=1", "https://e.org/?q=plaintiff-a&p=1"),
        ("Kilmar Ábrego", "https://e.org/Kilmar_%C3%81brego", "https://e.org/plaintiff-a"),
        ("Kilmar Ábrego", "https://e.org/%4bilmar+%c3%a1brego", "https://e.org/plaintiff-a"),
        ("Kilmar Abrego", "Kil\u00admar Abre\u200bgo", "Plaintiff A"),
        ("Ed", "Edward and Ed and Red", "Edward and Plaintiff A and Red"),
        ("Ed", "Ed2 2Ed Ed_2", "Ed2 2Ed Plaintiff A_2"),
        ("O'Brien", "O\u2019Brien, OBrien, o-brien", "Plaintiff A, Plaintiff A, plaintiff-a"),
        ("习近平", "习近平说", "Plaintiff A说"),
        ("习近平", "习 近平", "Plaintiff A"),
        ("김철수", "김철수가 말했다", "Plaintiff A가 말했다"),
        ("김철수", "김철순", "김철순"),
        ("राम", "रामायण राम", "रामायण Plaintiff A"),
        ("สมชาย", "นายสมชายพูด", "นายPlaintiff Aพูด"),
        ("Straße", "STRASSE", "Plaintiff A"),
        ("June", "In June 2025, Juneau", "In Plaintiff A 2025, Juneau"),
        ("Ada", "", ""),
    ],
)
def test_a_name_is_found_however_it_is_written(spelling: str, text: str, expected: str) -> None:
    assert without(text, spelling) == expected


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "name", ["Ábrego García", "김철수", "Nguyễn Thị", "が行", "\uff37\uff49\uff44\uff45 Name"]
)
def test_a_name_is_found_in_every_form_of_unicode(name: str, form: Form) -> None:
    text = "x " + unicodedata.normalize(form, name) + " y"

    assert Names([name], LABEL).may_be_in(text)
    assert without(text, name) == "x Plaintiff A y"


def test_the_longest_spelling_is_taken_first() -> None:
    assert without("Ada Byron King, Ada Byron", "Ada Byron", "Ada Byron King") == "Plaintiff A, Plaintiff A"


def test_what_a_label_makes_with_its_neighbours_is_no_name() -> None:
    assert "A B" not in without("A B B B", "A B", label="Doe A")


def test_words_of_closed_sets_dates_and_ids_are_left_alone() -> None:
    found = Names(["June", "Court"], "Person X")
    found.exact["court"] = "person-x"
    document: dict[str, JsonValue] = {
        "occurred": "June",
        "kind": "court",
        "actors": [{"actor": "court", "role": "court"}],
        "tags": ["june", "court"],
        "title": "June in court",
        "n": 5,
        "none": None,
    }

    assert found.replace_in(document, coded=CODED, references={"actor"}) == {
        "occurred": "June",
        "kind": "court",
        "actors": [{"actor": "person-x", "role": "court"}],
        "tags": ["person-x", "person-x"],
        "title": "Person X in Person X",
        "n": 5,
        "none": None,
    }


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Plaintiff A", "plaintiff-a"), ("Ábc & D", "abc-d"), ("习近平", "redacted"), ("—", "redacted")],
)
def test_a_slug_is_made_of_the_label(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(
    names,
    texts,
    texts,
    st.sampled_from([" ", "-", "_", "%20", "+", ", "]),
    st.sampled_from(["plain", "shouted", "escaped"]),
)
def test_nothing_of_a_name_remains(name: list[str], before: str, after: str, joint: str, form: str) -> None:
    spelling = " ".join(name)
    written = joint.join(quote(word) if form == "escaped" else word for word in name)
    text = f"{before} {written.upper() if form == 'shouted' else written} {after}"
    found = Names([spelling], "X")
    assume(found.replace("X") == "X" and found.replace("x") == "x")

    assert found.may_be_in(text)
    left = found.replace(text)
    assert left != text
    again = Names([spelling], "X")
    assert again.replace(left) == left
    assert not again.found


@given(names, texts)
def test_a_text_without_the_name_is_untouched(name: list[str], text: str) -> None:
    found = Names([" ".join(name)], LABEL)
    if not found.may_be_in(text):
        assert found.replace(text) == text
        assert not found.found


@given(st.lists(words, min_size=1, max_size=2), st.lists(words, max_size=8))
def test_only_whole_words_are_taken(name: list[str], text: list[str]) -> None:
    folded = [unicodedata.normalize("NFKD", word).casefold() for word in text]
    plain = ["".join(char for char in word if not unicodedata.combining(char)) for word in folded]
    folded_name = [
        "".join(
            char for char in unicodedata.normalize("NFKD", word).casefold() if not unicodedata.combining(char)
        )
        for word in name
    ]
    size = len(name)
    is_in = any(plain[at : at + size] == folded_name for at in range(len(plain) - size + 1))

    assert (without(" ".join(text), " ".join(name), label="0") != " ".join(text)) == is_in


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3), st.text(max_size=60))
def test_any_text_at_all_can_be_searched(spellings: list[str], text: str) -> None:
    found = Names(spellings, "0")
    assume(found.replace("0") == "0")
    left = found.replace(text)

    assert found.may_be_in(text) or left == text
    assert found.replace(left) == left
