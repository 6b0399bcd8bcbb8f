"""USB sticks, and files that are handed out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

CopyProgress = Callable[[int, int], object]
"""Called with (bytes written, bytes in all)."""


class StickProblem(StrEnum):
    """Why nothing can be written to a stick."""

    FORMAT = "format"
    """Its file system is unknown here, or there is none."""
    UNMOUNTED = "unmounted"
    """It is not mounted, and nothing here may mount it."""
    READ_ONLY = "read_only"
    NO_ACCESS = "no_access"
    """This user may not write to it."""


@dataclass(frozen=True, slots=True)
class Stick:
    """A file system on a removable device. ``size`` and ``free``: bytes.

    ``device``: the kernel's name (``sdb1``). ``title``: label or model. ``number``: the file
    system's device number (``os.stat_result.st_dev``). ``place``: where it is mounted, if it is;
    without a problem it is mounted before it is written to.
    """

    device: str
    title: str
    number: int = 0
    place: Path | None = None
    size: int = 0
    free: int = 0
    problem: StickProblem | None = None


@dataclass(frozen=True, slots=True)
class HandOut:
    """A file to hand out: one that lies at ``path``, or ``content`` that is stored nowhere."""

    name: str
    path: Path | None = None
    content: bytes = b""

    @property
    def size(self) -> int:
        """Size in bytes; raises ``OSError`` if the file is gone."""
        return len(self.content) if self.path is None else self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files that are handed out together, such as an export and its proof."""

    title: str
    files: tuple[HandOut, ...]

    @property
    def size(self) -> int:
        """Size of all files in bytes; raises ``OSError`` if one is gone."""
        return sum(file.size for file in self.files)
