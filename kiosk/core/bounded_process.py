"""Run a function on untrusted input in a child process whose memory and time are limited.

A file that a stranger made may unpack to gigabytes, or crash the library that reads it. The child
answers with JSON and bytes, never with a pickle, so that a child taken over by such a file can send
nothing but data.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from kiosk.core import errors, paths
from kiosk.core.bounded_worker import CPU_S, HEAD, MAX_DOCUMENT, MAX_PAYLOAD, MEMORY, Answer
from kiosk.core.errors import CostlyInputError, KioskError

START_S = 60.0
"""Seconds within which the child must have imported its libraries, even on a busy machine."""

WALL_S = 4 * CPU_S
"""Seconds for one input by the clock: a slow disk or a busy machine is not the input's fault."""

_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "MALLOC_ARENA_MAX": "1",
}
"""One thread, so that the limits hold for all of the work and stacks take no address space."""

_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "LD_LIBRARY_PATH", "TMPDIR")

log = logging.getLogger(__name__)


class _Ended(Exception):
    """The child gave no answer; the argument is its exit code, ``None`` if it was too slow."""


class BoundedProcess:
    """Calls ``function`` in a child process; callable from any thread, one call at a time.

    ``function`` is defined at the top of a module, takes what JSON can hold and returns (what JSON
    can hold, bytes). The child starts at the first call, ends when it was idle for a while, and is
    replaced after an input that was too much for it. ``environment``: additional variables.
    ``preload``: modules that the function imports late; the child imports them before it limits
    itself, so that only what they use of their space counts.
    """

    def __init__(
        self,
        function: Callable[..., Answer],
        environment: Mapping[str, str] | None = None,
        preload: Sequence[str] = (),
    ) -> None:
        self._preload = tuple(preload)
        self._target = f"{function.__module__}:{function.__qualname__}"
        self._environment = environment or {}
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def __call__(self, name: str, *arguments: object) -> tuple[Any, bytearray]:
        """Return what the function returns for ``arguments``; ``name``: of the input, for errors.

        Raise the ``KioskError`` that it raises, and ``CostlyInputError`` if the input takes more
        than ``MEMORY`` bytes or ``CPU_S`` seconds, or ends the child.
        """
        request = json.dumps(arguments).encode() + b"\n"
        with self._lock:
            try:
                document, payload = self._answer(request)
            except _Ended as ended:
                log.warning("%s was given up: %s", name, ended)
                raise _costly(name) from None
        if "error" in document:
            raise _error(document["error"])
        if "fault" in document:
            log.warning("%s was given up: %s", name, document["fault"])
            raise _costly(name)
        return document["value"], payload

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        child.wait()

    def _answer(self, request: bytes) -> tuple[Any, bytearray]:
        try:
            child = self._running()
            if not _sent(child, request):  # it ended for idleness just now
                self.close()
                child = self._running()
                if not _sent(child, request):
                    raise _Ended("it does not start")
            return _received(child, time.monotonic() + WALL_S)
        except BaseException:
            self.close()
            raise

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the child, started if necessary and ready."""
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        child = subprocess.Popen(
            [
                *(sys.executable, "-P", "-s", "-m", "kiosk.core.bounded_worker"),
                *(self._target, *self._preload),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=self._variables(),
            process_group=0,  # Ctrl+C at a terminal ends the command, which ends the child
        )
        self._child = child
        _received(child, time.monotonic() + START_S)
        return child

    def _variables(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        path = {"PYTHONPATH": paths.python_path()}
        return {**kept, **path, **_ENVIRONMENT, **self._environment}


def _sent(child: subprocess.Popen[bytes], request: bytes) -> bool:
    assert child.stdin is not None
    try:
        child.stdin.write(request)
    except BrokenPipeError:
        return False
    return True


def _received(child: subprocess.Popen[bytes], deadline: float) -> tuple[Any, bytearray]:
    """Return the next answer; raise ``_Ended`` if there is none before ``deadline``."""
    head = _read(child, HEAD.size, deadline)
    document_size, payload_size = HEAD.unpack(head)
    if document_size > MAX_DOCUMENT or payload_size > MAX_PAYLOAD:
        raise _Ended("its answer is too long")
    document = _read(child, document_size, deadline)
    payload = _read(child, payload_size, deadline)
    try:
        return json.loads(document), payload
    except (ValueError, RecursionError):
        raise _Ended("its answer cannot be read") from None


def _read(child: subprocess.Popen[bytes], size: int, deadline: float) -> bytearray:
    """Return the next ``size`` bytes that the child wrote."""
    assert child.stdout is not None
    data = bytearray(size)
    view = memoryview(data)
    ready = select.poll()
    ready.register(child.stdout, select.POLLIN)
    done = 0
    while done < size:
        if not ready.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise _Ended("it took too long")
        got = child.stdout.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise _Ended(f"its reader ended with code {child.wait()}")
        done += got
    return data


def _error(said: Any) -> KioskError:
    """Return the error that the child raised."""
    kind = getattr(errors, str(said["class"]), None)
    if not isinstance(kind, type) or not issubclass(kind, KioskError):
        kind = KioskError
    return kind(str(said["message"]), key=str(said["key"]), **said["values"])


def _costly(name: str) -> CostlyInputError:
    return CostlyInputError(
        f"{name} is damaged, or takes more than {MEMORY // 1_000_000} MB or {CPU_S:g} s to read;"
        " save it again, with less in it.",
        key="error.costly_input",
        name=name,
        megabytes=MEMORY // 1_000_000,
        seconds=f"{CPU_S:g}",
    )
