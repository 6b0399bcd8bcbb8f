"""The override of the door's schedules, set by hand, and what the access policy remembers."""

from __future__ import annotations

from typing import Any, Protocol

from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require

OVERRIDE = "door.override"
"""Key of the override in the settings of the database."""

MEMORY = "door.memory"
"""Key of what the policy remembers, such as who is inside."""

NORMAL = "normal"
"""The override that leaves the door to its rules."""


class DoorSettingsPort(Protocol):
    """The settings in the database."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...
    def delete(self, key: str) -> None: ...


class DoorOverrideService:
    """Every method raises ``SignInError`` without the right; run it on a thread that may block.

    ``audit`` records a change before it is stored; ``None`` in the running kiosk, whose policy
    records an override as it applies it.
    """

    def __init__(self, settings: DoorSettingsPort, audit: AuditPort | None) -> None:
        self._settings = settings
        self._audit = audit

    def stored(self, actor: Actor) -> str:
        """Return the stored override."""
        require(actor, Right.CONTROL_DOOR)
        return str(self._settings.get(OVERRIDE, NORMAL))

    def store(self, actor: Actor, override: str) -> None:
        """Store an override; a running kiosk follows within two seconds."""
        require(actor, Right.CONTROL_DOOR)
        self._record(actor, override)
        self._settings.set(OVERRIDE, override)

    def forget_inside(self, actor: Actor) -> None:
        """Forget who is inside; only while the kiosk is not running."""
        require(actor, Right.CONTROL_DOOR)
        self._record(actor, "forget")
        self._settings.delete(MEMORY)

    def _record(self, actor: Actor, what: str) -> None:
        if self._audit is not None:
            self._audit.record(f"door_{what}", actor.name, {})
