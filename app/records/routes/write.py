"""Cases, actors, sources and events over HTTP: writing."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Request, Response

from app.access.writing import Editing
from app.core.http import StrictRoute
from app.records.routes.common import ActorRef, CaseRef, EventId, SourceId
from app.records.routes.editing import (
    CHANGED,
    CREATED,
    IfMatch,
    amending,
    change,
    create,
    merging,
    redact,
    reinstating,
    retracting,
)
from app.records.schemas.acts import ActIn, MergeIn, RedactIn, RedactionOut, TombstoneOut
from app.records.schemas.patched import ActorPatch, CasePatch, EventPatch, SourcePatch
from app.records.schemas.read import ActorOut, CaseOut, EventOut, SourceOut
from app.records.schemas.written import ActorIn, CaseIn, EventIn, SourceIn
from app.records.vocabulary import RecordType

MERGE_PATCH: Final = "application/merge-patch+json"


class PatchRoute(StrictRoute):
    """Reads a merge patch, under its own media type or as JSON."""

    media_types = (MERGE_PATCH, "application/json")


router = APIRouter(route_class=StrictRoute)
patches = APIRouter(route_class=PatchRoute)


@router.post(
    "/v1/cases",
    status_code=201,
    summary="Make a case",
    response_model=CaseOut,
    responses=CREATED,
    tags=["cases"],
)
def create_case(body: CaseIn, editing: Editing, request: Request) -> Response:
    """Choose a slug that people can type: it stands in addresses."""
    return create(editing, request, RecordType.CASE, body)


@patches.patch(
    "/v1/cases/{case}",
    summary="Amend a case",
    response_model=CaseOut,
    responses=CHANGED,
    tags=["cases"],
)
def amend_case(
    case: CaseRef,
    body: Annotated[CasePatch, Body(media_type=MERGE_PATCH)],
    editing: Editing,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Send the fields that change, and why; the state before stays readable."""
    return change(editing, request, RecordType.CASE, case, if_match, amending(body))


