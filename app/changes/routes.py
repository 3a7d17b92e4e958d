"""The feed of changes over HTTP: pages of it, its proof, and as it grows."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.access.audience import Audience
from app.access.guard import Reader, find_caller_of
from app.changes.feed import find_cases, read_feed, read_head
from app.changes.schemas import (
    STREAM_EXAMPLE,
    ChangesOut,
    VerificationOut,
)
from app.changes.stream import Following, Watcher, follow
from app.changes.verify import Verification, verify_log
from app.core.db import Database
from app.core.errors import FieldProblem, InvalidRequestError, UnauthorizedError
from app.core.http import StrictRoute, absolute, link_header, problem_responses
from app.core.session import ReadSession
from app.records.documents import encode
from app.records.schemas.common import Count, Name

router = APIRouter(route_class=StrictRoute, tags=["changes"])

# How many changes one request may have verified: a few seconds' work.
MOST_VERIFIED: Final = 100_000
MOST_CASES: Final = 100
_FEED_DESCRIPTION: Final = """\
Every act on every record, in the order they were recorded: a follower that asks again with `after` set to the
last `next_after` gets each change once, and misses none.  `seq` has no gap: what the reader may never
have seen is not counted.

`case` keeps the changes that alter the answers of a case, those of an actor it names among them.

**To keep copies** of what may be read, take each page, and for each row ask again for the `record` it names;
for each of its `cases`, and for a `record` that is a case, ask again for the case, its timeline, the events
that the timeline lists, and every copy of an event that names the case. A 404, 410 or 308 means that the copy
is to be dropped. Where `record` is null, ask again for every copy. All that is cheap with each copy's `ETag`
in `If-None-Match`. Only then go on from `next_after`: what changed meanwhile is in a later row.

A record that the reader may no longer see (it was restricted, or no case of its is public any more) keeps
its rows' `seq`, `at` and `hash`; the rest is null.  So does the row of the act that hid it: whoever keeps
copies of records then asks for them again, with their `ETag`.

An `after` beyond `high_watermark` is answered with an empty page.  It can mean that the database was
restored from a copy: `epoch` is then another one, and what was read since the copy may not hold.

**The chain.** `hash` is the SHA-256, in hexadecimal, of the UTF-8 bytes of this JSON array, without blanks:
`[hash of the change before, seq, at, operation, record, revision, digest]`, where the first change has 64
zeros before it, and `at` is the text as given. Whoever kept one `hash` can so prove what came before it. A
row whose record is hidden is taken at its word: its `hash` goes into the next. `kind`, `cases` and the
reason of a change are not part of the chain."""
_VERIFY_DESCRIPTION: Final = f"""\
Recomputes each `hash` from the one before, and each document's digest from the document, but where a
redaction rewrote it.  At most {MOST_VERIFIED:,} changes a request: without `to` it goes as far as that, and
`to` in the answer says where to go on from.  Never answered from a cache.  The recipe is at `/v1/changes`."""
_STREAM_DESCRIPTION: Final = """\
The same items as they are recorded, as server-sent events of the type `change`, whose `id` is the `seq`.
Without `after` and without `Last-Event-ID` it begins now; `Last-Event-ID`, which browsers send by themselves
when they come back, wins over `after`.

