"""A lock-down that the fleet orders, at this door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from kiosk.services.door_override import NORMAL, OVERRIDE, stored_override

BY_FLEET = "fleet.lockdown"
"""Key in the settings of the database: whether the lock-down in force was ordered by the fleet."""

LOCKDOWN = "lockdown"


class OverridePort(Protocol):
    """The settings in the database."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def certain(self, key: str, default: Any, uncertain: Any) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...
    def delete(self, key: str) -> None: ...


class FleetLockDown:
    """``set_override``: applies an override in the running kiosk at once; gets who acts.

    An order may be given again after a crash. A lock-down that somebody at the door began is not
    ended by the fleet, and one that the fleet ordered may be ended at the door.
    """

    def __init__(self, settings: OverridePort, set_override: Callable[[object, str], None]) -> None:
        self._settings = settings
        self._set_override = set_override

    def order(self, locked: bool, account: str) -> None:
        """Lock the door down, or end what the fleet began; raises ``StorageError``."""
        own = self._settings.get(BY_FLEET, False) is True
        down = stored_override(self._settings) == LOCKDOWN
        if locked and not down:
            self._settings.set(BY_FLEET, True)
            self._use(LOCKDOWN, account)
        elif not locked and own:
            self._settings.delete(BY_FLEET)
            if down:
                self._use(NORMAL, account)

    def _use(self, override: str, account: str) -> None:
        self._settings.set(OVERRIDE, override)
        self._set_override(override, f"fleet: {account}" if account else "fleet")
