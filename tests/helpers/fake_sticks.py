"""A made-up /proc, /sys and /run in which folders stand for USB sticks."""

from __future__ import annotations

import os
from pathlib import Path

SECTORS = 1 << 20


class FakeMachine:
    """``root`` is given to ``find_sticks``; add disks before asking."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._mounts: list[str] = []
        (root / "sys/class/block").mkdir(parents=True)
        (root / "run/udev/data").mkdir(parents=True)
        (root / "proc/self").mkdir(parents=True)
        self._write_mounts()

    def add(
        self,
        device: str,
        number: str,
        *,
        usb: bool = True,
        removable: bool = True,
        size: int = SECTORS,
        **facts: str,
    ) -> None:
        """Plug in a disk, or add a partition to the disk that is there already (``sdb1``)."""
        disk = device.rstrip("0123456789")
        bus = "devices/pci0/usb1/1-1" if usb else "devices/pci0/ata1"
        folder = self.root / "sys" / bus / "block" / disk
        if device != disk:
            folder /= device
        folder.mkdir(parents=True)
        (folder / "dev").write_text(f"{number}\n")
        (folder / "size").write_text(f"{size}\n")
        if device == disk:
            (folder / "removable").write_text(f"{int(removable)}\n")
        else:
            (folder / "partition").write_text("1\n")
        (self.root / "sys/class/block" / device).symlink_to(folder)
        lines = [f"E:{name}={value}\n" for name, value in facts.items()]
        (self.root / f"run/udev/data/b{number}").write_text("".join(lines))

    def mount(self, number: str, place: Path | str, options: str = "rw,nosuid") -> None:
        """Mount a device; the kernel writes blanks as octal numbers."""
        where = str(place).replace(" ", "\\040")
        self._mounts.append(f"36 25 {number} / {where} {options} shared:1 - vfat /dev/x rw")
        self._write_mounts()

    def unplug(self, device: str) -> None:
        """Take a device away."""
        (self.root / "sys/class/block" / device).unlink()

    def _write_mounts(self) -> None:
        lines = ["25 0 8:1 / / rw - ext4 /dev/sda1 rw", *self._mounts]
        (self.root / "proc/self/mountinfo").write_text("\n".join(lines) + "\n")


def number_of(folder: Path) -> str:
    """The device number of the disk that really holds ``folder``."""
    device = folder.stat().st_dev
    return f"{os.major(device)}:{os.minor(device)}"
