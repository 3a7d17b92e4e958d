"""The full-text index: what it holds of a record, and how a question is put to it.

It holds words already folded and split (`core.text`), so that SQLite's FTS5 and
PostgreSQL's tsvector find the same.  A row is numbered as its revision is, so
that a question about the past finds the words of the past.  Of actors, cases
and sources it holds public ones only.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import Connection, Select, bindparam, column, literal_column, select, table, text
from sqlalchemy.types import Integer

from app.core.text import words_of
from app.records.documents import Document
from app.records.vocabulary import RecordType, Visibility

# Phrases are counted in positions, of which PostgreSQL keeps this many.
MAX_WORDS = 16_000

# A row of the index, before it is added: the number of its revision, and its words.
WordsRow: TypeAlias = dict[str, int | str]

_ADD_TO_FTS5: Final = text("INSERT INTO search_words(rowid, words) VALUES (:seq, :words)")
_ADD_TO_VECTORS: Final = text("INSERT INTO search_words(seq, words) VALUES (:seq, CAST(:words AS tsvector))")
_SEARCH_WORDS = table("search_words", column("rowid", Integer), column("seq", Integer))


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a question: words that follow each other, the last one perhaps a prefix."""

    words: tuple[str, ...]
    is_prefix: bool = False
    is_negated: bool = False


# A quoted phrase, closed or not, or a run without blanks; either may be negated.
_PARTS = re.compile(r'(-?)(?:"([^"]*)("?)|(\S+))')


def parse_question(question: str) -> tuple[Term, ...]:
    """Return the terms of what someone typed: words, `"phrases"`, `prefix*`, `-not`.

    Total: whatever is typed means something, and signs without a letter or a
    digit mean nothing.
    """
    terms: list[Term] = []
    for sign, phrase, _close, run in _PARTS.findall(question):
        words = tuple(words_of(phrase or run))
        if words:
            terms.append(Term(words, is_prefix=run.endswith("*"), is_negated=sign == "-"))
    return tuple(terms)


def texts_of(record_type: RecordType, document: Document) -> list[str]:
    """Return the texts of a document that can be searched."""
    match record_type:
        case RecordType.EVENT:
            place = document["place"] or {}
            quotes = [citation["quote"] for citation in document["citations"]]
            found = [document["title"], document["summary"], place.get("name"), *quotes]
            found.append(document["details"].get("quote"))
        case RecordType.ACTOR:
            found = [document["name"], *document["aliases"]]
        case RecordType.CASE:
            found = [document["title"], document["summary"]]
        case RecordType.SOURCE:
            found = [document["title"], document["publisher"]]
        case RecordType.ALLEGATION | RecordType.OBLIGATION:
            # There is no list of them that is searched.
            found = []
    return [one for one in found if one]


def _indexed_words(record_type: RecordType, document: Document) -> list[str]:
    if record_type is not RecordType.EVENT and document["visibility"] != Visibility.PUBLIC:
        return []
    words: list[str] = []
    for one in texts_of(record_type, document):
        # A word that nobody can type stands between texts, so that no phrase spans two of them.
        words.extend([*words_of(one), "\u2c00"])
    return words[:MAX_WORDS]


def add_words(connection: Connection, record_type: RecordType, seq: int, document: Document) -> None:
    """Index one revision."""
    row = row_of(record_type, seq, document, dialect=connection.dialect.name)
    add_rows(connection, [row] if row else [])


def row_of(record_type: RecordType, seq: int, document: Document, *, dialect: str) -> WordsRow | None:
    """Return the row of the index for one revision; `None` when there is nothing to be found by."""
    words = _indexed_words(record_type, document)
    if not words:
        return None
    return {"seq": seq, "words": " ".join(words) if dialect == "sqlite" else _vector(words)}


def add_rows(connection: Connection, rows: Sequence[WordsRow]) -> None:
    """Add rows to the index, if there are any."""
    if rows:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.execute(_ADD_TO_FTS5 if is_sqlite else _ADD_TO_VECTORS, rows)


def remove_words(connection: Connection, record_type: RecordType, seq: int, document: Document) -> None:
    """Take one revision out of the index; `document` must be as it was when it was indexed."""
    words = _indexed_words(record_type, document)
    if not words:
        return
    if connection.dialect.name == "sqlite":
        # The index keeps no text of its own, so it must be told what to forget.
        connection.execute(
            text("INSERT INTO search_words(search_words, rowid, words) VALUES ('delete', :seq, :words)"),
            {"seq": seq, "words": " ".join(words)},
        )
    else:
        connection.execute(text("DELETE FROM search_words WHERE seq = :seq"), {"seq": seq})


def _vector(words: Iterable[str]) -> str:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words, start=1):
        places.setdefault(word, []).append(place)
    # A lexeme keeps 255 places at the most; more would be dropped with a notice.
    return " ".join(f"'{word}':{','.join(map(str, at[:255]))}" for word, at in places.items())


def matching(term: Term, *, dialect: str) -> Select[int]:
    """Return the query for the numbers of the revisions that contain the term, negated or not."""
    # Words hold letters and digits only, so that quoting them is safe.
    if dialect == "sqlite":
        pattern = '"' + " ".join(term.words) + '"' + ("*" if term.is_prefix else "")
        return select(_SEARCH_WORDS.c.rowid).where(
            literal_column("search_words").op("MATCH")(bindparam(None, pattern))
        )
    quoted = [f"'{word}'" for word in term.words]
    if term.is_prefix:
        quoted[-1] += ":*"
    return select(_SEARCH_WORDS.c.seq).where(
        literal_column("words").op("@@")(
            text("CAST(:pattern AS tsquery)").bindparams(
                bindparam("pattern", " <-> ".join(quoted), unique=True)
            )
        )
    )
