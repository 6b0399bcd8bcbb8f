"""Check that no other program has taken the USB relay board, as brltty does on Ubuntu."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from kiosk.app.doctor.check_messages import check_message
from kiosk.core.config import Config
from kiosk.core.view_models import Check, CheckLevel
from kiosk.vision.camera.device_users import programs_using

USB_DEVICES = Path("/sys/bus/usb/devices")
USB_NODES = Path("/dev/bus/usb")

CH340 = "1a86:7523"
"""The converter of most relay boards."""

TAKEN = "usbfs"
"""The driver of an interface that a program uses past the kernel: its /dev/ttyUSB is gone."""


def usb_relay_check(
    config: Config, devices: Path = USB_DEVICES, nodes: Path = USB_NODES
) -> Iterator[Check]:
    """Yield a problem for each board that another program has taken; nothing where all is well."""
    wanted = getattr(config.tables.get("serial"), "usb", CH340).lower()
    for board in sorted(devices.iterdir()) if devices.is_dir() else ():
        with contextlib.suppress(OSError):  # an interface, or unplugged meanwhile
            found = f"{_text(board / 'idVendor')}:{_text(board / 'idProduct')}"
            if found == wanted and TAKEN in _drivers(board):
                bus, number = int(_text(board / "busnum")), int(_text(board / "devnum"))
                users = programs_using(str(nodes / f"{bus:03}" / f"{number:03}"))
                yield check_message(
                    "relay",
                    CheckLevel.PROBLEM,
                    "relay_taken_by" if users else "relay_taken",
                    "relay_taken",
                    board=found,
                    program=", ".join(users),
                )


def _text(file: Path) -> str:
    return file.read_text(encoding="ascii", errors="replace").strip().lower()


def _drivers(board: Path) -> set[str]:
    return {link.resolve().name for link in board.glob("*:*/driver")}
