"""API keys over HTTP, for whoever has the scope `admin`.

They are here and not in `app.access`, which knows no records: a key can be limited
to cases, and those are named by slug.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from app.access import keys
from app.access.guard import Admin
from app.access.idempotency import Answered
from app.access.key_pages import read_page
from app.access.keys import Scope
from app.access.writing import Writing, writing
from app.core.errors import FieldProblem, InvalidCursorError, InvalidRequestError, RecordNotFoundError
from app.core.http import (
    OpenDatabase,
    StrictRoute,
    absolute,
    etag_matches,
    etag_of,
    link_header,
    problem_responses,
)
from app.core.session import ReadSession
from app.records.case_ids import find_case_ids
from app.records.documents import encode
from app.records.schemas.keys import EXAMPLE, KeyIn, KeyList, KeyOut, KeyQuestion, NewKeyOut

router = APIRouter(route_class=StrictRoute, tags=["keys"])

KeyId = Annotated[
    str,
    # Its form is checked so that no error repeats a key that was put here by mistake.
    Path(description="Id of a key.", examples=["key_7k3mq9xw2h0d"], pattern="^key_[a-z0-9]{12}$"),
]
IfNoneMatch = Annotated[str | None, Header(description="`ETag` of the answer the client holds.")]
_PRIVATE: Final = {"Cache-Control": "private, max-age=0, must-revalidate"}
_HELD: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The client holds the answer already."}}


_NEXT: Final = "/v1/keys?limit=1&after=WyJhYjRmNzc1ZTY1ZDY3NzI4IiwwLGZhbHNlXQ"
_PAGE: Final = {"items": [EXAMPLE], "next": _NEXT, "previous": _NEXT, "total": 3}


def _shows(example: object, status: int = 200) -> dict[int | str, dict[str, Any]]:
    return {status: {"content": {"application/json": {"example": example}}}}


@router.get(
    "/v1/keys",
    summary="List the API keys, oldest first",
    response_model=KeyList,
    responses={
        **_shows(_PAGE),
        **_HELD,
        **problem_responses(InvalidCursorError),
    },
)
def list_keys(
    where: Annotated[KeyQuestion, Query()],
    db: ReadSession,
    _admin: Admin,
    request: Request,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List expired and revoked ones too; the keys themselves are nowhere."""
    path = absolute(request.app.state.settings, "/v1/keys")
    page = read_page(db, limit=where.limit, after=where.after, exact=where.total is not None, path=path)
    headers = {**_PRIVATE, "ETag": etag_of("keys", repr(page))}
    if links := link_header(next=page.next, previous=page.previous):
        headers["Link"] = links
    if etag_matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    body = encode(
        {
            "items": [row.as_json() for row in page.rows],
            "next": page.next,
            "previous": page.previous,
            "total": page.total,
        }
    )
    return Response(body, media_type="application/json", headers=headers)


@router.post(
    "/v1/keys",
    status_code=201,
    summary="Make an API key",
    response_model=NewKeyOut,
    responses=_shows({**EXAMPLE, "key": "ctl_…"}, 201),
)
def create_key(
    written: KeyIn,
    database: OpenDatabase,
    _admin: Admin,
    request: Request,
    idempotency_key: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Show the key, this once: so the answer cannot be repeated, and `Idempotency-Key` is refused."""
    if idempotency_key is not None:
        message = "A key is shown once and not kept, so that this answer cannot be given again."
        raise InvalidRequestError((FieldProblem("header", "Idempotency-Key", message),))
    with database.write() as connection:
        cases = written.cases and find_case_ids(connection, written.cases, pointer="/cases")
        text, row = keys.create_key(
            connection, written.name, written.scopes, cases=cases, expires_at=written.expires_at
        )
    place = absolute(request.app.state.settings, f"/v1/keys/{row.id}")
    return Response(
        encode({**row.as_json(), "key": text}),
        status_code=201,
        media_type="application/json",
        headers={"Location": place, "Cache-Control": "no-store"},
    )


@router.get(
    "/v1/keys/{key}",
    summary="Read what is known of an API key",
    response_model=KeyOut,
    responses={**_shows(EXAMPLE), **_HELD, **problem_responses(RecordNotFoundError)},
)
def read_key(key: KeyId, db: ReadSession, _admin: Admin, if_none_match: IfNoneMatch = None) -> Response:
    """Show everything but the key."""
    row = keys.read_key(db, key)
    headers = {**_PRIVATE, "ETag": etag_of("key", repr(row))}
    if etag_matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(encode(row.as_json()), media_type="application/json", headers=headers)


@router.post(
    "/v1/keys/{key}/revoke",
    summary="Revoke an API key",
    response_model=KeyOut,
    responses={**_shows(EXAMPLE), **problem_responses(RecordNotFoundError)},
)
def revoke_key(key: KeyId, writing: Annotated[Writing, Depends(writing(Scope.ADMIN))]) -> Response:
    """End it at once and for ever; a second time changes nothing."""
    headers = {**_PRIVATE, "Content-Type": "application/json"}
    return writing.perform(
        lambda connection: Answered(200, headers, encode(keys.revoke_key(connection, key).as_json()))
    )
