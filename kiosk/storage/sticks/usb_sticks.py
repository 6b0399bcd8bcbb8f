"""The USB sticks of this machine, as the delivery of files needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.core.sticks import CopyProgress, HandOut, Stick, StickProblem
from kiosk.storage.sticks.stick_finder import find_sticks
from kiosk.storage.sticks.stick_mounting import can_mount, mount_stick, release_stick
from kiosk.storage.sticks.stick_writer import write_to_stick


class UsbSticks:
    """``own``: a folder of the kiosk's, whose disk is not offered. ``root``: see ``find_sticks``.

    Every method may block for seconds and raises ``StorageError``.
    """

    def __init__(self, own: Path, root: Path = Path("/")) -> None:
        self._own = own
        self._root = root

    def find(self) -> list[Stick]:
        """Return the sticks that are plugged in; one that ``write`` can mount has no problem."""
        found = find_sticks(self._root, self._own)
        if not can_mount():
            return found
        return [
            replace(stick, problem=None) if stick.problem is StickProblem.UNMOUNTED else stick
            for stick in found
        ]

    def write(
        self,
        device: str,
        files: Sequence[HandOut],
        progress: CopyProgress,
        cancelled: Callable[[], bool],
    ) -> tuple[str, ...]:
        """Write ``files`` to the stick ``device``; return their names, none if cancelled."""
        stick = self._stick(device)
        if stick.place is None and stick.problem is None:
            mount_stick(stick)
            stick = self._stick(device)
        return write_to_stick(stick, files, progress, cancelled)

    def release(self, device: str) -> None:
        """Unmount the stick, so that it can be taken out; nothing is done if it is gone."""
        for stick in self.find():
            if stick.device == device:
                release_stick(stick)

    def _stick(self, device: str) -> Stick:
        """Return the stick as it is now; raises ``StorageError`` if it is gone."""
        for stick in self.find():
            if stick.device == device:
                return stick
        raise StorageError(
            "The stick was pulled out or is broken; plug it in again and start over.",
            key="error.stick_gone",
        )
