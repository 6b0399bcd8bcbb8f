"""The capture thread, and its replacement if the camera's driver hangs."""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from kiosk.app.bootstrap.screen_image import to_bgra
from kiosk.app.capture_thread import BGRAImage, CameraPort, CaptureWorker
from kiosk.app.heartbeat import Beat
from kiosk.app.rate_meter import RateMeter
from kiosk.core.config import CameraConfig
from kiosk.core.frames import Frame
from kiosk.core.mailbox import Mailbox
from kiosk.core.orientation import Orientation
from kiosk.vision.camera.frozen_detector import FrozenDetector


class CaptureSupervisor(QObject):
    """Owns the capture thread and its two mailboxes, which outlive it.

    ``open_camera`` is called on the capture thread. ``beat`` reports that the thread is alive.
    While ``at_rest`` is set, only some pictures are decoded; ``face_seen`` is set while a person is
    seen, who does not stand as still as a frozen picture.
    """

    previewReady = Signal()
    cameraOpened = Signal(object)
    cameraFailed = Signal(object)

    def __init__(
        self,
        open_camera: Callable[[], CameraPort],
        config: CameraConfig,
        beat: Beat,
        at_rest: threading.Event,
        face_seen: threading.Event,
    ) -> None:
        super().__init__()
        self._open_camera = open_camera
        self._config = config
        self._beat = beat
        self._at_rest = at_rest
        self._reopen = threading.Event()
        self.meter = RateMeter()
        self._face_seen = face_seen
        self.preview: Mailbox[BGRAImage] = Mailbox()
        self.inference: Mailbox[Frame] = Mailbox()
        self._hung: list[CaptureWorker] = []
        self._worker = self._new_worker()

    def start(self) -> None:
        """Open the camera on its thread."""
        self._worker.start()

    def use(self, config: CameraConfig) -> None:
        """Turn and mirror as ``config`` says from now on; open the camera again if it differs.

        ``open_camera`` must know of it already.
        """
        before = self._config
        self._config = config
        same = dataclasses.replace(config, turned=before.turned, mirrored=before.mirrored)
        if same != before:
            self._reopen.set()

    def replace(self) -> None:
        """Abandon the hanging thread and open the camera on a new one."""
        hung = self._worker
        self._worker = self._new_worker()
        hung.stop()
        hung.previewReady.disconnect(self.previewReady)
        hung.cameraOpened.disconnect(self.cameraOpened)
        hung.cameraFailed.disconnect(self.cameraFailed)
        self._hung.append(hung)
        self._worker.start()

    def stop(self) -> None:
        """Ask the thread to end after the picture in progress."""
        self._worker.stop()

    def wait(self, milliseconds: int) -> bool:
        """Return whether the thread ended in time."""
        return self._worker.wait(milliseconds)

    def wait_for_hung(self, milliseconds: int) -> bool:
        """Return whether every abandoned thread ended in time."""
        return all(worker.wait(milliseconds) for worker in self._hung)

    def _new_worker(self) -> CaptureWorker:
        worker = CaptureWorker(
            self._open_camera,
            functools.partial(FrozenDetector, self._config.frozen_s),
            to_bgra,
            self._config.stall_s,
            self._beat,
            (self.preview, self.inference),
            self._at_rest,
            lambda: Orientation(self._config.turned, self._config.mirrored),
            self._reopen,
            self.meter,
            self._face_seen,
        )
        worker.previewReady.connect(self.previewReady)
        worker.cameraOpened.connect(self.cameraOpened)
        worker.cameraFailed.connect(self.cameraFailed)
        return worker
