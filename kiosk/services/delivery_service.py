"""Handing out exported files: on a USB stick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kiosk.core.errors import StorageError
from kiosk.core.ports import AuditPort
from kiosk.core.rights import Actor, Right, require
from kiosk.core.sticks import CopyProgress, HandOut, Parcel, Stick

MOST_PARCELS = 50
"""Newest exports that are offered."""

PROOF = ".proof"
"""Ending of the file that proves an export; it is handed out with it."""


class SticksPort(Protocol):
    """USB sticks; every method may block and raises ``StorageError``."""

    def find(self) -> list[Stick]: ...
    def write(
        self,
        device: str,
        files: Sequence[HandOut],
        progress: CopyProgress,
        cancelled: Callable[[], bool],
    ) -> tuple[str, ...]: ...
    def release(self, device: str) -> None: ...


class DeliveryService:
    """Every method raises ``SignInError`` without the right; for threads that may block.

    ``folder``: where exports lie.
    """

    def __init__(self, audit: AuditPort, sticks: SticksPort, folder: Path) -> None:
        self._audit = audit
        self._sticks = sticks
        self._folder = folder

    def parcels(self, actor: Actor) -> list[tuple[Parcel, datetime]]:
        """Return the newest exports with the times when they were made, newest first."""
        require(actor, Right.TAKE_FILES)
        return exported(self._folder)

    def sticks(self, actor: Actor) -> list[Stick]:
        """Return the sticks that are plugged in, and why one cannot be written to."""
        require(actor, Right.TAKE_FILES)
        return self._sticks.find()

    def write(
        self,
        actor: Actor,
        parcel: Parcel,
        stick: Stick,
        progress: CopyProgress = lambda done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> tuple[str, ...]:
        """Write ``parcel`` to ``stick``, once that is recorded; return the names of the files.

        They are none if ``cancelled`` returned true. Raises ``StorageError`` for a stick that
        cannot be written, and then nothing of the parcel is on it.
        """
        require(actor, Right.TAKE_FILES)
        check_there(parcel)
        names = [file.name for file in parcel.files]
        self._audit.record("files_to_stick", actor.name, {"files": names, "stick": stick.title})
        return self._sticks.write(stick.device, parcel.files, progress, cancelled)

    def release(self, actor: Actor, stick: Stick) -> None:
        """Make it safe to take the stick out; raises ``StorageError`` while it is in use."""
        require(actor, Right.TAKE_FILES)
        self._sticks.release(stick.device)


def check_there(parcel: Parcel) -> None:
    """Raise ``StorageError`` if a file of ``parcel`` is gone."""
    for file in parcel.files:
        if file.path is not None and not file.path.is_file():
            raise StorageError(
                f"{file.name} is not there any more; export it again.",
                key="error.stick_no_file",
                name=file.name,
            )


def parcel_of(path: Path) -> Parcel:
    """Return an exported file as a parcel, with its proof if it has one."""
    files = [path]
    proof = path.with_name(path.name + PROOF)
    if proof.is_file():
        files.append(proof)
    return Parcel(path.name, tuple(HandOut(file.name, file) for file in files))


def exported(folder: Path) -> list[tuple[Parcel, datetime]]:
    """Return the newest ``MOST_PARCELS`` finished exports in ``folder``, newest first."""
    try:
        files = [
            (file.stat().st_mtime, file)
            for file in folder.iterdir()
            if not file.name.startswith(".")
            and not file.name.endswith(PROOF)
            and file.is_file()
            and not file.is_symlink()
        ]
    except OSError:  # nothing was exported yet
        return []
    newest = sorted(files, key=lambda entry: (-entry[0], entry[1].name))[:MOST_PARCELS]
    return [(parcel_of(file), datetime.fromtimestamp(at).astimezone()) for at, file in newest]
