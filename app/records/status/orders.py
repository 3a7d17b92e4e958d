"""The status of an order, from the events that bear on it.

    not made yet            no status
    in_force                nothing bears on it, or nothing that does is in effect
    affirmed                the latest that bears on it affirms it
    modified                … modifies it
    stayed                  … stays it
    vacated                 an event that vacates or reverses it is in effect
    expired                 its own end has come, and it was not vacated before

               affirms ┌──────────┐ affirms
          ┌───────────▶│ affirmed │◀──────────┐
    ┌─────┴────┐       └────┬─────┘      ┌────┴─────┐
    │ in_force │    modifies│affirms     │  stayed  │   vacates,    ┌─────────┐
    └─────┬────┘       ┌────▼─────┐      └────▲─────┘   reverses    │ vacated │
          ├───────────▶│ modified │───────────┤       from any ────▶└─────────┘
          │ modifies   └──────────┘   stays   │
          └───────────────────────────────────┘

An event bears on the order from its own moment on, until it is itself vacated
or reversed: then it is as if it had not been, and a stay is over.  Of events of
one moment the graver counts: vacates and reverses, stays, modifies, affirms.
"""

from dataclasses import dataclass
from typing import Final

from app.records.vocabulary import RelationType, Term


class OrderStatus(Term):
    """How an order stands at a moment."""

    IN_FORCE = "in_force", "It binds as it was made."
    STAYED = "stayed", "It is suspended."
    MODIFIED = "modified", "It binds with other terms than it was made with."
    AFFIRMED = "affirmed", "A court upheld it."
    VACATED = "vacated", "It was annulled, or set aside on appeal."
    EXPIRED = "expired", "The time it was made for is over."


# By gravity, the least first.
_EFFECTS: Final = {
    RelationType.AFFIRMS.value: OrderStatus.AFFIRMED,
    RelationType.MODIFIES.value: OrderStatus.MODIFIED,
    RelationType.STAYS.value: OrderStatus.STAYED,
    RelationType.REVERSES.value: OrderStatus.VACATED,
    RelationType.VACATES.value: OrderStatus.VACATED,
}
_GRAVITY: Final = {effect: gravity for gravity, effect in enumerate(_EFFECTS)}
# The relations by which an event bears on an order, and those by which it undoes another one.
BEARING: Final = tuple(_EFFECTS)
UNDOING: Final = (RelationType.VACATES.value, RelationType.REVERSES.value)


@dataclass(frozen=True, slots=True)
class Bearing:
    """An event that bears on an order: how, since when, and until when if it was undone itself."""

    relation: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order: when it was made, when it ends by itself if it does, and what bears on it."""

    made_at: int
    ends_at: int | None
    bearings: tuple[Bearing, ...]


def order_status(order: Order, at: int) -> OrderStatus | None:
    """Return the status at a moment, in seconds since 1970; `None` while it is not made.

    What happens at a moment counts at that moment.  The order of `bearings` means nothing.
    """
    if at < order.made_at:
        return None
    in_effect = [one for one in order.bearings if one.since <= at and (one.until is None or at < one.until)]
    ends = order.ends_at if order.ends_at is not None and order.ends_at <= at else None
    annulled = [one.since for one in in_effect if one.relation in UNDOING]
    if annulled and (ends is None or min(annulled) < ends):
        return OrderStatus.VACATED
    if ends is not None:
        return OrderStatus.EXPIRED
    last = max(in_effect, key=lambda one: (one.since, _GRAVITY[one.relation]), default=None)
    return OrderStatus.IN_FORCE if last is None else _EFFECTS[last.relation]
