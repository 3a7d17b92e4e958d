"""Finds what a written record names, and collects what names nothing and which dates are none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from app.core.edtf import EdtfError, parse_occurred
from app.core.edtf.calendar import zone_of
from app.core.errors import FieldProblem, InvalidRequestError
from app.records.revisions import Log
from app.records.schemas.written import ActorIn, SourceIn
from app.records.vocabulary import RecordType

# The names of a record that no other one of its type may have.
NameField: TypeAlias = Literal["slug", "external_id"]
# Makes a record that was given inline; the last argument is where in the body it stands.
Make: TypeAlias = Callable[[Log, RecordType, ActorIn | SourceIn, str], str]


class Directory(Protocol):
    """Finds what a written record names."""

    def find(self, record_type: RecordType, reference: str) -> str | None:
        """Return the id of the live record of that id, slug or `external_id`; `None` when there is none."""

    def holder(self, record_type: RecordType, field: NameField, name: str) -> str | None:
        """Return the id of the record, live or not, that has the slug or the `external_id`."""

    def timezone_of(self, case_id: str) -> str | None:
        """Return the time zone of a live case."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a written record stands: in the body, and in the database."""

    make: Make
    directory: Directory
    # Where in the body it begins: a source may be given inside an event.
    pointer: str = ""
    # The record itself, and those its document names already; of these even one that was
    # retracted since may stay named, or nothing else about the record could be changed.
    record_id: str | None = None
    named: frozenset[str] = frozenset()


class Resolver:
    """Turns the references of one written record into ids, and collects what names nothing."""

    def __init__(self, log: Log, setting: Setting) -> None:
        self.log = log
        self.setting = setting
        self.problems: list[FieldProblem] = []

    def resolve(self, record_type: RecordType, reference: str, place: str) -> str:
        """Return the id of the record that `reference`, at `place` in the record, names."""
        if reference in self.setting.named:
            return reference
        found = self.setting.directory.find(record_type, reference)
        if found is None:
            message = f"There is no {record_type.value} {reference!r}."
            self.refuse(place, message, code="unknown-reference")
            return reference
        if found == self.setting.record_id:
            self.refuse(place, "That is the record itself.")
        return found

    def resolve_or_make(
        self, record_type: RecordType, reference: str | ActorIn | SourceIn, place: str
    ) -> str:
        """Return the id of a record that is named, or given inline and made now."""
        if isinstance(reference, str):
            return self.resolve(record_type, reference, place)
        try:
            return self.setting.make(self.log, record_type, reference, self.setting.pointer + place)
        except InvalidRequestError as error:
            self.problems.extend(error.fields)
            return ""

    def refuse(self, place: str, message: str, *, code: str = "invalid-value") -> None:
        """Note what is wrong at `place` in the record."""
        name = self.setting.pointer + place
        self.problems.append(FieldProblem(where="body", name=name, message=message, code=code))

    def finish(self) -> None:
        """Raise `InvalidRequestError` for all that was noted."""
        if self.problems:
            raise InvalidRequestError(tuple(self.problems))


def check_zone(resolver: Resolver, zone: str, place: str = "/timezone") -> bool:
    """Tell whether there is such a time zone, and note it where there is none."""
    try:
        zone_of(zone)
    except ValueError as error:
        resolver.refuse(place, str(error), code="invalid-time-zone")
        return False
    return True


def check_date(resolver: Resolver, text: str | None, zone: str, place: str) -> None:
    """Note a text that is no date."""
    if text is None:
        return
    try:
        parse_occurred(text, zone)
    except EdtfError as error:
        resolver.refuse(place, str(error), code="invalid-date")


def settle_zone(resolver: Resolver, zone: str | None, place: str = "/timezone") -> str:
    """Return the time zone; UTC for none, and for one that is refused, so that dates are still looked at."""
    return zone if zone is not None and check_zone(resolver, zone, place) else "UTC"
