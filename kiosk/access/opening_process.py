"""The process that opens the lock for a command, for a bounded time, and locks it again.

It has a session of its own, so that neither a dropped connection nor a signal for the command
reaches it, and it locks when the time is over or the command's end of the pipe closes, which the
system does however the command ends. Lines on its standard input: a request as JSON, then ``open``.
Lines on its standard output: ``ready`` once the lock answers, ``open``, ``locked``, and ``failed``
with a sentence.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from dataclasses import dataclass
from typing import BinaryIO

from kiosk.access.drivers import make_driver
from kiosk.access.failsafe import lock_for_sure
from kiosk.access.lock_settings_text import lock_settings_from
from kiosk.access.locks import Driver
from kiosk.core.errors import KioskError

STDIN, STDOUT = 0, 1
CLOSE_FOR_S = 3600.0
"""How long a lock that does not confirm is told to lock; the next kiosk locks at its start."""

_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Request:
    """What the command asks for. ``settings``: text of the lock's settings."""

    settings: str
    seconds: float
    reason: str

    @classmethod
    def read(cls, pipe: BinaryIO) -> Request:
        """Return the request on the first line of ``pipe``."""
        return cls(**json.loads(pipe.readline()))


def main() -> int:
    """Carry out one request; return 0 if the door was open for it and is locked."""
    stopped = _signals_to_file()
    with open(STDIN, "rb", buffering=0, closefd=False) as pipe:  # reads no more than the line
        request = Request.read(pipe)
        try:
            driver = make_driver(lock_settings_from(request.settings))
            driver.check()
        except KioskError as error:
            _say(f"failed {error}")
            return 2
        _say("ready")
        if pipe.readline() != b"open\n":  # the command ended, or was refused
            with contextlib.suppress(KioskError):  # it was not opened
                driver.stop()
            return 2
    return _open(driver, request, stopped)


def _open(driver: Driver, request: Request, stopped: int) -> int:
    """Open until the time is over or ``stopped`` or the pipe becomes readable; lock in any case."""
    code = 2
    until = time.monotonic() + request.seconds
    try:
        driver.open(request.seconds, request.reason)
        _say("open")
        select.select([STDIN, stopped], [], [], max(0.0, until - time.monotonic()))
        code = 0
    except Exception as error:  # also a driver's bug: the lock is told to lock below
        _say(f"failed {error if isinstance(error, KioskError) else type(error).__name__}")
    finally:
        lock_for_sure(driver, CLOSE_FOR_S)
        _say("locked")
    return code


def _signals_to_file() -> int:
    """Make signals that would end the process mark a file as readable; return its number."""
    readable, written = os.pipe()
    os.set_blocking(written, False)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    return readable


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the command has ended; the door is locked all the same
        os.write(STDOUT, f"{' '.join(line.split())}\n".encode())


if __name__ == "__main__":
    sys.exit(main())
