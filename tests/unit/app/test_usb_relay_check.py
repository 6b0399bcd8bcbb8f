"""A relay board that another program has taken is named by ``doctor``."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.doctor.usb_relay_check import usb_relay_check


def plug_in(root: Path, driver: str | None, usb: tuple[str, str] = ("1a86", "7523")) -> Path:
    """Lay out a USB device as the kernel does; return the folder of all of them."""
    devices = root / "devices"
    board = devices / "1-3"
    interface = board / "1-3:1.0"
    interface.mkdir(parents=True)
    for name, text in (
        ("idVendor", usb[0]),
        ("idProduct", usb[1]),
        ("busnum", "1"),
        ("devnum", "7"),
    ):
        (board / name).write_text(f"{text}\n")
    (devices / "1-3:1.0").symlink_to("1-3/1-3:1.0")
    if driver is not None:
        (root / "drivers" / driver).mkdir(parents=True)
        (interface / "driver").symlink_to(root / "drivers" / driver)
    return devices


@pytest.mark.parametrize(
    ("driver", "usb", "taken"),
    [
        ("usbfs", ("1a86", "7523"), True),
        ("ch341", ("1a86", "7523"), False),
        (None, ("1a86", "7523"), False),
        ("usbfs", ("0403", "6001"), False),
    ],
)
def test_a_board_that_another_program_took(tmp_path, driver, usb, taken):
    found = list(usb_relay_check(default_config(), plug_in(tmp_path, driver, usb), tmp_path))
    assert [check.key for check in found] == ["doctor.found.relay_taken"] * taken
    assert all("brltty" in check.advice for check in found)


def test_a_machine_without_usb_has_no_board(tmp_path):
    assert list(usb_relay_check(default_config(), tmp_path / "none", tmp_path)) == []
