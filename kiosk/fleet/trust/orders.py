"""Orders to doors: which are locked down, and one opening.

An order is a line of the feed, so it is read once, in its place, from a node where staff work. The
lock-down is one fact, whose newest version names the doors that are locked down. An opening is
carried out only at the moment in which it is read, within seconds of being given, and only if the
door's own rules for an opening by staff allow it; it is not remembered, so it cannot be carried out
later or twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kiosk.core.fleet import EVERYBODY, Fact
from kiosk.fleet.trust.body_fields import BodyFields

OPENING_VALID = timedelta(seconds=30)
"""How long after it was given an opening may still be carried out."""

CLOCKS_APART = timedelta(seconds=30)
"""How far the clock of the node that gave an opening may be ahead of the door's."""

_MOST_DOORS = 10_000


class OrderKind(StrEnum):
    """What an order is."""

    LOCKDOWN = "lockdown"
    OPEN_ONCE = "open_once"


@dataclass(frozen=True, slots=True)
class DoorOrder:
    """An order. ``doors``: ids of nodes, or ``EVERYBODY``; none: no door is locked down."""

    kind: OrderKind
    doors: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.kind is OrderKind.OPEN_ONCE and (len(self.doors) != 1 or EVERYBODY in self.doors):
            raise ValueError("an opening names exactly one door")

    def content(self) -> dict[str, Any]:
        """Return what a draft of the order says."""
        return {"order": str(self.kind), "doors": sorted(self.doors)}

    def addresses(self, node: str) -> bool:
        """Return whether the order is for that node."""
        return EVERYBODY in self.doors or node in self.doors

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> DoorOrder:
        """Return the order that a fact's ``content`` gives; raise ``BodyRefused`` for others."""
        fields = BodyFields("an order", dict(content))
        word = fields.text("order", 40)
        doors = fields.texts("doors", _MOST_DOORS)
        fields.end()
        try:
            return cls(OrderKind(word), doors)
        except ValueError:
            raise fields.refused("it is no order") from None


def opening_due(fact: Fact, content: Mapping[str, Any], node: str, now: datetime) -> bool:
    """Return whether ``node`` may carry out an opening, a verified fact that it reads ``now``."""
    order = DoorOrder.of(content)
    return (
        order.kind is OrderKind.OPEN_ONCE
        and order.addresses(node)
        and -CLOCKS_APART <= now - fact.at <= OPENING_VALID
    )
