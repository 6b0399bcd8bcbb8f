"""Folders for unencrypted databases while a backup is made, verified or restored.

They are in the data folder, which holds the database itself, and never on the disk of the backups.
Each is locked by the process that uses it, so that what a killed process left is told apart from
what is in use.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.core.files import showable, shred
from kiosk.storage.db.sqlite_errors import files_explained

PREFIX = ".scratch."
"""Prefix of the names of these folders."""

FORMER = ("*.unpacked*", ".offer.*")
"""What older programs left in the data folder, without a lock."""

log = logging.getLogger(__name__)


@contextmanager
def scratch_folder(data_dir: Path) -> Iterator[Path]:
    """Yield an empty folder (0700) in ``data_dir``; it is deleted when the block ends.

    Raise ``StorageError`` if it cannot be created.
    """
    with files_explained(data_dir, "written"):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder, handle = _create(data_dir)
    try:
        yield folder
    finally:
        _delete(folder)
        os.close(handle)


def clear_left_behind(data_dir: Path) -> list[Path]:
    """Delete the folders that no process uses any more; return those still in use.

    Raise ``StorageError`` if ``data_dir`` cannot be read.
    """
    in_use = []
    with files_explained(data_dir, "read"):
        folders = list(data_dir.glob(f"{PREFIX}*"))
        former = [left for pattern in FORMER for left in data_dir.glob(pattern)]
    for folder in folders:
        handle = _lock(folder)
        if handle is None:
            in_use.append(folder)
        else:
            _delete(folder)
            os.close(handle)
    for left in former:
        _delete(left)
    return in_use


def _create(data_dir: Path) -> tuple[Path, int]:
    """Return a new folder and the handle whose lock says that it is in use."""
    while True:
        folder = data_dir / f"{PREFIX}{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        handle = _lock(folder)
        if handle is not None and folder.exists():
            return folder, handle
        if handle is not None:  # another process took it for one left behind
            os.close(handle)


def _lock(folder: Path) -> int | None:
    """Lock ``folder`` and return the handle; ``None`` if another process uses it or it is gone."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _delete(left: Path) -> None:
    """Overwrite and delete a file, or all files of a folder and the folder."""
    is_folder = left.is_dir() and not left.is_symlink()
    try:
        for file in left.rglob("*") if is_folder else [left]:
            if file.is_symlink() or not file.is_dir():
                shred(file)
        if is_folder:
            shutil.rmtree(left)
    except FileNotFoundError:  # another process deletes it too
        shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        log.error("%s cannot be deleted (%s); delete it by hand", showable(left), error)
