"""Webhooks over HTTP, for whoever has the scope `admin`."""

import json
from functools import partial
from typing import Annotated, Any, Final

from anyio import from_thread
from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.access.guard import Admin
from app.changes.addresses import ForbiddenAddressError, check_target, parse_target
from app.changes.deliver.send import Message, send
from app.changes.webhook_schemas import (
    DELIVERY_EXAMPLE,
    EXAMPLE,
    DeliveryList,
    NewWebhookOut,
    TestedOut,
    WebhookIn,
    WebhookList,
    WebhookOut,
    WebhookPatch,
)
from app.changes.webhooks import pages, store
from app.changes.webhooks.filters import settle_filter
from app.changes.webhooks.pages import DeliveryRow, Page
from app.changes.webhooks.store import Wanted, WebhookRow
from app.config import Settings
from app.core import stamps
from app.core.errors import (
    FieldProblem,
    ForbiddenError,
    InvalidCursorError,
    InvalidRequestError,
    RecordNotFoundError,
    UnauthorizedError,
)
from app.core.http import (
    OpenDatabase,
    StrictRoute,
    absolute,
    conditional_response,
    link_header,
    problem_responses,
)
from app.core.session import ReadSession
from app.records.documents import Document, encode
from app.records.merge_patch import merge_patch
from app.timeline.filters import PageQuestion

MERGE_PATCH: Final = "application/merge-patch+json"
_PRIVATE: Final = {"Cache-Control": "private, max-age=0, must-revalidate"}
_UNKEPT: Final = {"Cache-Control": "no-store"}
_ADMIN: Final = problem_responses(UnauthorizedError, ForbiddenError)
_ONE: Final = {**_ADMIN, **problem_responses(RecordNotFoundError)}
_HELD: Final[dict[int | str, dict[str, Any]]] = {304: {"description": "The client holds the answer already."}}
_NEXT: Final = "/v1/webhooks?limit=1&after=WyJhYjRmNzc1ZTY1ZDY3NzI4IiwwLGZhbHNlXQ"
_TESTED: Final = {"delivered": False, "status": 302, "latency_ms": 41}

WebhookId = Annotated[
    str, Path(description="Id of a webhook.", examples=["whk_7k3mq9xw2h0d"], max_length=100)
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="`ETag` of the answer the client holds.",
        examples=['"6bf68b1aa27b40a22a1c90ea5fae55ce"'],
    ),
]


def refuse_repeat(
    idempotency_key: Annotated[str | None, Header(alias="Idempotency-Key", include_in_schema=False)] = None,
) -> None:
    """Refuse the header where an answer cannot be given twice, rather than ignore it."""
    if idempotency_key is not None:
        message = "This answer is not kept, so that it cannot be given again."
        raise InvalidRequestError((FieldProblem("header", "Idempotency-Key", message),))


router = APIRouter(route_class=StrictRoute, tags=["webhooks"])


def _shows(example: object, status: int = 200) -> dict[int | str, dict[str, Any]]:
    return {status: {"content": {"application/json": {"example": example}}}}


def _page_example(item: object) -> dict[int | str, dict[str, Any]]:
    return _shows({"items": [item], "next": _NEXT, "previous": _NEXT, "total": 3})


@router.get(
    "/v1/webhooks",
    summary="List the webhooks, oldest first",
    response_model=WebhookList,
    responses={**_page_example(EXAMPLE), **_HELD, **_ADMIN, **problem_responses(InvalidCursorError)},
)
def list_webhooks(
    where: Annotated[PageQuestion, Query()],
    db: ReadSession,
    _admin: Admin,
    request: Request,
    _if_none_match: IfNoneMatch = None,
) -> Response:
    """List disabled ones too; their secrets are nowhere."""
    page = pages.list_webhooks(db, where, path=absolute(_settings(request), "/v1/webhooks"))
    return _page_response(request, page, [_webhook(row) for row in page.rows])


