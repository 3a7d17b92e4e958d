"""Other people's examples: each row agrees with us, or is listed here with the reason why not.

The files are no part of the project; where they are absent these tests are skipped.
"""

import json
from pathlib import Path
from typing import Final, TypedDict

import pytest

from app.core.edtf import OPEN_EARLIEST, OPEN_LATEST, Bounds, EdtfError, parse_occurred

FOLDER: Final = Path(__file__).parents[3] / "../shared/data/vectors/edtf"
DAY: Final = 86_400

NO_CENTURY = "two digits are a century there; here it is 20XX"
NO_DECADE = "three digits are a decade there; here it is 201X"
NO_FRACTION = "bounds are whole seconds"
NO_MIDNIGHT_24 = "RFC 3339 has no 24:00"
WHOLE_UNIT = "an instant lasts as long as its precision here, and not one millisecond"
NO_YEAR = "a year of which nothing is known bounds nothing: the event is undated"
MONTH_SEASONS = "seasons are quarters from January there, and whole months from March here"
NO_ALL_OF = "a set in braces is several dates, so several events"
NO_PARTIAL = "level 2: a qualifier on part of a date"
NO_INNER_X = "level 2: unspecified digits before specified ones, or a month of an unspecified year"
NO_EXPONENT = "level 2: an exponent"
NO_SIGNIFICANT = "level 2: significant digits"
NO_SEASONS = "level 2: seasons of a hemisphere, quarters and other parts of a year"
PADDED_END = "an unknown end is padded by ten years there, and has no bound here"
SHORT_WINTER = "winter is December alone there, and runs to the end of February here"
SEASON_DAY = "a season has no days"

OHM_DIFFERENT: Final[dict[str, dict[str, str]]] = {
    "ohm_level0.tsv": {
        "2020-05-01T10:30Z": WHOLE_UNIT,
        "2020-05-01T00:00Z": WHOLE_UNIT,
        "2020-05-01T23:59Z": WHOLE_UNIT,
        "2020-05-01T10:30:45Z": WHOLE_UNIT,
        "2020-05-01T10:30:45-05:00": WHOLE_UNIT,
        "2020-05-01T10:30:45+14:00": WHOLE_UNIT,
        "2020-05-01T10:30:45.123Z": NO_FRACTION,
        "2020-05-01T10:30:45.500-05:00": NO_FRACTION,
        "2020-05-01T24:00:00Z": NO_MIDNIGHT_24,
        **dict.fromkeys(("20", "00", "19", "-01", "-05", "-99"), NO_CENTURY),
    },
    "ohm_level1.tsv": {
        **dict.fromkeys(("XXXX", "XXXX-XX", "XXXX-XX-XX"), NO_YEAR),
        **dict.fromkeys(("2020-21", "2020-22", "2020-23", "2020-24", "1999-24"), MONTH_SEASONS),
    },
    "ohm_loc-spec.tsv": {
        "1985-04-12T23:20:30Z": WHOLE_UNIT,
        "1985-04-12T23:20:30-04:00": WHOLE_UNIT,
        "1985-04-12T23:20:30+04:30": WHOLE_UNIT,
        "2001-21": MONTH_SEASONS,
        "{1960,1961-12}": NO_ALL_OF,
    },
}

BOUNDS_DIFFERENT: Final[dict[str, str]] = {
    **dict.fromkeys(("/2006", "2004-06-01/", "1984-06-02?/"), PADDED_END),
    "2010-24": SHORT_WINTER,
    **dict.fromkeys(
        (
            "2004?-06-11",
            "2004-06~-11",
            "2004-06-~11",
            "2004-%06",
            "2004-?06-?11",
            "2004?-06-~11",
            "?2004-%06",
            "2004?-%06",
            "2004?-~06-~04",
            "2011-~06-~04",
            "2004-06-~01/2004-06-~20",
        ),
        NO_PARTIAL,
    ),
    **dict.fromkeys(("156X-12-25", "15XX-12-25", "1560-XX-25", "15XX-12-XX", "XXXX-XX-23"), NO_INNER_X),
    **dict.fromkeys(("{1667,1668, 1670..1672}", "{1960, 1961-12}"), NO_ALL_OF),
    **dict.fromkeys(("Y17E7", "Y-17E7"), NO_EXPONENT),
    **dict.fromkeys(
        ("1950S2", "1953S2", "1953S3", "Y17101E4S3", "Y3388E2S3", "Y171010000S3"), NO_SIGNIFICANT
    ),
    **dict.fromkeys(("2001-29", "2001-34"), NO_SEASONS),
}

QUALIFIERS_DIFFERENT: Final[dict[str, str]] = dict.fromkeys(
    (
        "2004-%06",
        "2004?-~06-~04",
        "2004?-06-04",
        "2011-~06-~04",
        "2004-06-~01/2004-06-~20",
        "?1945/1959",
        "?1945",
        "?1945-01",
        "?1945-01-01",
        "~1945/1959",
        "~1945",
        "~1945-01",
        "~1945-01-01",
        "%1945/1959",
        "%1945",
        "%1945-01",
        "%1945-01-01",
    ),
    NO_PARTIAL,
)

