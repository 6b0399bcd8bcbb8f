"""The capture thread: reads the camera. QtCore only; what it runs is passed in."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QThread, Signal

from kiosk.app.heartbeat import Beat, no_beat
from kiosk.app.rate_meter import RateMeter
from kiosk.app.retry_pauses import RetryPauses
from kiosk.core.errors import CameraError, KioskError
from kiosk.core.frames import NO_PLANES, BGRImage, Frame, PictureFacts, Planes
from kiosk.core.mailbox import Mailbox
from kiosk.core.orientation import Orientation
from kiosk.door.frame_engine import CameraFacts
from kiosk.door.idle_throttle import IdleFrameThrottle

log = logging.getLogger(__name__)

BGRAImage = NDArray[np.uint8]
"""(h, w, 4), the layout that Qt paints without converting."""

OPENING_S = 10.0
"""How much longer than usual a camera may take to open."""


class CameraPort(Protocol):
    """A source of pictures, BGR.

    ``read`` returns ``None`` if there is none right now. ``skip`` drops one without decoding it and
    returns whether there was one. ``live``: not a recording.
    """

    @property
    def title(self) -> str: ...
    @property
    def demo(self) -> bool: ...
    @property
    def live(self) -> bool: ...
    def read(self) -> BGRImage | None: ...
    def skip(self) -> bool: ...
    def close(self) -> None: ...


@runtime_checkable
class PlanesPort(Protocol):
    """A camera that also measures infrared or depth."""

    def planes(self) -> Planes:
        """Return the further planes of the picture that ``read`` returned last."""


@runtime_checkable
class SlowStartPort(Protocol):
    """A camera whose first picture may take longer than a later one.

    ``first_picture_s``: so many seconds. ``mode``: what it delivers, as text for people.
    ``silence`` returns what to report where no picture came for too long.
    """

    first_picture_s: float

    @property
    def mode(self) -> object: ...
    def silence(self) -> KioskError: ...


@runtime_checkable
class TimedPort(Protocol):
    """A camera that may say when it took its pictures.

    ``stamp``: of the picture that ``read`` returned last, in seconds on a clock of the camera's
    own; ``None`` where it does not say.
    """

    @property
    def stamp(self) -> float | None: ...


class FrozenPort(Protocol):
    """Returns whether the camera has delivered the same, or a black, picture for too long."""

    def __call__(self, image: BGRImage, now: float, facts: PictureFacts) -> bool: ...


class CaptureWorker(QThread):
    """Reads the camera into two mailboxes, and opens the camera again when it is lost.

    A frozen or black picture is dropped, so that every reader sees a lost camera. While ``at_rest``
    is set, only some pictures are decoded and fewer are shown; ``face_seen`` is set while a person
    is seen.

    ``orientation`` returns what is done to each picture before anything else; the demo camera's are
    as they should be. ``reopen``, once set, closes the camera and opens it again.
    ``meter`` counts the pictures that come.

    ``frozen`` makes the check for one camera; one that is opened again is still checked by it.
    ``to_bgra`` converts (h, w, 3) uint8 BGR to (h, w, 4) for the screen. ``stall_s``: without a
    picture for so long, the camera is lost; the first one may take longer. ``cameraOpened``: the
    first picture came.
    """

    previewReady = Signal()
    cameraOpened = Signal(object)
    cameraFailed = Signal(object)
    """The ``KioskError`` that says why there are no pictures."""

    def __init__(
        self,
        open_camera: Callable[[], CameraPort],
        frozen: Callable[[], FrozenPort],
        to_bgra: Callable[[BGRImage], BGRAImage],
        stall_s: float,
        beat: Beat = no_beat,
        mailboxes: tuple[Mailbox[BGRAImage], Mailbox[Frame]] | None = None,
        at_rest: threading.Event | None = None,
        orientation: Callable[[], Orientation] = Orientation,
        reopen: threading.Event | None = None,
        meter: RateMeter | None = None,
        face_seen: threading.Event | None = None,
    ) -> None:
        super().__init__()
        self._open_camera = open_camera
        self._make_frozen = frozen
        self._to_bgra = to_bgra
        self._stall_s = stall_s
        self._beat = beat
        self.preview, self.inference = mailboxes or (Mailbox(), Mailbox())
        self._at_rest = at_rest or threading.Event()
        self._orientation = orientation
        self._reopen = reopen or threading.Event()
        self._face_seen = face_seen or threading.Event()
        self._frozen: FrozenPort | None = None
        self._frozen_title = ""
        self._throttle = IdleFrameThrottle()
        self._meter = meter or RateMeter()
        self._reported = ""

    def run(self) -> None:
        """Open the camera, read until it stalls, close it, pause, repeat."""
        pauses = RetryPauses(time.monotonic())
        while not self.isInterruptionRequested():
            self._beat(OPENING_S)
            self._reopen.clear()
            try:
                camera = self._open_camera()
            except KioskError as error:
                self._report(error)
            except Exception:
                self.cameraFailed.emit(CameraError("The camera cannot be opened; see the log."))
                log.exception("unexpected error while opening the camera")
            else:
                if self._read_all(camera):
                    pauses.lost(time.monotonic())
            if self._reopen.is_set():
                pauses.lost(time.monotonic())
                continue
            self._sleep(pauses.next(time.monotonic()))

    def stop(self) -> None:
        """Ask the thread to end after the read in progress."""
        self.requestInterruption()

    def _read_all(self, camera: CameraPort) -> bool:
        """Deliver pictures until there was none for too long; return whether there were any."""
        frozen = self._frozen_check(camera)
        self._meter.reset()
        patience = camera.first_picture_s if isinstance(camera, SlowStartPort) else self._stall_s
        index = 0
        last = time.monotonic()
        try:
            while not self.isInterruptionRequested() and not self._reopen.is_set():
                decode = not self._at_rest.is_set() or self._throttle.decodes_next()
                image = camera.read() if decode else None
                skipped = not decode and camera.skip()
                now = time.monotonic()
                self._beat(0.0)
                if self.isInterruptionRequested():  # it hung and was replaced by another thread
                    break
                self._count(image is not None, skipped, now)
                if skipped:
                    continue
                if image is None or (camera.live and frozen(image, now, self._facts(camera))):
                    if now - last > patience:
                        if image is None and isinstance(camera, SlowStartPort):
                            self._report(camera.silence())
                        break
                    self.msleep(5)
                    continue
                last = now
                patience = self._stall_s
                if index == 0:
                    self._reported = ""
                    self.cameraOpened.emit(_facts(camera))
                orient = Orientation() if camera.demo else self._orientation()
                self._deliver(_frame(camera, orient, image, now, index))
                index += 1
        except KioskError as error:
            self._report(error)
        except Exception:
            log.exception("unexpected error of the camera")
        finally:
            camera.close()
        return index > 0

    def _report(self, error: KioskError) -> None:
        if str(error) != self._reported:  # tried again for hours, it is logged once
            self._reported = str(error)
            log.warning("camera: %s", error)
        self.cameraFailed.emit(error)

    def _frozen_check(self, camera: CameraPort) -> FrozenPort:
        """Return the check of this camera: that of the time before if it is the same camera."""
        if self._frozen is None or self._frozen_title != camera.title:
            self._frozen = self._make_frozen()
            self._frozen_title = camera.title
        return self._frozen

    def _facts(self, camera: CameraPort) -> PictureFacts:
        stamp = camera.stamp if isinstance(camera, TimedPort) else None
        return PictureFacts(stamp, self._face_seen.is_set())

    def _count(self, decoded: bool, skipped: bool, now: float) -> None:
        if decoded or skipped:
            self._meter.came(now)
            self._throttle.came(now, decoded)
        else:
            self._throttle.missed()

    def _deliver(self, frame: Frame) -> None:
        self.inference.put(frame)
        shown = self._throttle.shows(frame.captured_at) or not self._at_rest.is_set()
        if shown and self.preview.put(self._to_bgra(frame.image)):
            self.previewReady.emit()

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.isInterruptionRequested():
            if self._reopen.is_set():
                return
            self._beat(0.0)
            self.msleep(50)


def _facts(camera: CameraPort) -> CameraFacts:
    mode = str(camera.mode) if isinstance(camera, SlowStartPort) else ""
    return CameraFacts(camera.title, camera.demo, mode)


def _frame(
    camera: CameraPort, orient: Orientation, image: BGRImage, now: float, index: int
) -> Frame:
    planes = camera.planes() if isinstance(camera, PlanesPort) else NO_PLANES
    infrared, depth = (
        plane if plane is None else orient(plane) for plane in (planes.infrared, planes.depth)
    )
    return Frame(orient(image), now, index, infrared, depth)
