"""One process for one data folder: a second kiosk, or a restore beside it, is refused."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.core.errors import StorageError
from kiosk.storage.db.sqlite_errors import files_explained


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold a lock on ``data_dir``, which the system releases however the process ends.

    Raises ``StorageError`` if another kiosk holds it.
    """
    path = data_dir.absolute() / "kiosk.lock"
    with files_explained(path, "written"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(
                f"A kiosk is running on {data_dir}; stop it first, or use its own screen.",
                key="error.running",
            ) from None
        yield
    finally:
        os.close(handle)


def is_running(data_dir: Path) -> bool:
    """Return whether a kiosk runs on ``data_dir``; false where that cannot be seen."""
    try:
        handle = os.open(data_dir.absolute() / "kiosk.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
