"""Search pictures for codes in a process of its own, within bounded time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import cv2
import numpy as np

from kiosk.core import paths
from kiosk.vision.detection.code_search import MAX_CODES, MAX_TEXT, Codes, Picture
from kiosk.vision.detection.search_process import SIZE

WALL_S = 2.0
"""Seconds after which the process is ended where it uses no processor time, or gets none."""

STARTING_S = 10.0
"""Seconds that the first answer may take longer: the process is started for it."""

LONGEST_ANSWER = 2 * MAX_CODES * MAX_TEXT * 12 + 1024
"""Bytes of an answer; longer ones are not from our code. JSON writes a character in up to 12."""

LONGEST_SIDE = 1280
"""Longer side in pixels to which larger pictures are reduced."""


class IsolatedCodeSearch:
    """Finds codes in another process, which is started when it is needed. One thread only.

    ``close`` may be called from any thread, and ends a search in progress.
    """

    def __init__(self, bar_codes: bool, cpu_s: float, wall_s: float = WALL_S) -> None:
        """``cpu_s``: processor time for one picture in seconds."""
        self._bar_codes = bar_codes
        self._cpu_s = cpu_s
        self._wall_s = wall_s
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    @property
    def pid(self) -> int:
        """The process, 0 if none runs."""
        return self._process.pid if self._process is not None else 0

    def look(self, image: Picture) -> Codes | None:
        """Return the codes of ``image``, ``None`` where the search was cut short.

        Raises ``OSError`` where there is no process, or it ends without an answer.
        """
        limit_s = self._wall_s
        if self._process is None:
            self._process = self._started()
            limit_s += STARTING_S
        process = self._process
        watch = threading.Timer(limit_s, _kill, [process])
        watch.daemon = True
        watch.start()
        try:
            line = self._asked(process, image)
        except OSError:
            self._end()
            raise
        finally:
            watch.cancel()
        return _codes(line)

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._closed:
            raise OSError("the search for codes is closed")
        words = ["-m", "kiosk.vision.detection.search_process", str(self._cpu_s)]
        return subprocess.Popen(
            # the present folder is none to take code from
            [sys.executable, "-P", *words, str(int(self._bar_codes))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths.python_path()},
            start_new_session=True,
        )

    @staticmethod
    def _asked(process: subprocess.Popen[bytes], image: Picture) -> bytes:
        """Return the answer of ``process``; raises ``OSError`` if there is none."""
        picture = reduced(image)
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(SIZE.pack(*picture.shape))
            process.stdin.write(picture.data)
            process.stdin.flush()
            line = process.stdout.readline(LONGEST_ANSWER)
        except ValueError as error:  # ``close`` came between
            raise OSError(str(error)) from error
        if not line.endswith(b"\n"):
            raise OSError("the search for codes ended without an answer")
        return line

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]


def reduced(image: Picture) -> Picture:
    """Return ``image`` in grey, with neither side longer than ``LONGEST_SIDE``."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if image.ndim == 3 else image
    scale = LONGEST_SIDE / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(grey, np.uint8)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End ``process`` and its copy."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _codes(line: bytes) -> Codes | None:
    """Return what an answer says; raises ``OSError`` if it is not one of ours."""
    try:
        said: Any = json.loads(line)
        return None if said is None else Codes(_texts(said["qr"]), _texts(said["bar"]))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise OSError("the search for codes gave no valid answer") from error


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(text for text in map(str, values) if 0 < len(text) <= MAX_TEXT)
