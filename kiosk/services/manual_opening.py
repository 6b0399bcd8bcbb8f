"""Opening the lock by hand while the kiosk is not running."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require


class ManualOpening:
    """``open_lock``: opens the lock for a number of seconds."""

    def __init__(self, audit: AuditPort, open_lock: Callable[[float], None]) -> None:
        self._audit = audit
        self._open_lock = open_lock

    def open(self, actor: Actor, seconds: float) -> None:
        """Open the lock once that is logged; raises ``SignInError`` without the right."""
        require(actor, Right.CONTROL_DOOR)
        self._audit.record("door_opened_by_command", actor.name, {"seconds": seconds})
        self._open_lock(seconds)
