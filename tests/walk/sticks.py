"""A USB stick for machines without one: a folder that the kiosk finds as a stick."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

from kiosk.app.bootstrap import use_cases
from kiosk.storage.sticks.usb_sticks import UsbSticks
from tests.helpers.fake_sticks import FakeMachine, number_of


def plug_in_stick(folder: Path) -> Path:
    """Let the kiosk find one stick, and return the folder where its files go.

    ``folder`` holds it. Only what the kernel says of the stick is made up, and releasing it; it is
    found and written by the kiosk's own code.
    """
    place = folder / "media" / "LAB"
    place.mkdir(parents=True)
    machine = FakeMachine(folder / "machine")
    machine.add("sdb", "8:16", ID_MODEL="Cruzer_Blade")
    machine.add("sdb1", number_of(place), ID_FS_LABEL="LAB", ID_FS_TYPE="vfat")
    machine.mount(number_of(place), place)

    class Sticks(UsbSticks):
        def __init__(self, own: Path) -> None:
            super().__init__(folder / "nowhere", machine.root)

        def release(self, device: str) -> None:
            machine.unplug(device)

    mock.patch.object(use_cases, "UsbSticks", Sticks).start()  # for this process
    return place
