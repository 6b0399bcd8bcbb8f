"""Open a webcam, a network stream or a recording as a camera."""

from __future__ import annotations

import contextlib
import os
import re
from enum import Enum
from pathlib import Path
from typing import Protocol

# OpenCV reads these at its first use. An unplugged webcam must not block a read for the usual ten
# seconds, and a missing one is reported by the kiosk, not by the libraries on stderr.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2

from kiosk.core import paths
from kiosk.core.addresses import ADVICE, is_like_address, shown_address
from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError, ConfigError
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.frame_conversion import FrozenDetector, as_bgr, quiet_opencv
from kiosk.vision.camera.picture_files import PICTURE_SUFFIXES
from kiosk.vision.camera.recordings import PictureFolder, VideoFile, read_pictures

__all__ = [
    "Camera",
    "FrozenDetector",
    "VideoDevice",
    "open_camera",
    "read_pictures",
    "resolve_source",
    "shown_source",
    "try_source",
    "webcams",
]

OPEN_TIMEOUT_S = 5.0
"""Seconds after which a stream that has not answered is given up."""


class Camera(Protocol):
    """A source of pictures. Not thread-safe.

    ``title``: for people, without passwords. ``live``: false for a recording. ``demo``: drawn
    pictures. ``fps``: pictures per second. ``read`` waits for the next picture, a contiguous
    (h, w, 3) uint8 BGR array, for a few seconds at most; ``None``: there is none now. The size may
    change between pictures. ``skip`` waits likewise and leaves the picture undecoded, which is most
    of its cost; false where there was none.
    """

    @property
    def title(self) -> str: ...
    @property
    def live(self) -> bool: ...
    @property
    def demo(self) -> bool: ...
    @property
    def fps(self) -> float: ...
    def read(self) -> BGRImage | None: ...
    def skip(self) -> bool: ...
    def close(self) -> None: ...


class SourceKind(Enum):
    """The kinds of source that a text can name."""

    AUTO = "auto"
    DEMO = "demo"
    DEVICE = "device"
    STREAM = "stream"
    FOLDER = "folder"
    PICTURE = "picture"
    VIDEO = "video"


def kind_of(source: str) -> SourceKind:
    """Return what kind of source ``source`` names.

    Raises ``CameraError`` where it is empty or a path that does not exist.
    """
    text = source.strip()
    if text in ("auto", "demo"):
        return SourceKind(text)
    if re.match(r"(rtsps?|rtmp|https?|udp|tcp)://", text, re.IGNORECASE):
        return SourceKind.STREAM
    if text.isdecimal() or text.startswith("/dev/"):
        return SourceKind.DEVICE
    path = _path(text)
    if not text or not path.exists():
        raise CameraError(
            f"There is no camera, video or folder {shown_source(text)!r}; give auto, a number, a "
            "path, an rtsp:// or http:// address, or demo."
        )
    if path.is_dir():
        return SourceKind.FOLDER
    return SourceKind.PICTURE if path.suffix.lower() in PICTURE_SUFFIXES else SourceKind.VIDEO


def _path(text: str) -> Path:
    try:
        return paths.expanded(text)
    except ConfigError as error:
        if is_like_address(text):
            raise CameraError(
                f"There is no camera {shown_source(text)!r}; give an rtsp:// or http:// address."
            ) from None
        raise CameraError(str(error)) from None


def resolve_source(source: str) -> str:
    """Return ``source``, with ``auto`` replaced by the first working webcam, or else by ``demo``.

    Files, folders and devices are opened once; streams are not, since they may appear later. Raises
    ``CameraError``.
    """
    kind = kind_of(source)
    if kind is SourceKind.AUTO:
        return next((device for device in webcams() if _works(device)), "demo")
    if kind not in (SourceKind.STREAM, SourceKind.DEMO):
        open_camera(source, CameraConfig()).close()
    return source.strip()


def try_source(source: str, config: CameraConfig) -> str:
    """Do the same as ``resolve_source``, but require a picture from streams too."""
    found = resolve_source(source)
    if kind_of(found) is SourceKind.STREAM:
        open_camera(found, config).close()
    return found


