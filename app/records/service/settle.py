"""From what was written to what is stored: every key present, references as ids, dates checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from pydantic import TypeAdapter
from sqlalchemy import Connection, or_, select

from app.core.errors import FieldProblem, InvalidRequestError
from app.records.documents import Document
from app.records.revisions import Log
from app.records.schemas.contested import AllegationIn, ObligationIn
from app.records.schemas.written import ActorIn, CaseIn, EventIn, SourceIn
from app.records.service.contested import allegation_document, allegation_of_event, obligation_document
from app.records.service.resolving import (
    Directory,
    NameField,
    Resolver,
    Setting,
    check_date,
    check_zone,
    settle_zone,
)
from app.records.tables import Case, Record
from app.records.vocabulary import RecordType

WrittenRecord: TypeAlias = CaseIn | ActorIn | SourceIn | EventIn | AllegationIn | ObligationIn
MODELS: Mapping[RecordType, TypeAdapter[Any]] = {
    RecordType.CASE: TypeAdapter(CaseIn),
    RecordType.ACTOR: TypeAdapter(ActorIn),
    RecordType.SOURCE: TypeAdapter(SourceIn),
    RecordType.EVENT: TypeAdapter(EventIn),
    RecordType.ALLEGATION: TypeAdapter(AllegationIn),
    RecordType.OBLIGATION: TypeAdapter(ObligationIn),
}
_NAME_FIELDS: Final[tuple[NameField, ...]] = ("slug", "external_id")


@dataclass(frozen=True, slots=True)
class Stored:
    """The directory that asks the database each time."""

    connection: Connection

    def find(self, record_type: RecordType, reference: str) -> str | None:
        """Return the id of a live record, or of what it was merged into."""
        return find_reference(self.connection, record_type, reference)

    def holder(self, record_type: RecordType, field: NameField, name: str) -> str | None:
        """Return who has the name."""
        column = Record.slug if field == "slug" else Record.external_id
        return self.connection.execute(
            select(Record.id).where(Record.type == record_type.value, column == name)
        ).scalar_one_or_none()

    def timezone_of(self, case_id: str) -> str | None:
        """Return the time zone of a live case."""
        return self.connection.execute(
            select(Case.timezone).where(Case.id == case_id, Case.last_seq.is_(None))
        ).scalar_one_or_none()


def find_reference(connection: Connection, record_type: RecordType, reference: str) -> str | None:
    """Return the id of the live record of that id, slug or `external_id`; `None` when there is none."""
    found = connection.execute(
        select(Record.id, Record.slug, Record.is_live, Record.merged_into).where(
            Record.type == record_type.value,
            or_(Record.id == reference, Record.slug == reference, Record.external_id == reference),
        )
    ).all()
    # An id wins over a slug, and a slug over another system's id, where one text is several.
    for row in sorted(found, key=lambda row: (row.id != reference, row.slug != reference)):
        if row.merged_into is not None:
            return find_reference(connection, record_type, row.merged_into)
        if row.is_live:
            live: str = row.id
            return live
    return None


def settle_document(log: Log, record_type: RecordType, written: WrittenRecord, setting: Setting) -> Document:
    """Return the document to store.

    Raises `InvalidRequestError` that names every reference and every date that is none.
    """
    resolver = Resolver(log, setting)
    match record_type:
        case RecordType.EVENT:
            document = _event_document(resolver, written)
        case RecordType.CASE:
            document = written.model_dump(mode="json")
            document["tags"] = sorted(set(document["tags"]))
            check_zone(resolver, document["timezone"])
            for d, docket in enumerate(document["dockets"]):
                for p, party in enumerate(docket["parties"]):
                    place = f"/dockets/{d}/parties/{p}/actor"
                    party["actor"] = resolver.resolve(RecordType.ACTOR, party["actor"], place)
        case RecordType.ACTOR:
            document = written.model_dump(mode="json")
        case RecordType.SOURCE:
            document = written.model_dump(mode="json")
            check_date(resolver, document["published"], "UTC", "/published")
        case RecordType.ALLEGATION:
            document = allegation_document(resolver, written)
        case RecordType.OBLIGATION:
            document = obligation_document(resolver, written)
    resolver.finish()
    return document


def refuse_taken(
    directory: Directory,
    record_type: RecordType,
    document: Document,
    *,
    but: str | None = None,
    pointer: str = "",
) -> None:
    """Raise `InvalidRequestError` where another record than `but` has the slug or the `external_id`."""
    problems: list[FieldProblem] = []
    for field in _NAME_FIELDS:
        name = document.get(field)
        holder = None if name is None else directory.holder(record_type, field, name)
        if holder not in (None, but):
            message = f"{name!r} is taken by {holder}."
            problems.append(FieldProblem("body", f"{pointer}/{field}", message, code="taken"))
    if problems:
        raise InvalidRequestError(tuple(problems))


def _event_document(resolver: Resolver, written: Any) -> Document:  # noqa: ANN401 - one of twelve models
    document: Document = written.model_dump(mode="json")
    document["cases"] = list(
        dict.fromkeys(
            resolver.resolve(RecordType.CASE, reference, f"/cases/{n}")
            for n, reference in enumerate(written.cases)
        )
    )
    document["tags"] = sorted(set(document["tags"]))
    _fill_date(resolver, document)
    for n, actor in enumerate(written.actors):
        document["actors"][n]["actor"] = resolver.resolve_or_make(
            RecordType.ACTOR, actor.actor, f"/actors/{n}/actor"
        )
    for n, citation in enumerate(written.citations):
        document["citations"][n]["source"] = resolver.resolve_or_make(
            RecordType.SOURCE, citation.source, f"/citations/{n}/source"
        )
        check_date(resolver, citation.occurred, document["timezone"], f"/citations/{n}/occurred")
    document["allegation"] = allegation_of_event(resolver, written.allegation, document["cases"])
    for n, relation in enumerate(written.relations):
        document["relations"][n]["event"] = resolver.resolve(
            RecordType.EVENT, relation.event, f"/relations/{n}/event"
        )
    return document


def _fill_date(resolver: Resolver, document: Document) -> None:
    """Settle the date as text and the time zone beside it."""
    occurred = document["occurred"]
    pointer, zone_pointer = "/occurred", "/timezone"
    if isinstance(occurred, dict):
        zone_pointer = "/occurred/timezone" if occurred["timezone"] else zone_pointer
        document["timezone"] = occurred["timezone"] or document["timezone"]
        document["occurred"] = occurred["edtf"]
        pointer = "/occurred/edtf"
    if document["timezone"] is None:
        document["timezone"] = resolver.setting.directory.timezone_of(document["cases"][0])
    document["timezone"] = settle_zone(resolver, document["timezone"], zone_pointer)
    check_date(resolver, document["occurred"], document["timezone"], pointer)
