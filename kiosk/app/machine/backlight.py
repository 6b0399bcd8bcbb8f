"""The brightness of the screen, through the kernel's backlight and logind."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from kiosk.core.errors import KioskError
from kiosk.core.system_command import Run, run_command

LEAST = 5
"""Per cent below which a screen may be black, and could not be made brighter again by touch."""

_KINDS = ("firmware", "platform", "raw")
"""Kinds of backlights, the best first (the kernel's sysfs-class-backlight)."""


class Backlight:
    """The screen's backlight, if there is one. ``folder``: the kernel's list of backlights."""

    def __init__(self, folder: Path = Path("/sys/class/backlight"), run: Run = run_command) -> None:
        self._folder = folder
        self._run = run

    def level(self) -> int | None:
        """Return the brightness in per cent; ``None`` where it cannot be set."""
        device = self._device()
        if device is None:
            return None
        with suppress(OSError, ValueError):
            most = int((device / "max_brightness").read_text())
            if most > 0:
                return round(100 * int((device / "brightness").read_text()) / most)
        return None

    def set_level(self, percent: int) -> None:
        """Set the brightness to ``percent``, at least ``LEAST``; systemd keeps it over restarts.

        Raises ``KioskError`` if the system refuses. For threads that may block.
        """
        device = self._device()
        if device is None:
            raise KioskError("This screen has no brightness to set.", key="error.brightness")
        try:
            most = int((device / "max_brightness").read_text())
        except (OSError, ValueError):
            raise KioskError(
                "The screen does not say how bright it can be; set it on the screen itself.",
                key="error.brightness",
            ) from None
        value = max(1, round(most * min(100, max(LEAST, percent)) / 100))
        with suppress(OSError):  # only root may, and nobody in the service
            (device / "brightness").write_text(f"{value}\n")
            return
        # logind lets the user of the active session, which the kiosk is
        session = "/org/freedesktop/login1/session/auto"
        call = ["busctl", "--system", "call", "org.freedesktop.login1", session]
        call += ["org.freedesktop.login1.Session", "SetBrightness", "ssu"]
        why = self._run([*call, "backlight", device.name, str(value)])
        if why:
            raise KioskError(
                f"The brightness cannot be set ({why}); set it on the screen itself.",
                key="error.brightness",
            )

    def _device(self) -> Path | None:
        """Return the best backlight."""
        try:
            found = [(_kind(device), device.name) for device in self._folder.iterdir()]
        except OSError:
            return None
        return self._folder / min(found)[1] if found else None


def _kind(device: Path) -> int:
    try:
        return _KINDS.index((device / "type").read_text().strip())
    except (OSError, ValueError):
        return len(_KINDS)
