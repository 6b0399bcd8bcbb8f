"""Which other programs have a device open (Linux)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

PROC = Path("/proc")


def programs_using(path: str, proc: Path = PROC) -> list[str]:
    """Return the names of the other programs that have ``path`` open, sorted.

    Those of other users are found by root only; a program that holds it and cannot be seen is
    missing.
    """
    try:
        device = _identity(Path(path).stat())
    except OSError:
        return []
    names = set()
    for process in proc.iterdir() if proc.is_dir() else ():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            with contextlib.suppress(OSError):  # it ended, or belongs to somebody else
                if _has_open(process, device):
                    names.add((process / "comm").read_text("utf-8", "replace").strip())
    return sorted(name for name in names if name)


def used_here(path: str, proc: Path = PROC) -> bool:
    """Return whether this process itself has ``path`` open."""
    try:
        return _has_open(proc / "self", _identity(Path(path).stat()))
    except OSError:
        return False


def _identity(stat: os.stat_result) -> tuple[int, ...]:
    """Return what is the same for every node of one device."""
    return (stat.st_rdev,) if stat.st_rdev else (stat.st_dev, stat.st_ino)


def _has_open(process: Path, device: tuple[int, ...]) -> bool:
    for file in (process / "fd").iterdir():
        with contextlib.suppress(OSError):
            if _identity(file.stat()) == device:
                return True
    return False
