"""Find USB sticks by what the kernel and udev say of block devices and mounts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kiosk.core.files import showable
from kiosk.core.sticks import Stick, StickProblem

FORMATS = frozenset({"vfat", "exfat"})
"""File systems that the package's unit mounts (deploy/mount-stick); others count where something
else mounted them."""

_LONGEST_TITLE = 40

_SYSTEM = ("/", "/boot", "/boot/efi", "/boot/firmware", "/efi", "/usr", "/var", "/home")
"""A disk with one of these is the machine's own, even on USB."""

_SECTOR = 512
"""Bytes in the kernel's unit of sizes."""


@dataclass(frozen=True, slots=True)
class _Mount:
    """A line of ``/proc/self/mountinfo`` (proc_pid_mountinfo(5))."""

    number: str
    place: Path
    read_only: bool


def find_sticks(root: Path = Path("/"), own: Path | None = None) -> list[Stick]:
    """Return the file systems on removable devices, sorted by device.

    ``root``: the folder that holds ``proc``, ``sys`` and ``run``. ``own``: a folder of the kiosk's;
    the disk that holds it is not offered.
    """
    mounts = list(_mounts(root))
    own_number = _number_of(own) if own is not None else ""
    blocks = [folder for folder in _listed(root / "sys/class/block") if _is_removable(folder)]
    numbers = {folder: _text(folder / "dev") for folder in blocks}
    machine = {
        _disk(folder)
        for folder in blocks
        for mount in mounts
        if mount.number == numbers[folder]
        and (str(mount.place) in _SYSTEM or mount.number == own_number)
    }
    sticks = [
        stick
        for folder in blocks
        if _disk(folder) not in machine
        and (stick := _stick(root, folder, numbers[folder], mounts)) is not None
    ]
    return sorted(sticks, key=lambda stick: stick.device)


def _stick(root: Path, folder: Path, number: str, mounts: list[_Mount]) -> Stick | None:
    """Return the stick of a block device; ``None`` if there is no medium or only partitions."""
    size = int(_text(folder / "size") or 0) * _SECTOR
    mount = next((mount for mount in mounts if mount.number == number), None)
    if not size or (mount is None and any((part / "partition").exists() for part in _real(folder))):
        return None
    facts = _udev(root, number)
    title = facts.get("ID_FS_LABEL") or facts.get("ID_MODEL") or folder.name
    title = showable(title.replace("_", " ").strip())[:_LONGEST_TITLE]
    if mount is None:
        known = facts.get("ID_FS_TYPE") in FORMATS
        problem = StickProblem.UNMOUNTED if known else StickProblem.FORMAT
        return Stick(folder.name, title, size=size, problem=problem)
    major, _, minor = number.partition(":")
    return mounted(Stick(folder.name, title, os.makedev(int(major), int(minor))), mount)


def mounted(stick: Stick, mount: _Mount) -> Stick:
    """Return ``stick`` with what its mount says."""
    try:
        sizes = os.statvfs(mount.place)
    except OSError:
        return Stick(stick.device, stick.title, problem=StickProblem.NO_ACCESS)
    problem = None
    if mount.read_only:
        problem = StickProblem.READ_ONLY
    elif not os.access(mount.place, os.W_OK | os.X_OK):
        problem = StickProblem.NO_ACCESS
    return Stick(
        stick.device,
        stick.title,
        stick.number,
        mount.place,
        sizes.f_blocks * sizes.f_frsize,
        sizes.f_bavail * sizes.f_frsize,
        problem,
    )


def _mounts(root: Path) -> Iterator[_Mount]:
    """Yield the mounts of whole file systems."""
    for line in _text(root / "proc/self/mountinfo").splitlines():
        parts = line.split(" ")
        with suppress(ValueError, IndexError):
            after = parts.index("-")
            options = {*parts[5].split(","), *parts[after + 3].split(",")}
            yield _Mount(parts[2], Path(_unescaped(parts[4])), "ro" in options)


def _unescaped(text: str) -> str:
    """Undo the kernel's octal escapes of blanks and backslashes."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _is_removable(folder: Path) -> bool:
    """Whether a block device hangs on USB or calls itself removable, like a card reader."""
    real = folder.resolve()
    flags = (_text(real / "removable"), _text(real.parent / "removable"))
    return "/usb" in str(real) or "1" in flags


def _disk(folder: Path) -> str:
    """Return the name of the disk that a partition is on, or of the disk itself."""
    real = folder.resolve()
    return real.parent.name if (real / "partition").exists() else real.name


def _udev(root: Path, number: str) -> dict[str, str]:
    """Return udev's properties of a block device; nothing where there is no udev."""
    lines = _text(root / f"run/udev/data/b{number}").splitlines()
    facts = (line[2:].partition("=") for line in lines if line.startswith("E:"))
    return {name: value for name, _, value in facts}


def _number_of(folder: Path) -> str:
    with suppress(OSError):
        device = folder.stat().st_dev
        return f"{os.major(device)}:{os.minor(device)}"
    return ""


def _real(folder: Path) -> list[Path]:
    return _listed(folder.resolve())


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