@router.post(
    "/v1/webhooks",
    status_code=201,
    summary="Make a webhook",
    response_model=NewWebhookOut,
    responses={**_shows({**EXAMPLE, "secret": "whsec_…"}, 201), **_ADMIN},
    dependencies=[Depends(refuse_repeat)],
)
def create_webhook(written: WebhookIn, database: OpenDatabase, admin: Admin, request: Request) -> Response:
    """Be told of what changes from now on, as the public's feed shows it.

    Each delivery is a POST of `{"seq", "operation", "record", "case", "cases", "url"}`, signed as
    [Standard Webhooks](https://www.standardwebhooks.com) says. It names what changed, and `url` is where to
    read it; `case` is the first of the `cases` altered that the filter chooses. Of a record that went out of
    public sight only the number of the change is told, and the rest is null.

    Answer with a 2xx within ten seconds. A delivery may come twice, with the same `webhook-id`; the first
    attempts come in order. After another answer, a redirect too, the same is tried again after 5 s, 30 s, 2
    min, 10 min, 1 h, 6 h and 24 h, and then given up where others got through. Three days in which nothing
    gets through disable the webhook, and a 410 does at once; it keeps its place, and goes on from there
    when it is enabled again.
    """
    settings = _settings(request)
    _check_url(settings, written.url)
    with database.write() as connection:
        wanted = Wanted(
            url=written.url,
            description=written.description,
            filter=settle_filter(connection, written.filter),
            is_enabled=written.enabled,
        )
        secret, row = store.create_webhook(connection, wanted, author=admin.key_id)
    return Response(
        encode({**_webhook(row), "secret": secret}),
        status_code=201,
        media_type="application/json",
        headers={**_UNKEPT, "Location": absolute(settings, f"/v1/webhooks/{row.id}")},
    )


@router.get(
    "/v1/webhooks/{webhook}",
    summary="Read a webhook",
    response_model=WebhookOut,
    responses={**_shows(EXAMPLE), **_HELD, **_ONE},
)
def read_webhook(
    webhook: WebhookId, db: ReadSession, _admin: Admin, request: Request, _if_none_match: IfNoneMatch = None
) -> Response:
    """Show everything but the secret."""
    body = encode(_webhook(store.read_webhook(db, webhook)))
    return conditional_response(request, body, media_type="application/json", headers=_PRIVATE)


@router.patch(
    "/v1/webhooks/{webhook}",
    summary="Amend, disable or enable a webhook",
    response_model=WebhookOut,
    responses={**_shows(EXAMPLE), **_ONE},
)
def amend_webhook(
    webhook: WebhookId,
    patch: Annotated[WebhookPatch, Body(media_type=MERGE_PATCH)],
    database: OpenDatabase,
    _admin: Admin,
    request: Request,
) -> Response:
    """Send a JSON merge patch. What waits to be delivered goes to the new `url`."""
    if patch.url is not None:
        _check_url(_settings(request), patch.url)
    with database.write() as connection:
        before = store.read_webhook(connection, webhook)
        written = _patched(before, patch)
        wanted = Wanted(
            url=written.url,
            description=written.description,
            # Left as it is, it may hold what could no longer be asked for.
            filter=settle_filter(connection, written.filter)
            if "filter" in patch.model_fields_set
            else before.filter,
            is_enabled=written.enabled,
        )
        body = encode(_webhook(store.amend_webhook(connection, webhook, wanted)))
    return conditional_response(request, body, media_type="application/json", headers=_PRIVATE)


@router.delete(
    "/v1/webhooks/{webhook}",
    status_code=204,
    summary="Remove a webhook",
    responses=_ONE,
)
def remove_webhook(webhook: WebhookId, database: OpenDatabase, _admin: Admin) -> Response:
    """Forget it and what waits for it. It is no record: no reason is asked, and no tombstone stays."""
    with database.write() as connection:
        store.remove_webhook(connection, webhook)
    return Response(status_code=204)


@router.post(
    "/v1/webhooks/{webhook}/test",
    summary="Send a test, and tell what became of it",
    response_model=TestedOut,
    responses={
        **_shows({**_TESTED, "error": "The receiver answered 302. Redirects are not followed."}),
        **_ONE,
    },
    dependencies=[Depends(refuse_repeat)],
)
def send_test(webhook: WebhookId, database: OpenDatabase, _admin: Admin, request: Request) -> Response:
    """Send `{"type": "test", "webhook", "at"}` once and at once, also while it is disabled."""
    with database.read() as connection:
        url, secrets = store.read_target(connection, webhook)
    at = stamps.moment_text(stamps.utc_now())
    body = encode({"type": "test", "webhook": webhook, "at": at})
    message = Message(stamps.new_id("msg"), url, body, secrets)
    to_private = _settings(request).webhooks_to_private_addresses
    agent = f"case-timeline/{request.app.version}"
    # On the server's own loop: one made for this would wait for a slow look-up to end.
    outcome = from_thread.run(partial(send, message, to_private=to_private, agent=agent))
    result = {
        "delivered": outcome.error is None,
        "status": outcome.status,
        "latency_ms": round(outcome.seconds * 1_000),
        "error": outcome.error,
    }
    return Response(encode(result), media_type="application/json", headers=_UNKEPT)


