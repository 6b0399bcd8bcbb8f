"""Orders to doors: a lock-down of all or some, its end, and one opening.

An order is a line of the feed, so it is read once, in its place, from a node where staff work. A
lock-down stands until a later order ends it. An opening is carried out only at the moment in which
it is read, within seconds of being given, and only if the door's own rules for an opening by staff
allow it; it is not remembered, so it cannot be carried out later or twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kiosk.core.fleet import EVERYBODY, Fact
from kiosk.fleet.trust.body_fields import BodyFields
from kiosk.fleet.trust.feed_lines import microseconds

OPENING_VALID = timedelta(seconds=30)
"""How long after it was given an opening may still be carried out."""

CLOCKS_APART = timedelta(seconds=30)
"""How far the clock of the node that gave an opening may be ahead of the door's."""

_MOST_DOORS = 10_000


class OrderKind(StrEnum):
    """What an order is."""

    LOCK_DOWN = "lock_down"
    END_LOCK_DOWN = "end_lock_down"
    OPEN_ONCE = "open_once"


@dataclass(frozen=True, slots=True)
class DoorOrder:
    """An order. ``doors``: ids of nodes, or ``EVERYBODY``. ``number``: of its line of the feed."""

    kind: OrderKind
    doors: tuple[str, ...]
    at: datetime
    number: int
    writer: str
    account: str

    def addresses(self, node: str) -> bool:
        """Return whether the order is for that node."""
        return EVERYBODY in self.doors or node in self.doors


def order_content(kind: OrderKind, doors: tuple[str, ...]) -> dict[str, Any]:
    """Return the content of a draft; an opening names exactly one door."""
    if not doors or (kind is OrderKind.OPEN_ONCE and (len(doors) != 1 or EVERYBODY in doors)):
        raise ValueError("an order names its doors, and an opening exactly one")
    return {"order": str(kind), "doors": list(doors)}


def order_of(fact: Fact, content: Mapping[str, Any]) -> DoorOrder:
    """Return the order that a verified fact gives; raise ``BodyRefused`` for anything else."""
    fields = BodyFields("an order", dict(content))
    word = fields.text("order", 40)
    doors = fields.texts("doors", _MOST_DOORS)
    fields.end()
    try:
        order_content(OrderKind(word), doors)
    except ValueError:
        raise fields.refused("it is no order") from None
    return DoorOrder(OrderKind(word), doors, fact.at, fact.number, fact.writer, fact.account)


def stored_order(order: DoorOrder) -> dict[str, Any]:
    """Return what the store keeps of an order."""
    return {
        "order": str(order.kind),
        "doors": list(order.doors),
        "at": microseconds(order.at),
        "number": order.number,
        "writer": order.writer,
        "account": order.account,
    }


def order_from_store(content: Mapping[str, Any]) -> DoorOrder:
    """Return the order that ``stored_order`` wrote; raise ``BodyRefused`` if it is damaged."""
    fields = BodyFields("an order", dict(content))
    try:
        kind = OrderKind(fields.text("order", 40))
    except ValueError:
        raise fields.refused("it is no order") from None
    return DoorOrder(
        kind,
        fields.texts("doors", _MOST_DOORS),
        fields.moment("at"),
        fields.integer("number", 1, 2**62),
        fields.text("writer"),
        fields.text("account"),
    )


def standing_lock_down(orders: Iterable[DoorOrder], node: str) -> DoorOrder | None:
    """Return the order that keeps ``node`` locked down; the newest order for it decides."""
    kinds = (OrderKind.LOCK_DOWN, OrderKind.END_LOCK_DOWN)
    own = [order for order in orders if order.kind in kinds and order.addresses(node)]
    newest = max(own, key=lambda order: order.number, default=None)
    return newest if newest and newest.kind is OrderKind.LOCK_DOWN else None


def opening_due(order: DoorOrder, node: str, now: datetime) -> bool:
    """Return whether ``node`` may carry out an opening that it reads ``now``."""
    return (
        order.kind is OrderKind.OPEN_ONCE
        and order.doors == (node,)
        and -CLOCKS_APART <= now - order.at <= OPENING_VALID
    )
