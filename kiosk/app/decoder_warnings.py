"""Keep what libjpeg writes about damaged pictures out of the journal.

A webcam's damaged pictures are dropped and missed by nobody, but libjpeg, inside OpenCV, writes a
line about each to the standard error, and cannot be told not to. A small program between the
libraries and the standard error leaves these lines out; it outlives a crash, so that a library's
last words arrive. Python's own standard error does not go through it.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys

PATTERN = (
    r"^(Corrupt JPEG data|Premature end of JPEG file|Unsupported marker type|Invalid JPEG file|"
    r"Inconsistent progression sequence|Warning: unknown JFIF revision|JPEG datastream contains|"
    r"Invalid SOS parameters|Unknown Adobe color transform|Bogus [A-Z]+ )"
)
"""Beginnings of libjpeg's warnings (its jerror.h), as an extended regular expression."""


FILTERED = "MUNJIGI_STDERR_FILTERED"
"""Environment variable with the process whose standard error is filtered: a kiosk that restarts
itself stays the same process."""


def drop_decoder_warnings() -> bool:
    """Leave libjpeg's lines out of this process's standard error from now on.

    Return whether that was possible: it needs ``sed``.
    """
    sed = shutil.which("sed", path=os.defpath)
    if sed is None or sys.platform == "win32" or os.environ.get(FILTERED) == str(os.getpid()):
        return False
    earlier = sys.stderr
    try:
        earlier.flush()
        own = os.dup(2)
        _send_through([sed, "-u", "-E", f"/{PATTERN}/d"], own)
    except (OSError, ValueError, AttributeError):  # closed, or none at all
        return False
    os.environ[FILTERED] = str(os.getpid())
    sys.stderr = os.fdopen(own, "w", 1, encoding="utf-8", errors="backslashreplace")
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is earlier:
            handler.setStream(sys.stderr)
    return True


def _send_through(command: list[str], own: int) -> None:
    """Let what is written to the standard error pass ``command``, which writes to ``own``.

    It is not waited for: it ends after the last process that writes to it.
    """
    reads, writes = os.pipe()
    try:
        os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, reads, 0), (os.POSIX_SPAWN_DUP2, own, 1)],
            setsid=True,
        )
        os.dup2(writes, 2)
    finally:
        os.close(reads)
        os.close(writes)
