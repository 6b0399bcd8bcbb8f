"""Mount a USB stick, and take it out safely, through systemd or udisks."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.core.sticks import Stick

KIOSK_PLACE = Path("/run/munjigi-sticks")
"""Where the package's units mount sticks (deploy/munjigi-stick@.service)."""

PATIENCE_S = 60.0
"""Longest wait for a command: what was written last must reach a slow stick."""

Run = Callable[[Sequence[str]], str]
"""Runs a command; returns why it failed, or nothing."""


def run_command(words: Sequence[str]) -> str:
    """Run ``words`` for at most ``PATIENCE_S``; return its last line of errors, if it failed."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else (said[-1] if said else f"exit code {done.returncode}")


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
