"""A webcam of Linux, read through OpenCV in the format, size and rate that it lists itself."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import NoReturn

# OpenCV reads this at its first use: how long one read may wait for a picture. The kiosk decides
# itself when a camera is lost, and must be able to end meanwhile.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")

import cv2

from kiosk.core.config import CameraConfig
from kiosk.core.errors import CameraError
from kiosk.core.frames import BGRImage
from kiosk.vision.camera.camera_mode import CameraMode, best_mode
from kiosk.vision.camera.device_users import programs_using, used_here
from kiosk.vision.camera.frame_conversion import as_bgr, quiet_opencv, stamp_of
from kiosk.vision.camera.v4l2_device import V4l2Device

FIRST_PICTURE_S = 10.0
"""Seconds that a webcam may take to its first picture: focus, exposure and a slow hub."""

BUSY_KEYS = ("error.camera_busy", "error.camera_used_by")
"""Keys of the errors of a camera that another program uses, its name unknown or known."""

_BUSY = (errno.EBUSY, errno.EAGAIN)


class Webcam:
    """An opened webcam; its first picture may take ``FIRST_PICTURE_S``.

    ``path``: of its device. ``mode``: what it delivers. ``stamp``: when it took the picture read
    last, in seconds on a clock of its driver. Raises ``CameraError`` where the device is
    missing, may not be used, is used by another program or has no format that can be read.
    """

    live = True
    demo = False
    first_picture_s = FIRST_PICTURE_S

    def __init__(self, path: str, config: CameraConfig) -> None:
        self.path = path
        self.delivered = False
        self.stamp: float | None = None
        self.title, chosen = _asked(path, CameraMode("", config.width, config.height, config.fps))
        self._capture = _opened(path, chosen)
        if not self._capture.isOpened():
            self._capture.release()
            check_free(path)
            raise CameraError(
                f"The camera {path} cannot be opened; plug it in again, or choose another one "
                "with --camera.",
                key="error.camera_broken",
                camera=self.title,
            )
        self.mode = _mode_of(self._capture, chosen)
        self.fps = self.mode.fps if 1 <= self.mode.fps <= 240 else 30.0

    def read(self) -> BGRImage | None:
        """Return the next picture; ``None`` where none came within a second or it was damaged.

        Raises ``CameraError`` where the camera was unplugged.
        """
        try:
            with contextlib.nullcontext() if self.delivered else quiet_opencv():
                got, picture = self._capture.read()
        except cv2.error:  # a damaged picture
            return None
        image = as_bgr(picture) if got else None
        self.stamp = stamp_of(self._capture)
        self._check(image is not None)
        return image

    def skip(self) -> bool:
        """Skip the next picture; return false where none came in time. Raises as ``read`` does."""
        try:
            came = bool(self._capture.grab())
        except cv2.error:
            return False
        self._check(came)
        return came

    def silence(self) -> CameraError:
        """Return what to report where no picture came for too long."""
        if self.delivered:
            return CameraError(
                f"The camera {self.title} stopped sending pictures; check its cable.",
                key="error.camera_stopped",
                camera=self.title,
            )
        return CameraError(
            f"The camera {self.path} gives no pictures; plug it in again, or choose another one "
            "with --camera.",
            key="error.camera_silent",
            camera=self.title,
        )

    def close(self) -> None:
        """Release the device."""
        with quiet_opencv():  # one that was unplugged does not answer
            self._capture.release()

    def _check(self, came: bool) -> None:
        self.delivered = self.delivered or came
        if not came and not Path(self.path).exists():
            raise CameraError(
                f"The camera {self.title} was unplugged; plug it in again.",
                key="error.camera_unplugged",
                camera=self.title,
            )


def check_node(path: str) -> None:
    """Raise ``CameraError`` unless there is a device at ``path`` that this account may use."""
    if not Path(path).exists():
        raise CameraError(
            f"There is no camera {path}; plug it in, or choose another one with --camera.",
            key="error.camera_missing",
            camera=path,
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise CameraError(
            f"The camera {path} may not be used by this account; add it to the group video.",
            key="error.camera_forbidden",
            camera=path,
        )


def check_free(path: str) -> None:
    """Raise ``CameraError`` if another program uses the camera, with its name where that is seen.

    Other errors are left to the attempt to open the camera.
    """
    try:
        with V4l2Device(path) as device:
            device.check_free()
    except OSError as error:
        if error.errno in _BUSY:
            _refuse_busy(path)


def _asked(path: str, wanted: CameraMode) -> tuple[str, CameraMode]:
    """Return the camera's name and the mode to ask it for."""
    check_node(path)
    title = path
    modes: list[CameraMode] = []
    try:
        with V4l2Device(path) as device:
            facts = device.facts()
            title = facts.card or path
            if not facts.captures:
                raise CameraError(
                    f"{path} is not a camera; choose another one with --camera.",
                    key="error.camera_no_camera",
                    camera=path,
                )
            device.check_free()
            modes = device.modes(wanted)
    except OSError as error:
        if error.errno in _BUSY:
            _refuse_busy(path)
        if error.errno in (errno.ENODEV, errno.ENXIO):
            raise CameraError(
                f"The camera {path} does not answer; plug it in again.",
                key="error.camera_unplugged",
                camera=title,
            ) from None
        # a device that cannot be asked may deliver pictures all the same
    return title, best_mode(modes, wanted) or wanted


def _refuse_busy(path: str) -> NoReturn:
    if used_here(path):  # a read that hangs in the driver, on a thread that was given up
        raise CameraError(
            f"The camera {path} hangs; unplug it and plug it in again.",
            key="error.camera_silent",
            camera=path,
        ) from None
    names = ", ".join(programs_using(path))
    raise CameraError(
        f"Another program{f' ({names})' if names else ''} uses the camera {path}; close it, "
        "or choose another camera with --camera.",
        key="error.camera_used_by" if names else "error.camera_busy",
        program=names,
        camera=path,
    ) from None


def _opened(path: str, mode: CameraMode) -> cv2.VideoCapture:
    wanted = [
        cv2.CAP_PROP_FRAME_WIDTH,
        mode.width,
        cv2.CAP_PROP_FRAME_HEIGHT,
        mode.height,
        cv2.CAP_PROP_FPS,
        round(mode.fps),
    ]
    if mode.form:
        wanted = [cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*mode.form), *wanted]
    with quiet_opencv():
        capture = cv2.VideoCapture(path, cv2.CAP_V4L2, wanted)
        if not capture.isOpened():  # a property that the driver refuses: as it is, then
            capture.release()
            capture = cv2.VideoCapture(path, cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 2.0)
    return capture


def _mode_of(capture: cv2.VideoCapture, chosen: CameraMode) -> CameraMode:
    """Return what the driver says that it delivers now."""
    form = chosen.form
    with contextlib.suppress(ValueError, OverflowError):
        code = int(capture.get(cv2.CAP_PROP_FOURCC))
        form = code.to_bytes(4, "little").decode("latin-1") if code > 0 else form
    return CameraMode(
        form,
        int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
        int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        float(capture.get(cv2.CAP_PROP_FPS)),
    )
