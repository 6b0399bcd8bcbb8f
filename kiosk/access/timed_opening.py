"""An opening by a command, bounded by a process that outlives the command."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from kiosk.access.drivers import make_driver
from kiosk.access.failsafe import lock_for_sure, not_confirmed
from kiosk.access.lock_settings_text import lock_settings_text
from kiosk.access.locks import check_seconds
from kiosk.core.config import Config
from kiosk.core.errors import LockError

START_S = 60.0
"""Longest wait for the process to start, connect and open; a driver's call ends before that."""

CONFIRM_S = 15.0
"""How long the command waits for the confirmation that the door is locked."""


class _Silent(LockError):
    """The process has not said within the time what it was expected to."""

    def __init__(self) -> None:
        super().__init__("The lock does not answer; check it.")


_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from kiosk.access.opening_process import main; sys.exit(main())"
)


class TimedOpening:
    """One opening, carried out by a process of its own (``kiosk.access.opening_process``).

    ``config``: names the lock. ``seconds``: how long it opens. As a context manager: the lock has
    answered when the block begins, nothing is open before ``open``, and the door is locked when the
    block ends, however it ends. Raises ``LockError`` if the lock does not answer, or does not
    confirm that it is locked.
    """

    def __init__(self, config: Config, seconds: float, reason: str) -> None:
        check_seconds(seconds)
        self._config = config
        self._seconds = seconds
        self._asked = self._over = False
        self._process = _started()
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        assert self._process.stdout is not None
        reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._lines), daemon=True
        )
        reader.start()
        settings = lock_settings_text(config)
        self._send(json.dumps({"settings": settings, "seconds": seconds, "reason": reason}))

    def __enter__(self) -> Self:
        try:
            self._expect("ready", START_S)
        except BaseException:
            self._hang_up()
            self._ended()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()
        if self._asked:
            self._wait_locked(CONFIRM_S)
        else:
            self._ended()

    def open(self) -> None:
        """Open; returns once the door is open. Raises ``LockError`` if it stays locked."""
        self._asked = True
        self._send("open")
        self._expect("open", START_S)

    def wait(self) -> None:
        """Wait until the time is over and the lock confirms that it is locked."""
        self._wait_locked(self._seconds + CONFIRM_S)

    def _wait_locked(self, patience_s: float) -> None:
        if self._over:
            return
        try:
            self._expect("locked", patience_s)
        except _Silent:
            raise not_confirmed("it is told again every second, also after this") from None
        self._over = True
        self._ended()

    def _expect(self, word: str, patience_s: float) -> None:
        """Wait for the line ``word``; raise ``LockError`` for ``failed``, and if it has ended."""
        until = time.monotonic() + patience_s
        try:
            while line := self._lines.get(timeout=max(0.0, until - time.monotonic())):
                said, _, words = line.partition(" ")
                if said == word:
                    return
                if said == "failed" and word != "locked":
                    raise LockError(words)
        except queue.Empty:
            raise _Silent from None
        self._ended()
        self._over = True
        if self._asked:
            lock_for_sure(make_driver(self._config))
        raise LockError("The process that opens the door ended too early; try again.")

    def _ended(self) -> None:
        """Wait for the end of the process, but not for ever."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(CONFIRM_S)

    def _send(self, line: str) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):  # it has ended, which the next wait finds
            pipe.write(f"{line}\n".encode())
            pipe.flush()

    def _hang_up(self) -> None:
        """Close the pipe: the process locks, if the door is open, and ends."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # what it did not read any more
            self._process.stdin.close()


def _started() -> subprocess.Popen[bytes]:
    """Start the process in a session of its own, with the code of this one."""
    folders = [str(Path(folder).absolute()) for folder in sys.path]
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", _CODE, json.dumps(folders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise LockError(
            f"The process that opens the door cannot be started ({error.strerror}); end other "
            "programs and try again."
        ) from error


def _read(pipe: IO[bytes], lines: queue.SimpleQueue[str]) -> None:
    """Put each line into ``lines``, then an empty text."""
    with pipe:
        for line in pipe:
            lines.put(line.decode(errors="replace").strip())
    lines.put("")
