"""Run one target on many inputs, in a process of its own that may crash."""

from __future__ import annotations

import faulthandler
import mmap
import os
import resource
import signal
import struct
import tempfile
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutator import LONGEST, Mutator
from tests.fuzz.target import MEMORY, SECONDS, FuzzTarget

_HEAD = struct.Struct("<QQQd")
"""Inputs done, crashes, size of the present input, longest time in seconds."""


@dataclass(frozen=True, slots=True)
class FuzzResult:
    """How many inputs were done, crashed or took too long, and the longest time in seconds."""

    done: int
    crashes: int
    over: int
    longest_s: float


class _Sheet:
    """Memory that outlives a crash: the counts and the present input."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _HEAD.size + 2 * LONGEST)

    def write(self, done: int, crashes: int, data: bytes, longest: float) -> None:
        self._memory[: _HEAD.size + len(data)] = (
            _HEAD.pack(done, crashes, len(data), longest) + data
        )

    def read(self) -> tuple[int, int, float, bytes]:
        done, crashes, size, longest = _HEAD.unpack(self._memory[: _HEAD.size])
        return done, crashes, longest, self._memory[_HEAD.size : _HEAD.size + size]


def fuzz(target: FuzzTarget, count: int, seed: int = 0, keep: Path | None = None) -> FuzzResult:
    """Run ``target`` on ``count`` changed inputs; write what it did not bear to ``keep``.

    An input that ends the process, or takes more than ``SECONDS`` or ``MEMORY``, is counted, and
    the next process goes on behind it.
    """
    done = crashes = over = 0
    longest = 0.0
    while done < count:
        sheet = _Sheet()
        with warnings.catch_warnings():  # of threads: the child needs none of them
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            _child(target, count - done, seed + done, sheet, keep)
        status = os.waitpid(child, 0)[1]
        ran, failed, slowest, data = sheet.read()
        done += ran
        crashes += failed
        longest = max(longest, slowest)
        if status:
            done += 1
            late = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF
            over += late
            crashes += not late
            _keep(keep, target, data)
    return FuzzResult(done, crashes, over, longest)


def run_inputs(
    target: FuzzTarget, inputs: Iterable[bytes], sheet: _Sheet, keep: Path | None
) -> None:
    """Run ``target`` on ``inputs`` within the bounds; an exception is counted and goes on."""
    done = crashes = 0
    longest = 0.0
    for data in inputs:
        sheet.write(done, crashes, data, longest)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        began = time.process_time()
        try:
            target.run(data)
        except Exception:
            crashes += 1
            _keep(keep, target, data)
        longest = max(longest, time.process_time() - began)
        signal.setitimer(signal.ITIMER_PROF, 0)
        done += 1
    sheet.write(done, crashes, b"", longest)


def limit_memory() -> None:
    """Allow this process ``MEMORY`` more bytes than it has now."""
    page = resource.getpagesize()
    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * page
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, mapped + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _child(target: FuzzTarget, count: int, seed: int, sheet: _Sheet, keep: Path | None) -> None:
    code = 1
    faulthandler.disable()
    try:
        with tempfile.TemporaryFile() as silent:
            os.dup2(silent.fileno(), 2)
            limit_memory()
            mutator = Mutator(target.corpus(), target.words, seed)
            run_inputs(target, mutator.inputs(count), sheet, keep)
        code = 0
    finally:
        os._exit(code)


def _keep(folder: Path | None, target: FuzzTarget, data: bytes) -> None:
    if folder is None:
        return
    place = folder / target.name
    place.mkdir(parents=True, exist_ok=True)
    number = len(list(place.iterdir()))
    if number < 100:
        (place / f"{number:03}").write_bytes(data)
