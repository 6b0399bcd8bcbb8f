"""The power and the screen of the machine, for the System page."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require


class PowerAction(StrEnum):
    """What the power menu offers."""

    RESTART_PROGRAM = "restart_program"
    RESTART_MACHINE = "restart_machine"
    SWITCH_OFF = "switch_off"


class BacklightPort(Protocol):
    """The brightness in per cent; ``level`` is ``None`` where it cannot be set."""

    def level(self) -> int | None: ...
    def set_level(self, percent: int) -> None: ...


class MachineService:
    """Every method raises ``SignInError`` without the right; for threads that may block.

    ``switch_machine`` restarts the machine or switches it off; ``can_switch`` says whether it can.
    """

    def __init__(
        self,
        audit: AuditPort,
        backlight: BacklightPort,
        switch_machine: Callable[[PowerAction], None],
        can_switch: Callable[[], bool],
    ) -> None:
        self._audit = audit
        self._backlight = backlight
        self._switch_machine = switch_machine
        self._can_switch = can_switch

    def actions(self, actor: Actor) -> tuple[PowerAction, ...]:
        """Return what can be done here."""
        require(actor, Right.CONTROL_MACHINE)
        return tuple(PowerAction) if self._can_switch() else (PowerAction.RESTART_PROGRAM,)

    def power(self, actor: Actor, action: PowerAction) -> None:
        """Record ``action`` and carry it out; raises ``KioskError`` if the machine refuses.

        The program restarts itself: of that, this only checks the right and records it.
        """
        require(actor, Right.CONTROL_MACHINE)
        self._audit.record("power", actor.name, {"action": action.value})
        if action is not PowerAction.RESTART_PROGRAM:
            self._switch_machine(action)

    def brightness(self, actor: Actor) -> int | None:
        """Return the screen's brightness in per cent; ``None`` where it cannot be set."""
        require(actor, Right.CONTROL_MACHINE)
        return self._backlight.level()

    def set_brightness(self, actor: Actor, percent: int) -> None:
        """Set the screen's brightness; raises ``KioskError`` if the machine refuses."""
        require(actor, Right.CONTROL_MACHINE)
        self._backlight.set_level(percent)