@router.post(
    "/v1/webhooks/{webhook}/rotate",
    summary="Give a webhook a new secret",
    response_model=NewWebhookOut,
    responses={**_shows({**EXAMPLE, "secret": "whsec_…"}), **_ONE},
    dependencies=[Depends(refuse_repeat)],
)
def rotate_secret(webhook: WebhookId, database: OpenDatabase, _admin: Admin) -> Response:
    """Show the new secret, this once. For 24 hours the one before it signs too."""
    with database.write() as connection:
        secret, row = store.rotate_secret(connection, webhook)
    return Response(
        encode({**_webhook(row), "secret": secret}), media_type="application/json", headers=_UNKEPT
    )


@router.get(
    "/v1/webhooks/{webhook}/deliveries",
    summary="List what a webhook was told, newest change first",
    response_model=DeliveryList,
    responses={**_page_example(DELIVERY_EXAMPLE), **_HELD, **_ONE, **problem_responses(InvalidCursorError)},
)
def list_deliveries(
    webhook: WebhookId,
    where: Annotated[PageQuestion, Query()],
    db: ReadSession,
    _admin: Admin,
    request: Request,
    _if_none_match: IfNoneMatch = None,
) -> Response:
    """Show what waits, and what was finished in the last seven days."""
    path = absolute(_settings(request), f"/v1/webhooks/{webhook}/deliveries")
    page = pages.list_deliveries(db, webhook, where, path=path)
    return _page_response(request, page, [_delivery(row) for row in page.rows])


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _check_url(settings: Settings, url: str) -> None:
    """Raise `InvalidRequestError` for a URL that nothing may be sent to."""
    to_private = settings.webhooks_to_private_addresses
    try:
        target = parse_target(url, to_private=to_private)
        from_thread.run(partial(check_target, target, to_private=to_private))
    except (ValueError, ForbiddenAddressError) as error:
        raise InvalidRequestError((FieldProblem("body", "/url", str(error)),)) from None


def _patched(before: WebhookRow, patch: WebhookPatch) -> WebhookIn:
    """Return the webhook as it would be written with the patch applied."""
    current: Document = {
        "url": before.url,
        "description": before.description,
        "filter": json.loads(before.filter),
        "enabled": before.is_enabled,
    }
    merged = merge_patch(current, patch.model_dump(exclude_unset=True))
    try:
        return WebhookIn.model_validate(merged)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise RequestValidationError(
            [{**one, "loc": ("body", *one["loc"])} for one in found], body=merged
        ) from error


def _page_response(
    request: Request, page: Page[WebhookRow] | Page[DeliveryRow], items: list[Document]
) -> Response:
    body = encode({"items": items, "next": page.next, "previous": page.previous, "total": page.total})
    headers = dict(_PRIVATE)
    if links := link_header(next=page.next, previous=page.previous):
        headers["Link"] = links
    return conditional_response(request, body, media_type="application/json", headers=headers)


def _webhook(row: WebhookRow) -> Document:
    return {
        "id": row.id,
        "url": row.url,
        "description": row.description,
        "filter": json.loads(row.filter),
        "enabled": row.is_enabled,
        "disabled_at": row.disabled_at and stamps.moment_text(row.disabled_at),
        "disabled_reason": row.disabled_reason,
        "created_at": stamps.moment_text(row.created_at),
        "author": row.author,
        "after_seq": row.after_seq,
        "waiting": row.waiting,
        "failing_since": row.failing_since and stamps.moment_text(row.failing_since),
        "last_success_at": row.succeeded_at and stamps.moment_text(row.succeeded_at),
    }


def _delivery(row: DeliveryRow) -> Document:
    return {
        "id": row.id,
        "seq": row.seq,
        "state": row.state,
        "attempts": row.attempts,
        "created_at": stamps.moment_text(row.created_at),
        "next_attempt_at": row.next_attempt_at and stamps.moment_text(row.next_attempt_at),
        "finished_at": row.finished_at and stamps.moment_text(row.finished_at),
        "last_status": row.last_status,
        "last_error": row.last_error,
    }
