"""The override of the door's schedules, set by hand, and what the access policy remembers."""

from __future__ import annotations

from typing import Any, Protocol

from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require
from kiosk.services.two_admins import TwoAdmins

OVERRIDE = "door.override"
"""Key of the override in the settings of the database."""

MEMORY = "door.memory"
"""Key of what the policy remembers, such as who is inside."""

NORMAL = "normal"
"""The override that leaves the door to its rules."""

FREE = "free"
"""The override that opens the door to everybody."""


class DoorSettingsPort(Protocol):
    """The settings in the database."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def certain(self, key: str, default: Any, uncertain: Any) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...
    def delete(self, key: str) -> None: ...


def stored_override(settings: DoorSettingsPort) -> str:
    """Return the stored override; free only if nobody can have put an older one back."""
    found = settings.get(OVERRIDE, NORMAL)
    if found == FREE:
        found = settings.certain(OVERRIDE, NORMAL, uncertain=NORMAL)
    return str(found)


class DoorOverrideService:
    """Every method raises ``SignInError`` without the right; run it on a thread that may block.

    ``audit`` records a change before it is stored; ``None`` in the running kiosk, whose policy
    records an override as it applies it.
    """

    def __init__(self, settings: DoorSettingsPort, audit: AuditPort | None, two: TwoAdmins) -> None:
        self._settings = settings
        self._audit = audit
        self._two = two

    def needs_two(self, actor: Actor) -> bool:
        """Return whether two administrators are needed to open the door to everybody."""
        require(actor, Right.CONTROL_DOOR)
        return self._two.required

    def stored(self, actor: Actor) -> str:
        """Return the stored override."""
        require(actor, Right.CONTROL_DOOR)
        return stored_override(self._settings)

    def store(self, actor: Actor, override: str, name: str = "", pin: str = "") -> str:
        """Store an override and return who acts; a running kiosk follows within two seconds.

        ``name`` and ``pin``: of the second administrator, who must agree to open the door to
        everybody while the rule is on. One is enough to lock it down, and to lift that.
        """
        require(actor, Right.CONTROL_DOOR)
        by = self._two.agreed(actor, name, pin) if override == FREE else actor.name
        self._record(by, override)
        self._settings.set(OVERRIDE, override)
        return by

    def forget_inside(self, actor: Actor) -> None:
        """Forget who is inside; only while the kiosk is not running."""
        require(actor, Right.CONTROL_DOOR)
        self._record(actor.name, "forget")
        self._settings.delete(MEMORY)

    def _record(self, by: str, what: str) -> None:
        if self._audit is not None:
            self._audit.record(f"door_{what}", by, {})
