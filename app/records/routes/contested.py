"""Allegations and obligations over HTTP: one of them, its revisions, and writing."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from app.access.guard import Reader
from app.access.writing import Editing
from app.core.http import StrictRoute
from app.core.session import ReadSession
from app.records.reading import list_revisions, pinned, read_record
from app.records.routes.common import (
    RECORD,
    REVISIONS,
    AllegationId,
    AsOf,
    IfNoneMatch,
    ObligationId,
    RevisionNumber,
    record_response,
    revisions_response,
)
from app.records.routes.editing import (
    CHANGED,
    CREATED,
    IfMatch,
    amending,
    change,
    create,
    reinstating,
    retracting,
)
from app.records.routes.write import MERGE_PATCH, PatchRoute
from app.records.schemas.acts import ActIn, TombstoneOut
from app.records.schemas.contested import AllegationIn, AllegationOut, ObligationIn, ObligationOut
from app.records.schemas.patched import AllegationPatch, ObligationPatch
from app.records.schemas.revisions import (
    AllegationRevision,
    AllegationRevisions,
    ObligationRevision,
    ObligationRevisions,
)
from app.records.vocabulary import RecordType

router = APIRouter(route_class=StrictRoute)
patches = APIRouter(route_class=PatchRoute)


@router.post(
    "/v1/allegations",
    status_code=201,
    summary="Make an allegation",
    response_model=AllegationOut,
    responses=CREATED,
    tags=["allegations"],
)
def create_allegation(body: AllegationIn, editing: Editing, request: Request) -> Response:
    """Say what is contested and who says what of it; how it stands follows from that."""
    return create(editing, request, RecordType.ALLEGATION, body)


@router.get(
    "/v1/allegations/{allegation}",
    summary="Read an allegation",
    response_model=AllegationOut,
    responses=RECORD,
    tags=["allegations"],
)
def read_allegation(
    allegation: AllegationId,
    db: ReadSession,
    reader: Reader,
    request: Request,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Give what is contested, who says what of it, and how it stands by that."""
    found = read_record(db, RecordType.ALLEGATION, allegation, pinned(db, reader, as_of))
    return record_response(request, found, reader, RecordType.ALLEGATION, if_none_match)