REFUSED: Final[dict[str, dict[str, str]]] = {
    "edtf_ex_humanize_en.json": {
        **dict.fromkeys(("20", "-20", "21", "-21"), NO_CENTURY),
        **dict.fromkeys(("201", "-201"), NO_DECADE),
        "XXXX": NO_YEAR,
        **dict.fromkeys(("X9X2", "-19X9-12-XX"), NO_INNER_X),
        **dict.fromkeys(("Y17E7", "Y-17E7"), NO_EXPONENT),
        **dict.fromkeys((f"2020-{season}" for season in range(25, 42)), NO_SEASONS),
        **dict.fromkeys(
            (
                "{..1984}",
                "{1984..}",
                "{2019-06, 2020-06, 2021-06..2021-07}",
                "{2019-06, 2020-06, 2021-06}",
                "{2019-06, 2020-06}",
                "{2019-06}",
            ),
            NO_ALL_OF,
        ),
    },
    "python_edtf_natlang.json": {
        **dict.fromkeys(("XXXX-01", "XXXX-01-12"), NO_YEAR),
        **dict.fromkeys(("1849-21-XX", "1849-21-XX%"), SEASON_DAY),
    },
}


class BoundsRow(TypedDict):
    edtf: str
    lower_strict: str
    upper_strict: str


class BoundsFile(TypedDict):
    valid: list[BoundsRow]
    invalid: list[str | None]
    approximate_uncertain: list[tuple[str, tuple[bool, bool, bool]]]


def read_file(name: str) -> str:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not beside this checkout")
    return path.read_text()


def read_bounds_file() -> BoundsFile:
    content: BoundsFile = json.loads(read_file("python_edtf_bounds.json"))
    return content


def bounds_or_none(text: str) -> Bounds | None:
    try:
        return parse_occurred(text, "UTC").bounds
    except EdtfError:
        return None


def ohm_seconds(text: str, *, is_end: bool) -> int:
    """Return an end of an OpenHistoricalMap row; theirs is the last millisecond, ours the next second."""
    if text in {"", "Infinity", "-Infinity"}:
        return OPEN_LATEST if is_end else OPEN_EARLIEST
    return (int(text) + is_end) // 1000


@pytest.mark.parametrize("name", sorted(OHM_DIFFERENT))
def test_openhistoricalmap_agrees_but_for_the_listed_rows(name: str) -> None:
    rows = [line.split("\t") for line in read_file(name).splitlines()[1:] if not line.startswith("#")]

    different = set()
    for text, _, _, earliest, latest, *_ in rows:
        bounds = bounds_or_none(text)
        expected = (ohm_seconds(earliest, is_end=False), ohm_seconds(latest, is_end=True))
        if bounds is None or (bounds.start_earliest, bounds.end_latest) != expected:
            different.add(text)

    assert len(rows) > 30
    assert different == set(OHM_DIFFERENT[name])


def test_python_edtf_has_the_same_days_but_for_the_listed_rows() -> None:
    rows = read_bounds_file()["valid"]

    different = set()
    for row in rows:
        try:
            occurred = parse_occurred(row["edtf"], "UTC")
        except EdtfError:
            different.add(row["edtf"])
            continue
        bounds = occurred.bounds
        earliest = (
            OPEN_EARLIEST
            if row["lower_strict"] == "-inf"
            else parse_occurred(as_day(row["lower_strict"]), "UTC").bounds.start_earliest
        )
        latest = (
            OPEN_LATEST
            if row["upper_strict"] == "inf"
            else parse_occurred(as_day(row["upper_strict"]), "UTC").bounds.end_latest
        )
        # An instant is compared by its day, which is all the file says.
        found = (bounds.start_earliest, bounds.end_latest)
        if occurred.precision == "second":
            found = (bounds.start_earliest // DAY * DAY, (bounds.end_latest - 1) // DAY * DAY + DAY)
        if found != (earliest, latest):
            different.add(row["edtf"])

    assert len(rows) > 80
    assert different == set(BOUNDS_DIFFERENT)


def as_day(text: str) -> str:
    """Return a day that may have a long year, of which only first and last days of years occur."""
    year = text[: text.rindex("-", 0, text.rindex("-"))]
    return text if len(year.lstrip("-")) == 4 else f"Y{year}"


def test_python_edtf_refuses_what_we_refuse() -> None:
    texts = [text for text in read_bounds_file()["invalid"] if text is not None]

    assert len(texts) > 10
    assert [text for text in texts if bounds_or_none(text) is not None] == []


def test_python_edtf_has_the_same_qualifiers_but_for_the_listed_rows() -> None:
    names = {
        (False, False, False): None,
        (True, False, False): "uncertain",
        (False, True, False): "approximate",
        (False, False, True): "both",
    }

    different = set()
    for text, flags in read_bounds_file()["approximate_uncertain"]:
        try:
            qualifier = parse_occurred(text, "UTC").qualifier
        except EdtfError:
            different.add(text)
            continue
        if qualifier != names[(flags[0], flags[1], flags[2])]:
            different.add(text)

    assert different == set(QUALIFIERS_DIFFERENT)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_dates_found_in_prose_parse_but_for_the_listed_rows(name: str) -> None:
    rows: list[dict[str, str | None]] = json.loads(read_file(name))
    texts = {row["edtf"] for row in rows} - {None}

    assert len(texts) > 50
    assert {text for text in texts if text and bounds_or_none(text) is None} == set(REFUSED[name])