def open_camera(source: str, config: CameraConfig) -> Camera:
    """Open ``source`` (see ``CameraConfig.source``).

    Raises ``CameraError``, saying what to do, where it is missing, in use or unreadable.
    """
    kind = kind_of(source)
    if kind is SourceKind.AUTO:
        source = resolve_source(source)
        kind = kind_of(source)
    text = source.strip()
    match kind:
        case SourceKind.DEMO:
            raise CameraError(
                "The demo camera is not a camera source here; give a device, a file or an address."
            )
        case SourceKind.FOLDER | SourceKind.PICTURE:
            return PictureFolder(_path(text))
        case SourceKind.VIDEO:
            return VideoFile(_path(text))
        case SourceKind.STREAM:
            return VideoDevice.stream(text, config)
    return VideoDevice.webcam(text, config)


def webcams() -> list[str]:
    """Return the paths of the video devices by number; not all of them deliver pictures."""
    found = [
        (int(p.name[5:]), str(p)) for p in Path("/dev").glob("video*") if p.name[5:].isdecimal()
    ]
    return [path for _, path in sorted(found)]


def _works(device: str) -> bool:
    with contextlib.suppress(CameraError):
        VideoDevice.webcam(device, CameraConfig()).close()
        return True
    return False


class VideoDevice:
    """A webcam or a network stream, read through OpenCV.

    Raises ``CameraError`` with the message ``refusal`` where no first picture comes.
    """

    live = True
    demo = False

    def __init__(self, capture: cv2.VideoCapture, title: str, refusal: str) -> None:
        self.title = title
        self._capture = capture
        with quiet_opencv():
            self._first = self._read() if capture.isOpened() else None
        if self._first is None:
            capture.release()
            raise CameraError(refusal)
        rate = float(capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate if 1 <= rate <= 240 else 30.0

    @classmethod
    def webcam(cls, source: str, config: CameraConfig) -> VideoDevice:
        """Open a webcam by its number or path, with the configured size and rate if it has them."""
        path = f"/dev/video{int(source)}" if source.isdecimal() else source
        if not Path(path).exists():
            raise CameraError(
                f"There is no camera {path}; plug it in, or choose another one with --camera."
            )
        if not os.access(path, os.R_OK | os.W_OK):
            raise CameraError(
                f"The camera {path} may not be used by this account; add it to the group video."
            )
        with quiet_opencv():
            capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
            for prop, value in (
                (cv2.CAP_PROP_FRAME_WIDTH, config.width),
                (cv2.CAP_PROP_FRAME_HEIGHT, config.height),
                (cv2.CAP_PROP_FPS, config.fps),
                (cv2.CAP_PROP_BUFFERSIZE, 2),
            ):
                capture.set(prop, float(value))
        refusal = (
            f"The camera {path} gives no pictures; close other programs that use it, "
            "or choose another one with --camera."
        )
        return cls(capture, _device_name(path), refusal)

    @classmethod
    def stream(cls, address: str, config: CameraConfig) -> VideoDevice:
        """Open a network stream.

        Opening is given up after ``OPEN_TIMEOUT_S``, a read after ``config.stall_s``.
        """
        limits = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            int(OPEN_TIMEOUT_S * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            int(config.stall_s * 1000),
        ]
        with quiet_opencv():
            capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
        shown = shown_source(address)
        refusal = (
            f"The stream {shown} gives no pictures; check the address ({ADVICE}), the network and "
            "the password."
        )
        return cls(capture, shown, refusal)

    def read(self) -> BGRImage | None:
        """Return the next picture; ``None`` where none came in time or it was damaged."""
        first = self._first
        self._first = None
        if first is not None:
            return first
        return self._read() if self._capture.isOpened() else None

    def skip(self) -> bool:
        """Skip the next picture; return false where none came in time."""
        if self._first is not None:
            self._first = None
            return True
        try:
            return bool(self._capture.grab())
        except cv2.error:
            return False

    def _read(self) -> BGRImage | None:
        try:
            got, picture = self._capture.read()
        except cv2.error:  # a damaged picture
            return None
        return as_bgr(picture) if got else None

    def close(self) -> None:
        """Release the device."""
        self._first = None
        self._capture.release()


def shown_source(source: str) -> str:
    """Return a source for screens, logs and errors, without what may be a user or a password."""
    text = source.strip()
    return text if text.startswith("/dev/") or _there(text) else shown_address(text)


def _there(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False


def _device_name(path: str) -> str:
    """Return the webcam's name where the system knows it, else its path."""
    with contextlib.suppress(OSError):
        name = (
            Path("/sys/class/video4linux", Path(path).resolve().name, "name")
            .read_text(encoding="utf-8", errors="replace")
            .strip()
        )
        if name:
            return name
    return path
