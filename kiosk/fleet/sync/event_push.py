"""Sends the rows of this node's logs to the centre, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kiosk.core.errors import FleetError
from kiosk.core.fleet import CentrePort, FleetStorePort, NodeEvent

Seal = Callable[[Sequence[NodeEvent]], list[NodeEvent]]

_WHAT_NOW = (
    "It is not sent any more; run munjigi fleet verify, find out who restored or changed the "
    "database, then munjigi fleet leave and join --merge: the new node sends this log from its "
    "beginning."
)


class EventPush:
    """One connection's push: the centre is asked once what it has, then rows follow in order.

    ``sequence``, ``link``: the newest row of this node that the centre has.
    """

    def __init__(self, store: FleetStorePort, centre: CentrePort, seal: Seal) -> None:
        self._store = store
        self._centre = centre
        self._seal = seal
        self.sequence, self.link = centre.events_stored()
        self._compare()

    def push(self, limit: int) -> bool:
        """Send up to ``limit`` rows and return whether more may wait."""
        events = self._store.events_after(self.sequence, limit)
        if not events:
            return False
        stored = self._centre.push_events(self._seal(events))
        sent = [event for event in events if event.sequence <= stored]
        if not sent:
            raise FleetError(
                f"The centre took no row of the log after {self.sequence}; run munjigi fleet "
                "verify.",
                key="error.fleet_log",
            )
        self.sequence, self.link = sent[-1].sequence, sent[-1].link
        return len(events) == limit

    def _compare(self) -> None:
        """Raise ``FleetError`` if this node's log is not the one that the centre knows."""
        if self.sequence == 0:
            return
        found = self._store.events_after(self.sequence - 1, 1)
        if not found:
            raise FleetError(
                f"The centre has rows of this door's log up to {self.sequence}, and the log here "
                f"ends before: it was cut or replaced by an older one. {_WHAT_NOW}",
                key="error.fleet_log_cut",
            )
        # a later sequence: the row was deleted after its time, by the rules of retention
        if found[0].sequence == self.sequence and found[0].link != self.link:
            raise FleetError(
                f"Row {self.sequence} of this door's log is not the one that the centre has: the "
                f"log was replaced. {_WHAT_NOW}",
                key="error.fleet_log_cut",
            )
