"""Mount a USB stick, and take it out safely, through systemd or udisks."""

from __future__ import annotations

import shutil
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.core.sticks import Stick
from kiosk.core.system_command import Run, run_command

KIOSK_PLACE = Path("/run/munjigi-sticks")
"""Where the package's units mount sticks (deploy/munjigi-stick@.service)."""


def can_mount() -> bool:
    """Whether this user can mount a stick, as on a desktop."""
    return shutil.which("udisksctl") is not None


def mount_stick(stick: Stick, run: Run = run_command) -> None:
    """Mount a stick through udisks; raises ``StorageError`` if that fails."""
    command = ["udisksctl", "mount", "--no-user-interaction", "-b", f"/dev/{stick.device}"]
    why = run([*command, "-o", "nosuid,nodev,noexec"])
    if why:
        raise StorageError(
            f"The stick cannot be mounted ({why}); plug it in again or take another one.",
            key="error.stick_unmounted",
        )


def release_stick(stick: Stick, run: Run = run_command) -> None:
    """Write what is left to the stick and unmount it, so that it can be taken out.

    Raises ``StorageError`` while it is in use, and if nothing here may unmount it.
    """
    if stick.place is None:
        return
    if stick.place.parent == KIOSK_PLACE:
        unit = f"munjigi-stick@{stick.device}.service"
        command = ["systemctl", "--no-ask-password", "stop", unit]
    else:
        command = ["udisksctl", "unmount", "--no-user-interaction", "-b", f"/dev/{stick.device}"]
    why = run(command)
    if why:
        raise StorageError(
            f"The stick cannot be taken out safely yet ({why}); wait a moment and try again.",
            key="error.stick_busy",
        )
