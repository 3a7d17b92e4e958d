"""What is written and read of webhooks, as the documentation shows it."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, JsonValue

from app.changes.webhooks.store import DeliveryState
from app.records.schemas.common import Name, Read, Written
from app.timeline.filters import AcrossFilter

Secret = Annotated[
    str,
    Field(
        description="Signs what is sent, as Standard Webhooks says.  Shown here and never again.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
    ),
]
Url = Annotated[
    str,
    Field(
        max_length=2_000,
        description="Where to send: `https` and a public address, which is checked again for each delivery.",
        examples=["https://desk.example.org/hooks/case-timeline"],
    ),
]
_FILTER: Final = (
    "Which changes: the parameters of `/v1/timeline` that choose events, lists where they can be repeated. "
    "A change of an event is told where the event matches just before or just after it; a change of another "
    "record where it alters a case that `case` and `exclude_case` leave; with an empty filter, every change. "
    "One that hides a record, of which the feed shows no more than its number, is told to all."
)


class WebhookIn(Written):
    """A webhook to make."""

    url: Url
    description: Name | None = Field(default=None, examples=["Newsroom desk"])
    filter: AcrossFilter = Field(
        default_factory=lambda: AcrossFilter.model_validate({}),
        description=_FILTER,
        examples=[{"case": ["abrego-garcia"], "type": ["court_order", "hearing"]}],
    )
    enabled: bool = True


class WebhookPatch(Written):
    """What to change of a webhook, as a JSON merge patch: null takes a value away."""

    url: Url | None = None
    description: Name | None = None
    filter: dict[str, JsonValue] | None = Field(
        default=None, description=_FILTER, examples=[{"type": ["court_order"]}]
    )
    enabled: bool | None = Field(
        default=None,
        description="`true` makes a disabled webhook go on where it stopped, with nothing counted as failed.",
    )


class WebhookOut(Read):
    """A webhook, without its secret."""

    id: str
    url: str
    description: str | None
    filter: dict[str, JsonValue] = Field(description="As it was given, with records by their ids.")
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None = Field(description="Why it was disabled, where nobody asked for it.")
    created_at: datetime
    author: str
    after_seq: int = Field(description="The last change that was looked at, as the public's feed numbers it.")
    waiting: int = Field(description="Deliveries that are still to be made.")
    failing_since: datetime | None = Field(description="Since when nothing got through.")
    last_success_at: datetime | None


class NewWebhookOut(WebhookOut):
    """A webhook, with its secret."""

    secret: Secret


class WebhookPage(Read):
    """What every page has beside its items."""

    next: str | None
    previous: str | None
    total: int | None = Field(description="Null unless asked for with `total=exact`.")


class WebhookList(WebhookPage):
    """A page of webhooks, oldest first."""

    items: list[WebhookOut]


class DeliveryOut(Read):
    """What became of one change that the webhook is told of."""

    id: str = Field(description="The `webhook-id` that is sent, the same at each attempt.")
    seq: int = Field(description="The change, as the public's feed numbers it.")
    state: DeliveryState = Field(
        description="`waiting` for its next attempt, `delivered`, `failed` for good, or `dropped`: its "
        "record was out of the public's sight before it could be sent."
    )
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    finished_at: datetime | None
    last_status: int | None = Field(description="The status of the receiver's last answer.")
    last_error: str | None


class DeliveryList(WebhookPage):
    """A page of deliveries, newest first.  Finished ones are kept for seven days."""

    items: list[DeliveryOut]


class TestedOut(Read):
    """What became of a test."""

    delivered: bool
    status: int | None = Field(description="The status of the receiver's answer; null when there was none.")
    latency_ms: int
    error: str | None


# Without a null, as FastAPI leaves those out of examples.
EXAMPLE: Final = {
    "id": "whk_7k3mq9xw2h0d",
    "url": "https://desk.example.org/hooks/case-timeline",
    "description": "Newsroom desk",
    "filter": {"case": ["cas_7k3mq9xw2h0d"], "type": ["court_order"]},
    "enabled": False,
    "disabled_at": "2026-11-24T09:31:00.000000Z",
    "disabled_reason": "The receiver answered 410: it is gone.",
    "created_at": "2026-11-24T09:00:00.000000Z",
    "author": "key_7k3mq9xw2h0d",
    "after_seq": 44,
    "waiting": 1,
    "failing_since": "2026-11-24T09:31:00.000000Z",
    "last_success_at": "2026-11-24T09:30:00.000000Z",
}
DELIVERY_EXAMPLE: Final = {
    "id": "msg_7k3mq9xw2h0d",
    "seq": 44,
    "state": "failed",
    "attempts": 8,
    "created_at": "2026-11-24T09:29:54.000000Z",
    "next_attempt_at": "2026-11-24T09:30:00.000000Z",
    "finished_at": "2026-11-25T09:30:00.000000Z",
    "last_status": 503,
    "last_error": "The receiver answered 503.",
}
