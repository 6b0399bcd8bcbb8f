"""Carries out orders of the fleet that are for this node."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from kiosk.core.fleet import Applied, Fact
from kiosk.fleet.trust.body_fields import BodyRefused
from kiosk.fleet.trust.orders import DoorOrder, OrderKind, opening_due

log = logging.getLogger(__name__)


class OrderDesk:
    """``lock_down`` gets whether this node is to be locked down, and who ordered it.

    ``open_once`` gets the line of an opening that is for this node and due by ``clock``.
    """

    def __init__(
        self,
        node: str,
        lock_down: Callable[[bool, str], None],
        open_once: Callable[[Fact], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._node = node
        self._lock_down = lock_down
        self._open_once = open_once
        self._clock = clock

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
        elif opening_due(applied.fact, applied.content, self._node, self._clock()):
            self._open_once(applied.fact)
        elif order.addresses(self._node):
            log.warning("the opening ordered by %s comes too late", applied.fact.account)
