"""One process at a time: those that send notifications, or follow a fleet's centre."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path


class ProcessTurn:
    """A lock between processes: one has the turn. Released however the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._mutex = threading.Lock()

    def take(self) -> bool:
        """Return whether this process has the turn now."""
        with self._mutex:
            if self._handle is not None:
                return True
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                return False
            self._handle = handle
            return True

    def give(self) -> None:
        """Let another process have it."""
        with self._mutex:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
