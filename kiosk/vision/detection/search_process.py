"""The process that searches pictures for codes: ``python -m …search_process CPU_S BAR_CODES``.

It reads pictures from its standard input and answers each on its standard output, one line of JSON
each (``read_picture``, ``written``). The pictures are what strangers hold to the camera: the
process may use ``CPU_S`` seconds of processor time for one of them and is ended by the system
otherwise. Where the system can fork, only a copy is ended, and the next one is ready in
milliseconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
from typing import BinaryIO

import numpy as np

from kiosk.vision.detection.code_search import Codes, Picture, ZXingCodeSearch

SIZE = struct.Struct("<II")
"""Height and width of the grey picture that follows."""

MEMORY = 512 * 2**20
"""Bytes that the process may allocate."""

GAVE_UP = b"null\n"
"""The answer for a picture whose search was cut short."""


def read_picture(source: BinaryIO) -> Picture | None:
    """Return the next picture, (height, width) uint8; ``None`` at the end of the input."""
    head = source.read(SIZE.size)
    if len(head) < SIZE.size:
        return None
    height, width = SIZE.unpack(head)
    pixels = source.read(height * width)
    if len(pixels) < height * width:
        return None
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def written(codes: Codes) -> bytes:
    """Return ``codes`` as one line."""
    return json.dumps({"qr": codes.qr, "bar": codes.bar}).encode() + b"\n"


def serve(search: ZXingCodeSearch, cpu_s: float, source: BinaryIO, target: BinaryIO) -> None:
    """Answer pictures until the input ends."""
    while (picture := read_picture(source)) is not None:
        _limit(cpu_s)
        answer = written(search.look(picture))
        _limit(0.0)
        target.write(answer)
        target.flush()


def _limit(cpu_s: float) -> None:
    """Let the system end this process after ``cpu_s`` of processor time; 0 takes that back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _restrict() -> None:
    """Yield to the door's own threads, and bound what a picture can make the decoder allocate."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        os.nice(5)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _serve_in_copies(search: ZXingCodeSearch, cpu_s: float) -> None:
    """Answer in a copy of this process, and in another one whenever that is ended."""
    while True:
        copy = os.fork()
        if copy == 0:
            # buffers of its own: what one copy has read ahead does not reach the next
            with open(0, "rb", closefd=False) as source, open(1, "wb", closefd=False) as target:
                serve(search, cpu_s, source, target)
            os._exit(0)
        if os.waitpid(copy, 0)[1] == 0:
            return
        os.write(1, GAVE_UP)


def main(cpu_s: float, bar_codes: bool) -> None:
    """Answer pictures until the standard input ends."""
    _restrict()
    search = ZXingCodeSearch(bar_codes)
    if hasattr(os, "fork"):
        _serve_in_copies(search, cpu_s)
    else:
        serve(search, cpu_s, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main(float(sys.argv[1]), sys.argv[2] == "1")