@router.post(
    "/v1/cases/{case}/retract",
    summary="Withdraw a case",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["cases"],
)
def retract_case(
    case: CaseRef, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Answer with 410 and the reason from now on; the history stays."""
    return change(editing, request, RecordType.CASE, case, if_match, retracting(body))


@router.post(
    "/v1/cases/{case}/reinstate",
    summary="Undo the withdrawal of a case",
    response_model=CaseOut,
    responses=CHANGED,
    tags=["cases"],
)
def reinstate_case(
    case: CaseRef, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Make the record as it was again; `If-Match` takes the `ETag` of the 410."""
    return change(editing, request, RecordType.CASE, case, if_match, reinstating(body))


@router.post(
    "/v1/actors",
    status_code=201,
    summary="Make an actor",
    response_model=ActorOut,
    responses=CREATED,
    tags=["actors"],
)
def create_actor(body: ActorIn, editing: Editing, request: Request) -> Response:
    """Make one record for one person, organization, court, government or group."""
    return create(editing, request, RecordType.ACTOR, body)


@patches.patch(
    "/v1/actors/{actor}",
    summary="Amend an actor",
    response_model=ActorOut,
    responses=CHANGED,
    tags=["actors"],
)
def amend_actor(
    actor: ActorRef,
    body: Annotated[ActorPatch, Body(media_type=MERGE_PATCH)],
    editing: Editing,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Send the fields that change, and why; the state before stays readable."""
    return change(editing, request, RecordType.ACTOR, actor, if_match, amending(body))


@router.post(
    "/v1/actors/{actor}/retract",
    summary="Withdraw an actor",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["actors"],
)
def retract_actor(
    actor: ActorRef, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Answer with 410 and the reason from now on; the history stays."""
    return change(editing, request, RecordType.ACTOR, actor, if_match, retracting(body))


@router.post(
    "/v1/actors/{actor}/reinstate",
    summary="Undo the withdrawal of an actor",
    response_model=ActorOut,
    responses=CHANGED,
    tags=["actors"],
)
def reinstate_actor(
    actor: ActorRef, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Make the record as it was again; `If-Match` takes the `ETag` of the 410."""
    return change(editing, request, RecordType.ACTOR, actor, if_match, reinstating(body))


@router.post(
    "/v1/actors/{actor}/merge",
    summary="Merge an actor into another one",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["actors"],
)
def merge_actor(
    actor: ActorRef, body: MergeIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Find two records to be one: the old id leads to the survivor (308), and so does what names it."""
    return change(editing, request, RecordType.ACTOR, actor, if_match, merging(body))


@router.post(
    "/v1/actors/{actor}/redact",
    summary="Take an actor's name out of everything, history included",
    response_model=RedactionOut,
    responses=CHANGED,
    tags=["actors"],
)
def redact_actor(
    actor: ActorRef, body: RedactIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Put a label in place of the name in every text, quote, address and tag, of now and of the past.

    The one act that rewrites history, and it cannot be undone. A record that held the name gets a
    revision of its own; digests stay, so that the rest of the log can still be proved.
    """
    return redact(editing, request, actor, body, if_match)


@router.post(
    "/v1/sources",
    status_code=201,
    summary="Make a source",
    response_model=SourceOut,
    responses=CREATED,
    tags=["sources"],
)
def create_source(body: SourceIn, editing: Editing, request: Request) -> Response:
    """Make a document or a publication once, however often it is cited."""
    return create(editing, request, RecordType.SOURCE, body)


@patches.patch(
    "/v1/sources/{source}",
    summary="Amend a source",
    response_model=SourceOut,
    responses=CHANGED,
    tags=["sources"],
)
def amend_source(
    source: SourceId,
    body: Annotated[SourcePatch, Body(media_type=MERGE_PATCH)],
    editing: Editing,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Send the fields that change, and why; the state before stays readable."""
    return change(editing, request, RecordType.SOURCE, source, if_match, amending(body))


@router.post(
    "/v1/sources/{source}/retract",
    summary="Withdraw a source",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["sources"],
)
def retract_source(
    source: SourceId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Answer with 410 and the reason from now on; the history stays."""
    return change(editing, request, RecordType.SOURCE, source, if_match, retracting(body))


@router.post(
    "/v1/sources/{source}/reinstate",
    summary="Undo the withdrawal of a source",
    response_model=SourceOut,
    responses=CHANGED,
    tags=["sources"],
)
def reinstate_source(
    source: SourceId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Make the record as it was again; `If-Match` takes the `ETag` of the 410."""
    return change(editing, request, RecordType.SOURCE, source, if_match, reinstating(body))


@router.post(
    "/v1/sources/{source}/merge",
    summary="Merge a source into another one",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["sources"],
)
def merge_source(
    source: SourceId, body: MergeIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Find two records to be one: the old id leads to the survivor (308), and so does what names it."""
    return change(editing, request, RecordType.SOURCE, source, if_match, merging(body))


@router.post(
    "/v1/events",
    status_code=201,
    summary="Make an event",
    response_model=EventOut,
    responses=CREATED,
    tags=["events"],
)
def create_event(body: EventIn, editing: Editing, request: Request) -> Response:
    """Give sources and actors that are not there yet inline: all of it is made, or nothing."""
    return create(editing, request, RecordType.EVENT, body)


@patches.patch(
    "/v1/events/{event}",
    summary="Amend an event",
    response_model=EventOut,
    responses=CHANGED,
    tags=["events"],
)
def amend_event(
    event: EventId,
    body: Annotated[EventPatch, Body(media_type=MERGE_PATCH)],
    editing: Editing,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Send the fields that change, and why; the state before stays readable."""
    return change(editing, request, RecordType.EVENT, event, if_match, amending(body))


@router.post(
    "/v1/events/{event}/retract",
    summary="Withdraw an event",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["events"],
)
def retract_event(
    event: EventId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Answer with 410 and the reason from now on; the history stays."""
    return change(editing, request, RecordType.EVENT, event, if_match, retracting(body))


@router.post(
    "/v1/events/{event}/reinstate",
    summary="Undo the withdrawal of an event",
    response_model=EventOut,
    responses=CHANGED,
    tags=["events"],
)
def reinstate_event(
    event: EventId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Make the record as it was again; `If-Match` takes the `ETag` of the 410."""
    return change(editing, request, RecordType.EVENT, event, if_match, reinstating(body))


@router.post(
    "/v1/events/{event}/merge",
    summary="Merge an event into another one",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["events"],
)
def merge_event(
    event: EventId, body: MergeIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Find two records to be one: the old id leads to the survivor (308), and so does what names it."""
    return change(editing, request, RecordType.EVENT, event, if_match, merging(body))
