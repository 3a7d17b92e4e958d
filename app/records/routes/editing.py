"""What the writing routes share: one act on one record, and its answer."""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Header, Request, Response
from sqlalchemy import Connection

from app.access.audience import Audience
from app.access.idempotency import Answered
from app.access.writing import Editing
from app.core import stamps
from app.core.errors import (
    CaseNotAllowedError,
    ConflictError,
    ForbiddenError,
    PreconditionRequiredError,
    RecordNotFoundError,
    RetractedError,
    StaleRevisionError,
    UnauthorizedError,
)
from app.core.http import absolute, expected_revisions, problem_responses
from app.records import service
from app.records.documents import decode, encode
from app.records.reading import find_record, read_record
from app.records.remains import clear_files
from app.records.revisions import Appended, Log, View
from app.records.routes.common import PLURAL
from app.records.schemas.acts import ActIn, MergeIn, RedactIn
from app.records.schemas.patched import Patch
from app.records.service import MergedError, Redaction, WrittenRecord
from app.records.vocabulary import Operation, RecordType

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="`ETag` of the record as the client last read it. Needed: nobody's change is lost.",
        examples=['"1-6bf68b1aa27b40a22a1c90ea5fae55ce"'],
    ),
]
# One act on a record, given the log, the record's id, and the revisions it may be at (`None`: any).
OneAct: TypeAlias = Callable[[Log, str, frozenset[int] | None], Appended]

_SEQ: Final = {
    "Change-Seq": {
        "schema": {"type": "integer"},
        "description": "The number of the change, as keys count them: for `min_seq`.",
        "example": 17,
    },
    "ETag": {"schema": {"type": "string"}, "example": '"1-6bf68b1aa27b40a22a1c90ea5fae55ce"'},
}
_KEY_PROBLEMS: Final = (UnauthorizedError, ForbiddenError, CaseNotAllowedError, ConflictError)
CREATED: dict[int | str, dict[str, Any]] = {
    201: {"headers": {**_SEQ, "Location": {"schema": {"type": "string"}, "example": "/v1/events/evt_…"}}},
    **problem_responses(*_KEY_PROBLEMS),
}
CHANGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": _SEQ},
    308: {"description": "The record was merged into another one."},
    **problem_responses(
        *_KEY_PROBLEMS, RecordNotFoundError, RetractedError, StaleRevisionError, PreconditionRequiredError
    ),
}


def create(editing: Editing, request: Request, record_type: RecordType, written: WrittenRecord) -> Response:
    """Make a record and answer with it."""

    def act(connection: Connection) -> Answered:
        log = _log(editing, connection)
        record_id, appended = service.create(log, record_type, written)
        path = absolute(request.app.state.settings, f"/v1/{PLURAL[record_type]}/{record_id}")
        return _answer(connection, record_type, record_id, appended, status=201, headers={"Location": path})

    return editing.perform(act)


def change(
    editing: Editing,
    request: Request,
    record_type: RecordType,
    reference: str,
    if_match: str | None,
    act: OneAct,
) -> Response:
    """Do one act on a record and answer with what it is then, or with what is left of it."""
    expected = expected_revisions(if_match)

    def run(connection: Connection) -> Answered:
        record_id = find_record(connection, record_type, reference)
        try:
            appended = act(_log(editing, connection), record_id, expected)
        except MergedError as merged:
            return _moved(request, record_type, merged)
        return _answer(connection, record_type, record_id, appended, status=200, headers={})

    return editing.perform(run)


def redact(editing: Editing, request: Request, actor: str, body: RedactIn, if_match: str | None) -> Response:
    """Take a name out of everything, then out of the files, and say where it may still be."""
    expected = expected_revisions(if_match)
    done: list[Redaction] = []

    def run(connection: Connection) -> Answered:
        actor_id = find_record(connection, RecordType.ACTOR, actor)
        try:
            redaction = service.redact(
                _log(editing, connection),
                actor_id,
                body.label,
                also=body.also,
                kind=body.change.kind,
                reason=body.change.reason,
                expected=expected,
            )
        except MergedError as merged:
            return _moved(request, RecordType.ACTOR, merged)
        done.append(redaction)
        appended = redaction.appended
        headers = {"Change-Seq": str(appended.seq), "ETag": f'"{appended.number}"'}
        summary = {"actor": actor_id, "slug": redaction.slug, "revision": appended.number}
        return Answered(
            200,
            {**headers, "Content-Type": "application/json"},
            encode({**summary, "rewritten": redaction.rewritten, "found_in_file": None, "remains": []}),
        )

    response = editing.perform(run)
    if response.status_code != 200:  # noqa: PLR2004 - it leads elsewhere
        return response
    # Only now, as the log of writes holds the name until it is emptied.  A repeated request
    # comes here as well, without the name to look for: its first answer did not keep it.
    outcome = clear_files(editing.database, done[0].spellings if done else None)
    told = {**decode(bytes(response.body)), **outcome}
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(encode(told), headers=headers)


def _log(editing: Editing, connection: Connection) -> Log:
    return Log(connection, author=editing.caller.key_id, cases=editing.caller.cases)


def _moved(request: Request, record_type: RecordType, merged: MergedError) -> Answered:
    """Lead to the same act on the survivor."""
    act = "/".join(request.url.path.split("/")[4:])
    path = f"/v1/{PLURAL[record_type]}/{merged.survivor_id}"
    there = absolute(request.app.state.settings, f"{path}/{act}" if act else path)
    return Answered(308, {"Location": there}, b"")


def _answer(
    connection: Connection,
    record_type: RecordType,
    record_id: str,
    appended: Appended,
    *,
    status: int,
    headers: dict[str, str],
) -> Answered:
    """Return the record as it is now, or what is left of it."""
    headers = {**headers, "Change-Seq": str(appended.seq), "Content-Type": "application/json"}
    if appended.act.operation in {Operation.RETRACT, Operation.MERGE}:
        body = {
            "id": record_id,
            "revision": appended.number,
            "operation": appended.act.operation,
            "kind": appended.act.kind,
            "reason": appended.act.reason,
            "at": stamps.moment_text(appended.at),
            "into": appended.merged_into,
        }
        return Answered(status, {**headers, "ETag": f'"{appended.number}"'}, encode(body))
    found = read_record(connection, record_type, record_id, View(Audience.KEYS))
    return Answered(status, {**headers, "ETag": found.etag}, found.body)


def amending(patch: Patch) -> OneAct:
    """Return the act that applies a patch."""
    change = patch.change

    def act(log: Log, record_id: str, expected: frozenset[int] | None) -> Appended:
        return service.amend(
            log, record_id, patch.members(), kind=change.kind, reason=change.reason, expected=expected
        )

    return act


def retracting(body: ActIn) -> OneAct:
    """Return the act that withdraws a record."""
    change = body.change

    def act(log: Log, record_id: str, expected: frozenset[int] | None) -> Appended:
        return service.retract(log, record_id, kind=change.kind, reason=change.reason, expected=expected)

    return act


def reinstating(body: ActIn) -> OneAct:
    """Return the act that undoes a withdrawal."""
    change = body.change

    def act(log: Log, record_id: str, expected: frozenset[int] | None) -> Appended:
        return service.reinstate(log, record_id, kind=change.kind, reason=change.reason, expected=expected)

    return act


def merging(body: MergeIn) -> OneAct:
    """Return the act that finds a record to be another one."""
    change = body.change

    def act(log: Log, record_id: str, expected: frozenset[int] | None) -> Appended:
        return service.merge(
            log, record_id, body.into, kind=change.kind, reason=change.reason, expected=expected
        )

    return act
