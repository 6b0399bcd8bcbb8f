"""Open a webcam, a network stream or a recording as a camera."""

from __future__ import annotations

import os
import re
import time
from enum import Enum
from pathlib import Path
from typing import Protocol

# OpenCV reads this at its first use: a missing stream is reported by the kiosk, not on stderr.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2

from kiosk.core import paths
from kiosk.core.addresses import ADVICE, is_like_address, shown_address
from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError, ConfigError
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.first_webcam import FirstWebcam
from kiosk.vision.camera.frame_conversion import as_bgr, quiet_opencv, stamp_of
from kiosk.vision.camera.picture_files import is_picture
from kiosk.vision.camera.recordings import PictureFolder, VideoFile, read_pictures
from kiosk.vision.camera.snapshot_camera import SnapshotCamera, is_snapshot
from kiosk.vision.camera.webcam import FIRST_PICTURE_S, Webcam, check_node

__all__ = [
    "Camera",
    "VideoDevice",
    "check_source",
    "open_camera",
    "read_pictures",
    "shown_source",
    "try_source",
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


def is_webcam(source: str) -> bool:
    """Return whether ``source`` names a webcam by its cable: auto, a number or a device."""
    text = source.strip()
    return text == "auto" or text.isdecimal() or _is_device(text)


def kind_of(source: str) -> SourceKind:
    """Return what kind of source ``source`` names.

    Raises ``CameraError`` where it is empty or a path that does not exist.
    """
    text = source.strip()
    if text in ("auto", "demo"):
        return SourceKind(text)
    if re.match(r"(rtsps?|rtmp|https?|udp|tcp)://", text, re.IGNORECASE):
        return SourceKind.STREAM
    if text.isdecimal() or _is_device(text):
        return SourceKind.DEVICE
    path = _path(text)
    if not text or not path.exists():
        raise CameraError(
            f"There is no camera, video or folder {shown_source(text)!r}; give auto, a number, a "
            "path, an rtsp:// or http:// address, or demo."
        )
    if path.is_dir():
        return SourceKind.FOLDER
    return SourceKind.PICTURE if is_picture(path) else SourceKind.VIDEO


def _path(text: str) -> Path:
    try:
        return paths.existing(text)
    except ConfigError as error:
        if is_like_address(text):
            raise CameraError(
                f"There is no camera {shown_source(text)!r}; give an rtsp:// or http:// address."
            ) from None
        raise CameraError(str(error)) from None


def check_source(source: str) -> None:
    """Raise ``CameraError`` where ``source`` cannot work.

    Files and folders are opened once. A webcam must be there, and a stream may appear later.
    """
    kind = kind_of(source)
    if kind is SourceKind.DEVICE:
        check_node(device_path(source))
    elif kind in (SourceKind.FOLDER, SourceKind.PICTURE, SourceKind.VIDEO):
        open_camera(source, CameraConfig()).close()


def try_source(source: str, config: CameraConfig, most_s: float = FIRST_PICTURE_S) -> Camera:
    """Return the opened camera once it has delivered a picture.

    Raises ``CameraError`` where it delivers none within ``most_s`` seconds.
    """
    camera = open_camera(source, config)
    until = time.monotonic() + most_s
    try:
        while camera.read() is None:
            if time.monotonic() > until:
                raise silence_of(camera, shown_source(source))
    except CameraError:
        camera.close()
        raise
    return camera


def open_camera(source: str, config: CameraConfig) -> Camera:
    """Open ``source`` (see ``CameraConfig.source``).

    Raises ``CameraError``, saying what to do, where it is missing, in use or unreadable.
    """
    kind = kind_of(source)
    text = source.strip()
    match kind:
        case SourceKind.AUTO:
            return FirstWebcam(config).open()
        case SourceKind.DEMO:
            raise CameraError(
                "The demo camera is not a camera source here; give a device, a file or an address."
            )
        case SourceKind.FOLDER | SourceKind.PICTURE:
            return PictureFolder(_path(text))
        case SourceKind.VIDEO:
            return VideoFile(_path(text))
        case SourceKind.STREAM:
            return _network_camera(text, config)
    return Webcam(device_path(text), config)


def _network_camera(address: str, config: CameraConfig) -> Camera:
    if re.match("https?:", address, re.IGNORECASE) and is_snapshot(address):
        return SnapshotCamera(address, shown_source(address), config)
    return VideoDevice.stream(address, config)


def device_path(source: str) -> str:
    """Return the path of a webcam given by its number or path."""
    text = source.strip()
    return f"/dev/video{int(text)}" if text.isdecimal() else text


def silence_of(camera: Camera, shown: str) -> CameraError:
    """Return what to report where ``camera``, shown as ``shown``, gives no picture for too long."""
    if isinstance(camera, Webcam):
        return camera.silence()
    return CameraError(
        f"{shown} gives no pictures; check that it works, or choose another camera.",
        key="error.camera_silent",
        camera=camera.title,
    )


class VideoDevice:
    """A network stream, read through OpenCV.

    Raises ``CameraError`` with the message ``refusal`` where no first picture comes.
    """

    live = True
    demo = False

    def __init__(self, capture: cv2.VideoCapture, title: str, refusal: str) -> None:
        self.title = title
        self.stamp: float | None = None
        self._capture = capture
        with quiet_opencv():
            self._first = self._read() if capture.isOpened() else None
        if self._first is None:
            capture.release()
            raise CameraError(refusal)
        rate = float(capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate if 1 <= rate <= 240 else 30.0

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
        self.stamp = stamp_of(self._capture)
        return as_bgr(picture) if got else None

    def close(self) -> None:
        """Release the device."""
        self._first = None
        self._capture.release()


def shown_source(source: str) -> str:
    """Return a source for screens, logs and errors, without what may be a user or a password."""
    text = source.strip()
    return text if _is_device(text) or _there(text) else shown_address(text)


def _is_device(text: str) -> bool:
    """Return whether ``text`` names a device, there or not; /dev/shm holds files and folders."""
    return text.startswith("/dev/") and not text.startswith("/dev/shm/")


def _there(text: str) -> bool:
    try:
        return Path(text).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False
