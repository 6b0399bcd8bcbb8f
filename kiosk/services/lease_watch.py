"""Whether a door of a fleet may still go on as usual without having heard from the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kiosk.core.decisions import Reason
from kiosk.core.fleet import LeaseMark, Membership
from kiosk.core.fleet_status import WhenStale

REASONS = {
    WhenStale.FACES_OFF: Reason.FLEET_FACES_OFF,
    WhenStale.LOCKED: Reason.FLEET_LOCKED,
    WhenStale.GO_ON: None,
}
"""What is refused once the lease has run out."""


class LeasedDoor(Protocol):
    """The access policy at work."""

    def set_lease_over(self, reason: Reason | None) -> None: ...


class LeaseWatch:
    """``tick`` every second; ``use`` from any thread. Neither waits for anything.

    ``used_s``: seconds used of a lease until now, whatever became of the clock.
    ``settings``: ``fleet.lease_h`` and ``fleet.when_stale``. A node that was revoked has no lease
    any more, and neither has one without a mark.
    """

    def __init__(
        self,
        door: LeasedDoor,
        used_s: Callable[[LeaseMark], float],
        settings: Callable[[], tuple[float, str]],
    ) -> None:
        self._door = door
        self._used_s = used_s
        self._settings = settings
        self.member: Membership | None = None

    def use(self, member: Membership | None) -> None:
        """Go by this membership from now on."""
        self.member = member
        self.tick()

    def tick(self) -> None:
        """Tell the door whether the lease holds now."""
        self._door.set_lease_over(REASONS[WhenStale(self._settings()[1])] if self.over else None)

    @property
    def over(self) -> bool:
        """Whether the lease has run out."""
        member = self.member
        if member is None:
            return False
        if member.revoked:
            return True
        left = self.left_s()
        return left is None or left <= 0

    def left_s(self) -> float | None:
        """Return how many seconds are left of the lease; ``None`` without one."""
        member = self.member
        if member is None or member.lease is None:
            return None
        return self._settings()[0] * 3600 - self._used_s(member.lease)
