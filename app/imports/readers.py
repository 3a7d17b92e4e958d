"""From the bytes of a file to lines, and from a line to an event with the records it describes.

A line is an event as it is written, or as it is read: then it names records by
objects that have an `id`, and says what only reading says, which is not kept.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, Final

from pydantic import ValidationError

from app.core import stamps
from app.core.errors import FieldProblem, InvalidRequestError
from app.core.http.json_body import parse_json
from app.core.http.validation import invalid_body
from app.records.schemas.written import ActorIn, CaseIn, SourceIn
from app.records.service import MODELS
from app.records.vocabulary import RecordType

# As much as a request that makes one event may have, by default.
MAX_LINE_BYTES: Final = 1_048_576

_READ_ONLY: Final = ("revision", "recorded_at", "corrections", "last_corrected_at")
_BLANKS: Final = b" \t\r\n"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file; `text` is `None` for one that is too long to be read."""

    number: int
    text: bytes | None
    # How many bytes of the file have been read by its end.
    end: int


@dataclass(frozen=True, slots=True)
class Described:
    """A record that an event describes where it names it: it is made if it is not known."""

    type: RecordType
    # Its id where it was read from; `None` where it is only written.
    record_id: str | None
    written: CaseIn | ActorIn | SourceIn
    # Puts the reference to it into the event.
    put: Callable[[str], None]
    pointer: str

    @property
    def names(self) -> list[str]:
        """Return what it may be known by, the surest first."""
        names = (self.record_id, getattr(self.written, "slug", None), self.written.external_id)
        return [name for name in names if name is not None]


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event of a file, valid by itself; whether what it names exists is another question."""

    line: Line
    # Its id where it was read from.
    event_id: str | None
    # One of the twelve models of written events.
    written: Any
    described: list[Described] = field(default_factory=list)


def read_lines(file: BinaryIO, *, limit: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """Yield the lines of a file that are not blank, numbered from 1, one in memory at a time."""
    number = end = 0
    while text := file.readline(limit + 1):
        number += 1
        end += len(text)
        is_too_long = len(text) > limit and not text.endswith(b"\n")
        while is_too_long and (rest := file.readline(limit)):
            end += len(rest)
            if rest.endswith(b"\n"):
                break
        bare = text.strip(_BLANKS)
        if number == 1:
            bare = bare.removeprefix(_BYTE_ORDER_MARK)
        if is_too_long or bare:
            yield Line(number, None if is_too_long else bare, end)


def read_event(line: Line, *, case: str | None) -> EventLine:
    """Return the event of a line; `case` is the case of an event that names none.

    Raises `InvalidRequestError`, whose problems point into the line.
    """
    if line.text is None:
        message = f"A line may have at most {MAX_LINE_BYTES:,} bytes."
        raise InvalidRequestError((FieldProblem("body", "", message, code="line-too-long"),))
    raw = _parsed(line.text)
    event_id = _event_id(raw)
    described = _Descriptions()
    body = _as_written(raw, described, case)
    written = _validated(RecordType.EVENT, body, "")
    return EventLine(line, event_id, written, described.of(written))


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        raw = parse_json(text)
    except InvalidRequestError as error:
        problems = (FieldProblem("body", "", one.message, code="invalid-json") for one in error.fields)
        raise InvalidRequestError(tuple(problems)) from error
    if not isinstance(raw, dict):
        message = "A line is one event, a JSON object."
        raise InvalidRequestError((FieldProblem("body", "", message, code="invalid-json"),))
    return raw


def _event_id(raw: dict[str, Any]) -> str | None:
    if "id" not in raw:
        return None
    for name in _READ_ONLY:
        raw.pop(name, None)
    return _checked_id(RecordType.EVENT, raw.pop("id"), "/id")


def _checked_id(record_type: RecordType, record_id: object, pointer: str) -> str:
    pattern = rf"{record_type.prefix}_[{stamps.ALPHABET}]{{{stamps.ID_LENGTH}}}"
    if isinstance(record_id, str) and re.fullmatch(pattern, record_id):
        return record_id
    message = f"This is no id of {record_type.value}s."
    raise InvalidRequestError((FieldProblem("body", pointer, message),))


def _validated(record_type: RecordType, body: object, pointer: str) -> Any:  # noqa: ANN401 - one of many models
    try:
        return MODELS[record_type].validate_python(body)
    except ValidationError as error:
        refused = invalid_body(error, body)
        problems = (FieldProblem("body", pointer + one.name, one.message) for one in refused.fields)
        raise InvalidRequestError(tuple(problems)) from error


class _Descriptions:
    """The records that the line of an event describes, until the event itself is valid."""

    def __init__(self) -> None:
        self._found: list[tuple[RecordType, str | None, dict[str, Any], int]] = []

    def add(self, record_type: RecordType, fields: dict[str, Any], place: int) -> str:
        """Note a record, and return what the event is to name it by."""
        fields = dict(fields)
        record_id = fields.pop("id", None)
        if record_id is not None:
            record_id = _checked_id(record_type, record_id, f"{_POINTERS[record_type].format(place)}/id")
        self._found.append((record_type, record_id, fields, place))
        return record_id or str(fields.get("slug") or fields.get("external_id"))

    def of(self, event: Any) -> list[Described]:  # noqa: ANN401 - one of twelve models
        """Return them, and those that the written event holds, with how each is put in its place."""
        described: list[Described] = []
        for record_type, record_id, fields, place in self._found:
            pointer = _POINTERS[record_type].format(place)
            written = _validated(record_type, fields, pointer)
            put = _put_at(event, record_type, place)
            described.append(Described(record_type, record_id, written, put, pointer))
        for place, participation in enumerate(event.actors):
            if not isinstance(participation.actor, str):
                described.append(_inline(event, RecordType.ACTOR, place, participation.actor))
        for place, citation in enumerate(event.citations):
            if not isinstance(citation.source, str):
                described.append(_inline(event, RecordType.SOURCE, place, citation.source))
        return described


_POINTERS: Final = {
    RecordType.CASE: "/cases/{}",
    RecordType.ACTOR: "/actors/{}/actor",
    RecordType.SOURCE: "/citations/{}/source",
    RecordType.ALLEGATION: "/allegation",
}


def _inline(event: Any, record_type: RecordType, place: int, written: ActorIn | SourceIn) -> Described:  # noqa: ANN401
    pointer = _POINTERS[record_type].format(place)
    return Described(record_type, None, written, _put_at(event, record_type, place), pointer)


def _put_at(event: Any, record_type: RecordType, place: int) -> Callable[[str], None]:  # noqa: ANN401
    match record_type:
        case RecordType.CASE:
            return partial(event.cases.__setitem__, place)
        case RecordType.ACTOR:
            return partial(setattr, event.actors[place], "actor")
        case RecordType.ALLEGATION:
            return partial(setattr, event, "allegation")
        case _:
            return partial(setattr, event.citations[place], "source")


def _as_written(raw: dict[str, Any], described: _Descriptions, case: str | None) -> dict[str, Any]:
    """Return the event as it would be written; what is not as it must be is left for the model to refuse."""
    body = dict(raw)
    if case is not None and not body.get("cases"):
        body["cases"] = [case]
    occurred = body.get("occurred")
    if isinstance(occurred, dict) and "display" in occurred:
        body["occurred"] = {"edtf": occurred.get("edtf"), "timezone": occurred.get("timezone")}
    for name, read in (
        ("cases", _case),
        ("actors", _participation),
        ("citations", _citation),
        ("relations", _relation),
    ):
        entries = body.get(name)
        if isinstance(entries, list) and any(isinstance(one, dict) for one in entries):
            body[name] = [
                read(one, place, body, described) if isinstance(one, dict) else one
                for place, one in enumerate(entries)
            ]
    allegation = body.get("allegation")
    if isinstance(allegation, dict):
        # What an event shows of its allegation does not say in which of its cases it is.
        case_of_it = body["cases"][0] if isinstance(body.get("cases"), list) and body["cases"] else None
        body["allegation"] = described.add(RecordType.ALLEGATION, {"case": case_of_it, **allegation}, 0)
    return body


_Entry = dict[str, Any]


def _case(entry: _Entry, place: int, body: _Entry, described: _Descriptions) -> object:
    occurred = body.get("occurred")
    zone = occurred.get("timezone") if isinstance(occurred, dict) else body.get("timezone")
    fields = entry if "timezone" in entry or zone is None else {**entry, "timezone": zone}
    return described.add(RecordType.CASE, fields, place)


def _participation(entry: _Entry, place: int, _body: _Entry, described: _Descriptions) -> object:
    if "id" not in entry:
        return entry
    actor = {name: value for name, value in entry.items() if name != "role"}
    role = {"role": entry["role"]} if "role" in entry else {}
    return {"actor": described.add(RecordType.ACTOR, actor, place), **role}


def _citation(entry: _Entry, place: int, _body: _Entry, described: _Descriptions) -> object:
    made = dict(entry)
    if isinstance(entry.get("occurred"), dict):
        made["occurred"] = entry["occurred"].get("edtf")
    source = entry.get("source")
    if isinstance(source, dict) and "id" in source:
        # What a citation shows of its source does not say of what kind it is.
        made["source"] = described.add(RecordType.SOURCE, {"kind": "other", **source}, place)
    return made


def _relation(entry: _Entry, _place: int, _body: _Entry, _described: _Descriptions) -> object:
    event = entry.get("event")
    return {**entry, "event": event.get("id")} if isinstance(event, dict) else entry