It opens with `retry` and an event `start`: `{"after", "high_watermark", "epoch"}`.  An `epoch` other than
before means that the database was restored, and that a follower starts over from 0.  With `case`, an `id`
alone now and then says how far the feed was looked through.  A comment every 15 seconds keeps the connection
open.  When the server stops, or the key is revoked, the stream ends."""

After = Annotated[
    Count,
    Query(description="The last `seq` or `next_after` that is known; 0 begins at the first.", examples=[0]),
]
StreamAfter = Annotated[
    Count | None,
    Query(description="The last `seq` that is known; without it the stream begins now.", examples=[0]),
]
Limit = Annotated[int, Query(ge=1, le=500, description="How many changes at most.", examples=[50])]
Cases = Annotated[
    list[Name],
    Query(
        max_length=MOST_CASES,
        description="Id or slug of a case whose answers the change alters; any of several.",
        examples=[["abrego-garcia"]],
    ),
]
From = Annotated[int, Query(alias="from", ge=1, le=2**53, description="The first change.", examples=[1])]
To = Annotated[
    int | None,
    Query(alias="to", ge=0, le=2**53, description="The last change; the newest if left out.", examples=[10]),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        description="`ETag` of the answer the client holds.",
        examples=['"6bf68b1aa27b40a22a1c90ea5fae55ce"'],
    ),
]
LastEventId = Annotated[
    Count | None,
    Header(alias="Last-Event-ID", description="The `id` of the last event that was received.", examples=[17]),
]
_PROBLEMS: Final = problem_responses(InvalidRequestError, UnauthorizedError)
_ITEM: Final[dict[str, Any]] = {
    "responses": {
        "200": {
            "content": {
                "text/event-stream": {
                    "example": STREAM_EXAMPLE,
                    "itemSchema": {
                        "properties": {
                            "data": {
                                "contentMediaType": "application/json",
                                "contentSchema": {"$ref": "#/components/schemas/ChangeOut"},
                            }
                        },
                    },
                }
            }
        }
    }
}


@router.get(
    "/v1/changes",
    summary="List the changes of records in the order they were recorded",
    description=_FEED_DESCRIPTION,
    response_model=ChangesOut,
    responses={
        304: {"description": "The client holds the answer already."},
        **_PROBLEMS,
    },
)
def list_changes(
    db: ReadSession,
    reader: Reader,
    request: Request,
    after: After = 0,
    limit: Limit = 50,
    case: Cases = [],  # noqa: B006 - FastAPI copies it
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return one page of the feed."""
    answer = read_feed(
        db,
        reader,
        after=after,
        limit=limit,
        case=case,
        path=absolute(request.app.state.settings, "/v1/changes"),
        if_none_match=if_none_match,
    )
    shared = "public" if reader is Audience.PUBLIC else "private"
    headers = {"ETag": answer.etag, "Cache-Control": f"{shared}, max-age=0, must-revalidate"}
    if links := link_header(next=answer.next):
        headers["Link"] = links
    if answer.body is None:
        return Response(status_code=304, headers=headers)
    return Response(answer.body, media_type="application/json", headers=headers)


@router.get(
    "/v1/changes/verify",
    summary="Recompute the chain of hashes",
    description=_VERIFY_DESCRIPTION,
    response_model=VerificationOut,
    responses=_PROBLEMS,
)
def verify_changes(db: ReadSession, reader: Reader, first: From = 1, last: To = None) -> Response:
    """Return what came of it."""
    if last is not None and last - first >= MOST_VERIFIED:
        message = f"One request verifies {MOST_VERIFIED:,} changes at most."
        raise InvalidRequestError((FieldProblem("query", "to", message),))
    found = verify_log(db, reader, first=first, last=last, at_most=MOST_VERIFIED)
    return Response(
        encode(_shown(found)), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _shown(found: Verification) -> dict[str, Any]:
    invalid = found.first_invalid
    return {
        "from": found.first,
        "to": found.last,
        "checked": found.checked,
        "valid": invalid is None,
        "first_invalid": None if invalid is None else {"seq": invalid.seq, "what": invalid.what},
        "head": {"seq": found.head_seq, "hash": found.head_hash},
        "redacted": found.redacted,
    }


async def watcher_of(request: Request) -> Watcher:
    """Return the one watcher of the application, made for its first stream."""
    # Not in a thread, so that two first streams cannot make two.
    state = request.app.state
    if not hasattr(state, "watcher"):
        state.watcher = Watcher(state.database)
    watcher: Watcher = state.watcher
    return watcher


def following(
    request: Request,
    reader: Reader,
    after: StreamAfter = None,
    case: Cases = [],  # noqa: B006 - FastAPI copies it
    last_event_id: LastEventId = None,
) -> Following:
    """Return what a stream is to follow; whatever is wrong with that is answered before it begins."""
    database: Database = request.app.state.database
    with database.read() as connection:
        head = read_head(connection, reader)
        cases = find_cases(connection, reader, case)
    known = after if last_event_id is None else last_event_id

    def is_still_allowed() -> bool:
        try:
            return find_caller_of(request) is not None
        except UnauthorizedError:
            return False

    return Following(
        audience=reader,
        cases=cases,
        after=head.seq if known is None else known,
        head=head,
        is_still_allowed=None if reader is Audience.PUBLIC else is_still_allowed,
    )


@router.get(
    "/v1/changes/stream",
    summary="Follow the changes as they are recorded",
    description=_STREAM_DESCRIPTION,
    response_class=EventSourceResponse,
    responses=_PROBLEMS,
    openapi_extra=_ITEM,
)
async def stream_changes(
    what: Annotated[Following, Depends(following)], watcher: Annotated[Watcher, Depends(watcher_of)]
) -> AsyncIterator[ServerSentEvent]:
    """Send the changes until the client or the server ends it."""
    async for event in follow(watcher, what):
        yield event
