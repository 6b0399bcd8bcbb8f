"""The streams of a command: closed, cut off, full, or in an encoding without some letters."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_NOT_TAKEN = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBADF")
)
"""What writing to a stream may fail with."""


def prepare_streams() -> None:
    """Let whatever is printed end somewhere, and letters that cannot be shown be escaped.

    A closed stream is opened on nothing: the next file that the program opens would take its
    number, and warnings of libraries would be written into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def print_error(sentence: str) -> None:
    """Print ``sentence`` on stderr, if somebody still reads it."""
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        drop(sys.stderr)


def print_json(document: object, indent: int | None = None) -> None:
    """Print ``document`` as JSON that is valid in the encoding of stdout."""
    print(json.dumps(document, ensure_ascii=not shows_all_letters(), indent=indent))


def shows_all_letters() -> bool:
    """Return whether stdout is in an encoding of Unicode."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def is_of_stream(error: OSError) -> bool:
    """Return whether printing failed, rather than work on a file, which has a name."""
    return error.filename is None and error.errno in _NOT_TAKEN


def drop(stream: TextIO) -> None:
    """Let the rest of ``stream`` go nowhere, so that ending the program does not fail on it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError, ValueError):  # it has no number
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
