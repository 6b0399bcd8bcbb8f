"""Webcams that are not there: V4L2 devices of a preloaded library, for processes of their own."""

from __future__ import annotations

import functools
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kiosk.core.frames import BGRImage

SOURCE = Path(__file__).parents[1] / "tools" / "video_stand_in.c"

Mode = tuple[str, int, int, int]
"""Format, width, height and pictures per second."""

YUYV: Mode = ("YUYV", 640, 480, 30)
MJPG: Mode = ("MJPG", 640, 480, 30)
GREY: Mode = ("GREY", 640, 480, 30)


@functools.cache
def stand_in_library() -> Path:
    """Return the compiled library; skip the test where it cannot be compiled."""
    compiler = shutil.which("gcc")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("gcc compiles the stand-in for webcams: apt-get install gcc libc6-dev")
    library = Path(tempfile.mkdtemp(prefix="video-stand-in-")) / "video_stand_in.so"
    options = ["-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run([compiler, *options], check=True)
    return library


def noisy_picture(width: int, height: int, seed: int = 0) -> BGRImage:
    """Return a picture with a bright band at its top and a sensor's noise."""
    noise = np.random.default_rng(seed).integers(90, 110, (height, width, 3), dtype=np.uint8)
    noise[: height // 8] += 100
    return noise


def encoded(picture: BGRImage, form: str) -> bytes:
    """Return the bytes that a webcam sends for ``picture`` in ``form``."""
    if form == "MJPG":
        return cv2.imencode(".jpg", picture)[1].tobytes()
    if form == "GREY":
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).tobytes()
    if form == "YUYV":
        return cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_YUYV).tobytes()
    raise ValueError(form)


class VideoDevices:
    """The webcams of a folder; ``run`` runs Python where ``/dev`` has them and no others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._library = stand_in_library()
        (folder / "dev" / "v4l" / "by-id").mkdir(parents=True)

    def plug_in(
        self,
        number: int = 0,
        modes: Sequence[Mode] = (YUYV,),
        pictures: Sequence[BGRImage] | None = None,
        by_id: str = "",
        **facts: object,
    ) -> Path:
        """Plug in ``/dev/video<number>``; return the file whose removal unplugs it.

        ``pictures``: what it sees, in every size. ``facts``: see tests/tools/video_stand_in.c.
        """
        lines = [f"{key} {value}" for key, value in facts.items()]
        for form, width, height, rate in modes:
            lines.append(f"mode {form} {width} {height} {rate}")
            film = self.folder / f"{number}-{form}-{width}x{height}"
            seen = pictures or [noisy_picture(width, height, seed) for seed in range(3)]
            data = [encoded(cv2.resize(image, (width, height)), form) for image in seen]
            film.write_bytes(b"".join(struct.pack("=I", len(one)) + one for one in data))
            lines.append(f"pictures {form} {width} {height} {film}")
        (self.folder / f"video{number}.conf").write_text("\n".join(lines) + "\n")
        node = self.folder / "dev" / f"video{number}"
        node.touch()
        if by_id:
            (self.folder / "dev" / "v4l" / "by-id" / by_id).symlink_to(f"../../video{number}")
        return node

    def use_elsewhere(self, number: int = 0, busy: bool = True) -> None:
        """Let another program stream from the camera, or end it."""
        file = self.folder / f"video{number}.busy"
        file.touch() if busy else file.unlink()

    def log(self, number: int = 0) -> list[str]:
        """Return what was asked of the camera."""
        file = self.folder / f"video{number}.log"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that sees these webcams."""
        return os.environ | {
            "LD_PRELOAD": str(self._library),
            "VIDEO_STAND_IN": str(self.folder),
        }

    def run(self, code: str, timeout_s: float = 60.0) -> Any:
        """Run ``code`` in a process that sees these webcams; return what it passes to ``tell``."""
        prologue = "import json\ndef tell(value): print('TOLD', json.dumps(value))\n"
        done = subprocess.run(
            [sys.executable, "-c", prologue + code],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        told = [line for line in done.stdout.splitlines() if line.startswith("TOLD ")]
        assert told, done.stdout + done.stderr
        return json.loads(told[-1].removeprefix("TOLD "))
