"""Restarting the machine and switching it off, through systemd."""

from __future__ import annotations

from pathlib import Path

from kiosk.core.errors import KioskError
from kiosk.core.system_command import Run, run_command
from kiosk.services.machine_service import PowerAction

_VERBS = {PowerAction.RESTART_MACHINE: "reboot", PowerAction.SWITCH_OFF: "poweroff"}


def can_switch_machine() -> bool:
    """Return whether systemd runs this machine."""
    return Path("/run/systemd/system").is_dir()


def switch_machine(action: PowerAction, run: Run = run_command) -> None:
    """Ask systemd, which stops the kiosk in order; raises ``KioskError`` if it refuses."""
    why = run(["systemctl", "--no-ask-password", _VERBS[action]])
    if why:
        raise KioskError(
            f"The machine refuses ({why}); install polkitd, or use its power button.",
            key="error.power",
        )
