"""The child of a ``BoundedProcess``: limits itself, then answers one request after the other.

Started as ``python -m kiosk.core.bounded_worker MODULE:FUNCTION [LIBRARY...]``. A request is a line
of JSON with the arguments; an answer is ``HEAD`` (lengths of what follows), a JSON document and
bytes.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.core.errors import KioskError

MEMORY = 256_000_000
"""Bytes of memory that reading one input may take, with the libraries that read it."""

CPU_S = 3.0
"""Seconds of processor time that reading one input may take."""

IDLE_S = 20.0
"""Seconds without a request after which the child ends."""

MAX_DOCUMENT = 64_000_000
"""Maximum size of the JSON in an answer, in bytes."""

MAX_PAYLOAD = 64_000_000
"""Maximum number of bytes beside it."""

HEAD = struct.Struct(">QQ")

Answer = tuple[Any, bytes]
"""What a function returns: what JSON can hold, and bytes."""


def main(target: str, *preload: str) -> int:
    """Answer requests until stdin is closed or nothing was asked for ``IDLE_S``."""
    answers = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # a library that prints must not garble the answers
    module, _, name = target.partition(":")
    function: Callable[..., Answer] = getattr(importlib.import_module(module), name)
    for library in preload:
        importlib.import_module(library)
    limit_memory()
    _send(answers, {"value": "ready"}, b"")
    while select.select([0], [], [], IDLE_S)[0]:
        line = _line()
        if not line:
            break
        _send(answers, *_answer(function, json.loads(line)))
    return 0


def limit_memory() -> None:
    """Allow this process as much further address space as leaves it within ``MEMORY`` bytes.

    The space that libraries have mapped does not count; what of it they use does.
    """
    page = resource.getpagesize()
    mapped, resident = (int(n) * page for n in Path("/proc/self/statm").read_text().split()[:2])
    limit = mapped + max(0, MEMORY - resident)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no picture of a person in a core file
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has nothing to write


def _line() -> bytes:
    """Return the next request, empty at the end; there is never more than one to read."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 1 << 16)
        if not part:
            return b""
        line += part
    return line


def _answer(function: Callable[..., Answer], arguments: list[Any]) -> tuple[Any, bytes]:
    # its signal ends the process even inside a library's code
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        value, payload = function(*arguments)
        return {"value": value}, payload
    except KioskError as error:
        said = {
            "class": type(error).__name__,
            "message": str(error),
            "key": error.key,
            "values": {name: _plain(value) for name, value in error.values.items()},
        }
        return {"error": said}, b""
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"[:500]}, b""
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float) else str(value)


def _send(answers: int, document: object, payload: bytes) -> None:
    text = json.dumps(document).encode()
    for data in (HEAD.pack(len(text), len(payload)), text, payload):
        view = memoryview(data)
        while view:
            view = view[os.write(answers, view) :]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
