"""Recorded sources, played in real time and repeated: a video file, a folder of pictures."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2

from kiosk.core.addresses import shown_address
from kiosk.core.errors import CameraError, KioskError
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.frame_conversion import as_bgr, quiet_opencv
from kiosk.vision.camera.picture_files import is_picture, load_picture

log = logging.getLogger(__name__)

SHOWN_S = 2.0
"""How long each picture of a folder is shown, in seconds."""

PAUSE_S = 1.0
"""How long a video pauses at its end (``read`` returns ``None``) before it starts again."""

MAX_VIDEO = 16_000_000
"""Maximum number of pixels of a video's frame."""

_MAX_CORRUPT = 60
"""Successive frames that may be undecodable before the video counts as ended."""

MAX_LAG_S = 1.0
"""A source that is later than this continues from the present instead of catching up."""


class Pace:
    """Waits for each frame's time at ``fps`` frames per second."""

    def __init__(
        self, fps: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self.fps = fps
        self._clock = clock
        self._sleep = sleep
        self._due: float | None = None

    def wait(self) -> int:
        """Wait for the next frame's time; return how many frames a slow reader missed."""
        now = self._clock()
        if self._due is None or now - self._due > MAX_LAG_S:
            self._due = now
        late = now - self._due
        if late < 0:
            self._sleep(-late)
        skipped = max(0, int(late * self.fps))
        self._due += (skipped + 1) / self.fps
        return skipped

    def restart(self) -> None:
        """Make the next frame due at once."""
        self._due = None


class VideoFile:
    """A video, played at its own rate; at its end it pauses for ``PAUSE_S`` and starts again.

    Frames that cannot be decoded are skipped. Raises ``CameraError`` where the file has no readable
    picture.
    """

    live = False
    demo = False

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.path = path
        self.title = path.name
        self._clock = clock
        with quiet_opencv():
            self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
            if self._pixels() > MAX_VIDEO:
                self._capture.release()
                raise CameraError(
                    f"{path} has pictures of more than {MAX_VIDEO // 1_000_000} million pixels; "
                    "give a smaller video."
                )
            first = self._next() if self._capture.isOpened() else None
        if first is None:
            self._capture.release()
            raise CameraError(
                f"{path} cannot be read as a video; give a file that a video player can play."
            )
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate if math.isfinite(rate) and 1 <= rate <= 240 else 30.0
        self._first: BGRImage | None = first
        self._pace = Pace(self.fps, clock, sleep)
        self._resume_at: float | None = None

    def read(self) -> BGRImage | None:
        """Return the next picture at its time; ``None`` in the pause and after ``close``."""
        if not self._wait():
            return None
        image = self._first
        self._first = None
        image = image if image is not None else self._next()
        if image is None:
            self._resume_at = self._clock() + PAUSE_S
        return image

    def skip(self) -> bool:
        """Skip the next picture at its time; return false at the end and in the pause."""
        if not self._wait():
            return False
        if self._first is None:
            return bool(self._capture.grab())
        self._first = None
        return True

    def _wait(self) -> bool:
        """Wait for the next picture's time and skip those missed; return false in the pause."""
        if self._resume_at is not None:
            if self._clock() < self._resume_at:
                return False
            self._rewind()
        for _ in range(self._pace.wait()):
            self._first = None
            self._capture.grab()
        return True

    def _rewind(self) -> None:
        self._resume_at = None
        self._pace.restart()
        if self._capture.isOpened() and not self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0):
            self._capture.open(str(self.path), cv2.CAP_FFMPEG)

    def _pixels(self) -> float:
        """Return the pixels of a frame, as the file says, before one is decoded."""
        size = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        return math.prod(float(self._capture.get(side)) for side in size)

    def _next(self) -> BGRImage | None:
        """Return the next frame that can be decoded, or ``None`` at the end."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        for _ in range(_MAX_CORRUPT):
            got, picture = self._capture.read()
            image = as_bgr(picture) if got else None
            if image is not None:
                return image
            if not got and self._capture.get(cv2.CAP_PROP_POS_FRAMES) >= count - 1:
                return None
        return None

    def close(self) -> None:
        """Release the file."""
        self._first = None
        self._capture.release()


class PictureFolder:
    """The pictures of a folder in natural order (2 before 10), each for ``SHOWN_S``, repeated.

    ``path``: a folder, or one picture. Other files are ignored; pictures that cannot be read are
    logged and listed in ``skipped``. Raises ``KioskError`` where no picture can be read.
    """

    live = False
    demo = False
    fps = 10.0

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.title = path.name
        self.skipped: list[Path] = []
        self._files = [path] if path.is_file() else _pictures_in(path)
        self._pace = Pace(self.fps, clock, sleep)
        self._clock = clock
        self._position = -1
        self._shown_until = 0.0
        self._refusal: KioskError | None = None
        self._image: BGRImage | None = self._next_picture()
        if self._image is None:
            raise _no_picture(path, self._refusal)

    def read(self) -> BGRImage | None:
        """Return the current picture, ten times a second; ``None`` after ``close``."""
        if not self._files:
            return None
        self._pace.wait()
        if self._clock() >= self._shown_until:
            self._image = self._next_picture()
        return None if self._image is None else self._image.copy()

    def skip(self) -> bool:
        """Wait as long as for a picture; return false after ``close``."""
        self._pace.wait()
        return bool(self._files)

    def _next_picture(self) -> BGRImage | None:
        """Return the next readable picture; ``None`` when none of them is readable any more."""
        for _ in range(len(self._files)):
            self._position = (self._position + 1) % len(self._files)
            file = self._files[self._position]
            try:
                image = load_picture(file)
            except KioskError as error:
                self._report_skipped(file, error)
                continue
            self._shown_until = self._clock() + SHOWN_S
            return image
        return None

    def _report_skipped(self, path: Path, error: KioskError) -> None:
        self._refusal = error
        if path not in self.skipped:
            self.skipped.append(path)
            log.warning("%s is skipped: %s", path, error)

    def close(self) -> None:
        """Forget the pictures."""
        self._files = []
        self._image = None


def read_pictures(path: Path) -> Iterator[BGRImage]:
    """Yield every picture of a video, a folder or a picture file once, without waiting.

    Raises ``KioskError`` where ``path`` is missing or holds no readable picture.
    """
    if not path.exists():
        raise CameraError(
            f"There is no {shown_address(str(path))}; give a video file or a folder of pictures."
        )
    if path.is_dir() or is_picture(path):
        yield from _all_pictures(path)
        return
    video = VideoFile(path, clock=lambda: 0.0, sleep=lambda _: None)
    try:
        while (image := video.read()) is not None:
            yield image
    finally:
        video.close()


def _all_pictures(path: Path) -> Iterator[BGRImage]:
    refusal: KioskError | None = None
    found = False
    for file in [path] if path.is_file() else _pictures_in(path):
        try:
            image = load_picture(file)
        except KioskError as error:
            refusal = error
            log.warning("%s is skipped: %s", file, error)
            continue
        found = True
        yield image
    if not found:
        raise _no_picture(path, refusal)


def _no_picture(path: Path, refusal: KioskError | None) -> KioskError:
    """Return the error for a path without a picture; ``refusal``: that of the last one refused."""
    if refusal is not None:
        return refusal
    return CameraError(f"{path} holds no readable picture; put JPEG or PNG files into it.")


def _pictures_in(folder: Path) -> list[Path]:
    try:
        files = [f for f in folder.iterdir() if not f.name.startswith(".") and is_picture(f)]
    except OSError as error:
        raise CameraError(
            f"The folder {folder} cannot be read ({error.strerror}); check its permissions."
        ) from None
    return sorted(files, key=_natural_key)


def _natural_key(path: Path) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts if p]
