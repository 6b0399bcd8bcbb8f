"""Replace a node's sealing key regularly, so that older backups of the centre open nothing.

A node does it alone: it makes a key, says so in the feed, seals its own keys again with the new
one, and destroys the one before. Each step can be repeated after a crash.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kiosk.core.fleet import (
    EVERYBODY,
    CentrePort,
    Draft,
    FactKind,
    Finish,
    FleetStorePort,
    WrappedKey,
)
from kiosk.fleet.trust.key_ring import RingNode
from kiosk.fleet.trust.key_wrapping import wrap_key
from kiosk.fleet.trust.node_keys import NodeKeys

KEPT_AFTER = timedelta(days=1)
"""How long the key before is kept: nodes that have not read the new one yet may still use it."""


class SealingRotation:
    """The rotation of one node's sealing key. ``keys`` are replaced when a step changes them."""

    def __init__(self, fleet: str, keys: NodeKeys, store: FleetStorePort) -> None:
        self.fleet = fleet
        self.keys = keys
        self._store = store
        self._after: str | None = None
        self._passed = False

    def step(
        self,
        centre: CentrePort,
        finish: Finish,
        own: RingNode,
        *,
        now: datetime,
        every: timedelta,
        limit: int,
    ) -> bool:
        """Do the next step, with at most ``limit`` keys; return whether more waits.

        Raises what ``CentrePort.append`` raises; the step is tried again then.
        """
        draft = self._announcement(own, now, every)
        if draft is not None:
            centre.append([draft], finish)
            self._after, self._passed = None, False
            return True
        kept = now - own.sealed_at < KEPT_AFTER
        if not self.keys.replaced or (self._passed and kept):
            return False
        if self._pass_on(centre, limit):
            return True
        self._passed = True
        if not kept:
            self.keys = self.keys.forget_replaced()
        return False

    def _announcement(self, own: RingNode, now: datetime, every: timedelta) -> Draft | None:
        """Return the line that names a new key, if one is due, or was made and not announced."""
        announced = own.document.sealing == self.keys.sealing
        if announced and (self.keys.replaced or abs(now - own.sealed_at) < every):
            return None
        if announced:
            self.keys = self.keys.replace_sealing()
        standing = self._store.standing([self.keys.node]).get((FactKind.NODE, self.keys.node))
        return Draft(
            FactKind.NODE,
            self.keys.node,
            standing.version if standing else 0,
            (EVERYBODY,),
            replace(own.document, sealing=self.keys.sealing).body(),
            now,
        )

    def _pass_on(self, centre: CentrePort, limit: int) -> bool:
        """Seal the next keys again; return whether there are more."""
        held = centre.own_keys(self._after, limit)
        again = [new for wrapped in held for new in self._sealed_again(wrapped)]
        if again:
            centre.put_keys(again)
        more = len(held) == limit
        self._after = held[-1].subject if more else None
        return more

    def _sealed_again(self, wrapped: WrappedKey) -> list[WrappedKey]:
        """Return a key that only the key before opens, sealed with the new one."""
        key = self.keys.unwrap_replaced(self.fleet, wrapped)
        if key is None:
            return []
        node, sealing = self.keys.node, self.keys.sealing
        return [wrap_key(self.fleet, wrapped.subject, wrapped.generation, node, sealing, key)]