@patches.patch(
    "/v1/allegations/{allegation}",
    summary="Amend an allegation",
    response_model=AllegationOut,
    responses=CHANGED,
    tags=["allegations"],
)
def amend_allegation(
    allegation: AllegationId,
    body: Annotated[AllegationPatch, Body(media_type=MERGE_PATCH)],
    editing: Editing,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Send the fields that change, and why; the state before stays readable."""
    return change(editing, request, RecordType.ALLEGATION, allegation, if_match, amending(body))


@router.post(
    "/v1/allegations/{allegation}/retract",
    summary="Withdraw an allegation",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["allegations"],
)
def retract_allegation(
    allegation: AllegationId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Answer with 410 and the reason from now on; the history stays."""
    return change(editing, request, RecordType.ALLEGATION, allegation, if_match, retracting(body))


@router.post(
    "/v1/allegations/{allegation}/reinstate",
    summary="Undo the withdrawal of an allegation",
    response_model=AllegationOut,
    responses=CHANGED,
    tags=["allegations"],
)
def reinstate_allegation(
    allegation: AllegationId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Make the record as it was again; `If-Match` takes the `ETag` of the 410."""
    return change(editing, request, RecordType.ALLEGATION, allegation, if_match, reinstating(body))


@router.get(
    "/v1/allegations/{allegation}/revisions",
    summary="List the revisions of an allegation",
    response_model=AllegationRevisions,
    responses=REVISIONS,
    tags=["allegations"],
)
def list_allegation_revisions(
    allegation: AllegationId, db: ReadSession, reader: Reader, if_none_match: IfNoneMatch = None
) -> Response:
    """First to last, each with why, and the record as it was read then; also of one retracted."""
    found = list_revisions(db, RecordType.ALLEGATION, allegation, pinned(db, reader, None))
    return revisions_response(found, reader, if_none_match)


@router.get(
    "/v1/allegations/{allegation}/revisions/{number}",
    summary="Read one revision of an allegation",
    response_model=AllegationRevision,
    responses=REVISIONS,
    tags=["allegations"],
)
def read_allegation_revision(
    allegation: AllegationId,
    number: RevisionNumber,
    db: ReadSession,
    reader: Reader,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show the record as it was read when the revision was recorded."""
    found = list_revisions(db, RecordType.ALLEGATION, allegation, pinned(db, reader, None), number=number)
    return revisions_response(found, reader, if_none_match)


@router.post(
    "/v1/obligations",
    status_code=201,
    summary="Make an obligation",
    response_model=ObligationOut,
    responses=CREATED,
    tags=["obligations"],
)
def create_obligation(body: ObligationIn, editing: Editing, request: Request) -> Response:
    """Name the event that ordered it, who is bound, to what, and until when."""
    return create(editing, request, RecordType.OBLIGATION, body)


@router.get(
    "/v1/obligations/{obligation}",
    summary="Read an obligation",
    response_model=ObligationOut,
    responses=RECORD,
    tags=["obligations"],
)
def read_obligation(
    obligation: ObligationId,
    db: ReadSession,
    reader: Reader,
    request: Request,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Give the duty and what is recorded of it; how it stands is in the lists of obligations and orders."""
    found = read_record(db, RecordType.OBLIGATION, obligation, pinned(db, reader, as_of))
    return record_response(request, found, reader, RecordType.OBLIGATION, if_none_match)


@patches.patch(
    "/v1/obligations/{obligation}",
    summary="Amend an obligation",
    response_model=ObligationOut,
    responses=CHANGED,
    tags=["obligations"],
)
def amend_obligation(
    obligation: ObligationId,
    body: Annotated[ObligationPatch, Body(media_type=MERGE_PATCH)],
    editing: Editing,
    request: Request,
    if_match: IfMatch = None,
) -> Response:
    """Send the fields that change, and why; the state before stays readable."""
    return change(editing, request, RecordType.OBLIGATION, obligation, if_match, amending(body))


@router.post(
    "/v1/obligations/{obligation}/retract",
    summary="Withdraw an obligation",
    response_model=TombstoneOut,
    responses=CHANGED,
    tags=["obligations"],
)
def retract_obligation(
    obligation: ObligationId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Answer with 410 and the reason from now on; the history stays."""
    return change(editing, request, RecordType.OBLIGATION, obligation, if_match, retracting(body))


@router.post(
    "/v1/obligations/{obligation}/reinstate",
    summary="Undo the withdrawal of an obligation",
    response_model=ObligationOut,
    responses=CHANGED,
    tags=["obligations"],
)
def reinstate_obligation(
    obligation: ObligationId, body: ActIn, editing: Editing, request: Request, if_match: IfMatch = None
) -> Response:
    """Make the record as it was again; `If-Match` takes the `ETag` of the 410."""
    return change(editing, request, RecordType.OBLIGATION, obligation, if_match, reinstating(body))


@router.get(
    "/v1/obligations/{obligation}/revisions",
    summary="List the revisions of an obligation",
    response_model=ObligationRevisions,
    responses=REVISIONS,
    tags=["obligations"],
)
def list_obligation_revisions(
    obligation: ObligationId, db: ReadSession, reader: Reader, if_none_match: IfNoneMatch = None
) -> Response:
    """First to last, each with why, and the record as it was read then; also of one retracted."""
    found = list_revisions(db, RecordType.OBLIGATION, obligation, pinned(db, reader, None))
    return revisions_response(found, reader, if_none_match)


@router.get(
    "/v1/obligations/{obligation}/revisions/{number}",
    summary="Read one revision of an obligation",
    response_model=ObligationRevision,
    responses=REVISIONS,
    tags=["obligations"],
)
def read_obligation_revision(
    obligation: ObligationId,
    number: RevisionNumber,
    db: ReadSession,
    reader: Reader,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Show the record as it was read when the revision was recorded."""
    found = list_revisions(db, RecordType.OBLIGATION, obligation, pinned(db, reader, None), number=number)
    return revisions_response(found, reader, if_none_match)
