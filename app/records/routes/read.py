"""Cases, actors, sources and events over HTTP: reading."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.access.audience import Audience
from app.access.guard import Reader
from app.core.errors import InvalidCursorError, InvalidRequestError
from app.core.http import StrictRoute, etag_matches, link_header, problem_responses
from app.core.session import ReadSession
from app.records.reading import ListFilter, list_records, list_revisions, pinned, read_record
from app.records.routes.common import (
    RECORD,
    REVISIONS,
    ActorRef,
    AsOf,
    CaseRef,
    EventId,
    IfNoneMatch,
    RevisionNumber,
    SourceId,
    headers_of,
    record_response,
    revisions_response,
)
from app.records.schemas.common import LIST_LENGTH, Name, Read, RecordedMoment
from app.records.schemas.read import ActorOut, CaseOut, EventOut, SourceOut
from app.records.schemas.revisions import RevisionList, RevisionOut
from app.records.vocabulary import ActorKind, CaseStatus, RecordType, SourceKind

router = APIRouter(route_class=StrictRoute)

_LIST: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds the answer already."},
    **problem_responses(InvalidRequestError, InvalidCursorError),
}


class RecordPage(Read):
    """What every list has beside its items."""

    next: str | None
    previous: str | None
    total: int | None
    as_of: datetime
    permalink: str


class CaseList(RecordPage):
    """A page of cases."""

    items: list[CaseOut]


class ActorList(RecordPage):
    """A page of actors."""

    items: list[ActorOut]


class SourceList(RecordPage):
    """A page of sources."""

    items: list[SourceOut]


class ListQuestion(BaseModel):
    """What every list can be asked for."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str | None, Field(max_length=1_000, description="Full text.")] = None
    as_of: Annotated[RecordedMoment | None, Field(description="As it was at that moment.")] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: Annotated[str | None, Field(max_length=4_000, description="Cursor of a page.")] = None
    total: Annotated[str | None, Field(pattern="^exact$", description="`exact`: count all items.")] = None


Values = Annotated[list[Name], Field(max_length=LIST_LENGTH)]


class CaseQuestion(ListQuestion):
    """The parameters of the list of cases."""

    tag: Annotated[Values, Field(description="Tag.")] = []
    status: Annotated[list[CaseStatus], Field(description="Status.")] = []
    actor: Annotated[Values, Field(description="An actor that is a party or takes part: id or slug.")] = []


class ActorQuestion(ListQuestion):
    """The parameters of the list of actors."""

    kind: Annotated[list[ActorKind], Field(description="Kind.", examples=[["person"]])] = []


class SourceQuestion(ListQuestion):
    """The parameters of the list of sources."""

    kind: Annotated[list[SourceKind], Field(description="Kind.", examples=[["article"]])] = []
    publisher: Annotated[Values, Field(description="Publisher.", examples=[["Reuters"]])] = []


def _list(
    request: Request,
    db: ReadSession,
    reader: Audience,
    kind: RecordType,
    where: CaseQuestion | ActorQuestion | SourceQuestion,
    if_none_match: str | None,
) -> Response:
    parameters = [
        (name, str(one))
        for name in sorted(where.model_fields_set)
        if (value := getattr(where, name)) is not None
        for one in (value if isinstance(value, list) else [value.isoformat() if name == "as_of" else value])
    ]
    base: str = request.app.state.settings.public_url
    listed = list_records(
        db,
        kind,
        pinned(db, reader, where.as_of),
        ListFilter(
            q=where.q,
            tags=tuple(getattr(where, "tag", ())),
            statuses=tuple(getattr(where, "status", ())),
            kinds=tuple(getattr(where, "kind", ())),
            actors=tuple(getattr(where, "actor", ())),
            publishers=tuple(getattr(where, "publisher", ())),
        ),
        limit=where.limit,
        after=where.after,
        total=where.total is not None,
        url=base + request.url.path,
        parameters=parameters,
    )
    headers = headers_of(listed.etag, reader)
    if links := link_header(next=listed.next, previous=listed.previous):
        headers["Link"] = links
    if etag_matches(if_none_match, listed.etag):
        return Response(status_code=304, headers=headers)
    return Response(listed.body, media_type="application/json", headers=headers)


