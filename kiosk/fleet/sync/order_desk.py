"""Carries out orders of the fleet that are for this node."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from kiosk.core.fleet import Applied
from kiosk.fleet.trust.body_fields import BodyRefused
from kiosk.fleet.trust.orders import DoorOrder, OrderKind

log = logging.getLogger(__name__)


class OrderDesk:
    """``lock_down`` gets whether this node is to be locked down, and who ordered it."""

    def __init__(self, node: str, lock_down: Callable[[bool, str], None]) -> None:
        self._node = node
        self._lock_down = lock_down

    def take(self, applied: Applied) -> None:
        """Carry out a verified order; one that this program cannot read does nothing."""
        if not isinstance(applied.content, Mapping):
            return
        try:
            order = DoorOrder.of(applied.content)
        except BodyRefused as error:
            log.error("an order of the fleet is not carried out: %s", error)
            return
        if order.kind is OrderKind.LOCKDOWN:
            self._lock_down(order.addresses(self._node), applied.fact.account)
