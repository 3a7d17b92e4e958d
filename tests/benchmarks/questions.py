"""What is asked: one question, and how each of the servers is asked it.

A series of questions never repeats itself as long as it is read: the window of dates
grows by a day each time, so that no server has answered the same address before.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Final
from urllib.parse import urlencode

from tests.benchmarks.data import ACTORS, COUNTRIES, STANDINGS, TAGS, TYPES, WORDS

UNIX_EPOCH: Final = date(1970, 1, 1)
# Before and after everything that the data says.
FIRST, LAST = date(2004, 12, 1), date(2030, 1, 1)
# Every event of a small case lies within so many days.
CASE_DAYS: Final = 130
# Events of these types and of three others are more than half of a case, so that a page is full.
COMMON: Final = ("statement", "court_filing", "court_order")
RARER: Final = tuple(kind for kind in TYPES if kind not in COMMON)[:5]
# Words that are neither in every event nor in hardly any; two of them fill a page.
SEARCHED: Final = WORDS[100:1_000]
ACROSS: Final = ("actor", "country", "tag", "standing", "date")


@dataclass(frozen=True, slots=True)
class Question:
    """A filter of a timeline, or with `by` of facets."""

    case: str | None = None
    types: tuple[str, ...] = ()
    # Both days belong to the window; `None` is no end.
    since: date | None = None
    until: date | None = None
    # Of actor, country, tag and standing: which one, and its value.
    named: tuple[str, str] | None = None
    words: str | None = None
    by: tuple[str, ...] = ()
    as_of: str | None = None

    @property
    def seconds(self) -> tuple[int, int]:
        """Return the window as the opponents compare it: seconds since 1970, half-open."""
        since, until = self.since or date(1, 1, 1), self.until or date(9999, 12, 30)
        return (since - UNIX_EPOCH).days * 86_400, ((until - UNIX_EPOCH).days + 1) * 86_400


def ours(question: Question) -> str:
    """Return the address to ask us by; the limit understands those of `pages` too."""
    kind = "facets" if question.by else "timeline"
    path = f"/v1/cases/{question.case}/{kind}" if question.case else f"/v1/{kind}"
    given = [*(("type", one) for one in question.types), *(("by", one) for one in question.by)]
    given += [question.named] if question.named else []
    optional = {
        "q": question.words,
        "since": question.since,
        "until": question.until,
        "as_of": question.as_of,
    }
    given += [(name, str(value)) for name, value in optional.items() if value is not None]
    return f"{path}?{urlencode(given)}"


def canned(question: Question) -> str:
    """Return the address of Datasette's query, written for the purpose."""
    since, until = question.seconds
    name, value = question.named or ("date", "")
    given = {"_shape": "array", "since": since, "until": until}
    if question.case:
        name = "page"
        given |= {"case": question.case, "types": json.dumps(question.types)}
    elif value:
        given |= {name: value}
    return f"/opponents/{name}.json?{urlencode(given)}"


def table(question: Question) -> str:
    """Return the address of Datasette's table, with its filters, search and facets."""
    since, until = question.seconds
    window = [("end_latest__gt", str(since)), ("start_earliest__lt", str(until))] if question.since else []
    # A page is wanted of nobody who asks for counts.
    given = [("_nocount", "1"), ("_size", "0" if question.by else "50")]
    if question.case:
        given.append(("case_slug", question.case))
    if question.types:
        given.append(("type__in", ",".join(question.types)))
    if question.words:
        given.append(("_search", question.words))
    for one in question.by:
        given += [("_facet", one), ("_facet_size", "max")]
    match question.named:
        case ("actor" | "tag" as name, value):
            tie = {"actor": ("event_actors", "slug"), "tag": ("event_tags", "tag")}[name]
            through = {"table": tie[0], "column": tie[1], "value": value}
            given.append(("_through", json.dumps(through)))
            # It binds the values of these to the same names, and leaves nobody out by them.
            window = []
        case (name, value):
            given.append((name, value))
        case None:
            pass
    return f"/opponents/events.json?{urlencode(given + window)}"


def django(question: Question) -> str:
    """Return the address to ask Django by: a page of one case."""
    since, until = question.seconds
    given = {"case": question.case, "type": ",".join(question.types), "since": since, "until": until}
    return f"/events/?{urlencode(given)}"


def pages(cases: Sequence[int], *, as_of: str | None = None, seed: int = 0) -> Iterator[Question]:
    """Yield pages of one case each, by type and date; `cases` are the numbers of small ones."""
    chance = random.Random(seed)
    for number in count():
        case = chance.choice(cases)
        kinds = (*COMMON, *chance.sample(RARER, 3))
        since = date(2005, 1, 1) + timedelta(days=case * 37 % 7_000 + number % 10)
        until = since + timedelta(days=CASE_DAYS + number // 10 % 100_000)
        yield Question(f"case-{case}", kinds, since, until, as_of=as_of)


def across(kind: str) -> Iterator[Question]:
    """Yield questions across all cases by one property: `date` is a window of at least 90 days."""
    chance = random.Random(kind)
    for number in count():
        since, until = FIRST - timedelta(days=number % 1_000), LAST + timedelta(days=number // 1_000)
        named: tuple[str, str] | None = None
        match kind:
            case "actor":
                named = ("actor", f"actor-{chance.randrange(ACTORS)}")
            case "country":
                named = ("country", chance.choice(COUNTRIES))
            case "tag":
                named = ("tag", chance.choice(TAGS))
            case "standing":
                named = ("standing", chance.choice(STANDINGS))
            case _:
                # All over the years, each day once before any comes again with a longer window.
                since = date(2005, 1, 1) + timedelta(days=number * 1_009 % 6_900)
                until = since + timedelta(days=90 + number // 6_900)
        yield Question(since=since, until=until, named=named)


def searches() -> Iterator[Question]:
    """Yield questions for two words each."""
    chance = random.Random(0)
    asked = set()
    while True:
        words = f"{chance.choice(SEARCHED)} {chance.choice(SEARCHED)}"
        if words not in asked:
            asked.add(words)
            yield Question(words=words)


def facets() -> Iterator[Question]:
    """Yield questions for the counts of the large case by type and year."""
    for number in count():
        since, until = FIRST - timedelta(days=number % 1_000), LAST + timedelta(days=number // 1_000)
        yield Question("case-0", since=since, until=until, by=("type", "year"))


def firsts() -> Iterator[Question]:
    """Yield first pages of the large case."""
    for number in count():
        since, until = FIRST - timedelta(days=number % 1_000), LAST + timedelta(days=number // 1_000)
        yield Question("case-0", since=since, until=until)


def sample(questions: Iterable[Question], size: int) -> list[Question]:
    """Return the first few questions of a series."""
    return [question for question, _ in zip(questions, range(size), strict=False)]