@router.get(
    "/v1/cases", summary="List cases by title", response_model=CaseList, responses=_LIST, tags=["cases"]
)
def list_cases(
    where: Annotated[CaseQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Filter by words, tag, status and actor."""
    return _list(request, db, reader, RecordType.CASE, where, if_none_match)


@router.get(
    "/v1/cases/{case}", summary="Read a case", response_model=CaseOut, responses=RECORD, tags=["cases"]
)
def read_case(
    case: CaseRef,
    db: ReadSession,
    reader: Reader,
    request: Request,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Its dockets, how many events it has, and from when to when."""
    found = read_record(db, RecordType.CASE, case, pinned(db, reader, as_of))
    return record_response(request, found, reader, RecordType.CASE, if_none_match)


@router.get(
    "/v1/actors", summary="List actors by name", response_model=ActorList, responses=_LIST, tags=["actors"]
)
def list_actors(
    where: Annotated[ActorQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Filter by words and kind."""
    return _list(request, db, reader, RecordType.ACTOR, where, if_none_match)


@router.get(
    "/v1/actors/{actor}", summary="Read an actor", response_model=ActorOut, responses=RECORD, tags=["actors"]
)
def read_actor(
    actor: ActorRef,
    db: ReadSession,
    reader: Reader,
    request: Request,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Its name, kind and aliases."""
    found = read_record(db, RecordType.ACTOR, actor, pinned(db, reader, as_of))
    return record_response(request, found, reader, RecordType.ACTOR, if_none_match)


@router.get(
    "/v1/sources",
    summary="List sources by title",
    response_model=SourceList,
    responses=_LIST,
    tags=["sources"],
)
def list_sources(
    where: Annotated[SourceQuestion, Query()],
    db: ReadSession,
    reader: Reader,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Filter by words, kind and publisher."""
    return _list(request, db, reader, RecordType.SOURCE, where, if_none_match)


@router.get(
    "/v1/sources/{source}",
    summary="Read a source",
    response_model=SourceOut,
    responses=RECORD,
    tags=["sources"],
)
def read_source(
    source: SourceId,
    db: ReadSession,
    reader: Reader,
    request: Request,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Its publisher, title, address and date of publication."""
    found = read_record(db, RecordType.SOURCE, source, pinned(db, reader, as_of))
    return record_response(request, found, reader, RecordType.SOURCE, if_none_match)


@router.get(
    "/v1/events/{event}", summary="Read an event", response_model=EventOut, responses=RECORD, tags=["events"]
)
def read_event(
    event: EventId,
    db: ReadSession,
    reader: Reader,
    request: Request,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show the event with what it is tied to."""
    found = read_record(db, RecordType.EVENT, event, pinned(db, reader, as_of))
    return record_response(request, found, reader, RecordType.EVENT, if_none_match)


@router.get(
    "/v1/events/{event}/revisions",
    summary="List the revisions of an event",
    response_model=RevisionList,
    responses=REVISIONS,
    tags=["events"],
)
def list_event_revisions(
    event: EventId, db: ReadSession, reader: Reader, if_none_match: IfNoneMatch = None
) -> Response:
    """First to last, each with why, and the event as it was read then; also of one retracted or merged."""
    return revisions_response(
        list_revisions(db, RecordType.EVENT, event, pinned(db, reader, None)), reader, if_none_match
    )


@router.get(
    "/v1/events/{event}/revisions/{number}",
    summary="Read one revision of an event",
    response_model=RevisionOut,
    responses=REVISIONS,
    tags=["events"],
)
def read_event_revision(
    event: EventId,
    number: RevisionNumber,
    db: ReadSession,
    reader: Reader,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show the event as it was read when the revision was recorded."""
    return revisions_response(
        list_revisions(db, RecordType.EVENT, event, pinned(db, reader, None), number=number),
        reader,
        if_none_match,
    )
