"""Qt threads around the camera, the networks and the storage. QtCore only; what they run is handed in."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QThread, Signal

from kiosk.core.door_state import DoorState
from kiosk.core.errors import KioskError
from kiosk.core.frames import BGRImage, Frame
from kiosk.core.mailbox import Mailbox
from kiosk.door.frame_engine import CameraFacts, Engine, Step
from kiosk.door.idle_throttle import IdleFrameThrottle

log = logging.getLogger(__name__)

BGRAImage = NDArray[np.uint8]
T = TypeVar("T")
Command = Callable[[Engine, float], T]
Beat = Callable[[float], None]
"""Says that a thread is alive, and that it may be quiet for so many more seconds."""

OPENING_S = 10.0
BUILDING_S = 120.0
"""How much longer than usual a camera may take to open, and the networks to load (and the demonstration to enrol its people)."""


IDLE_SHOWN_S = 0.25
"""So often an empty door is shown anew: only its clock moves."""


def _silent(grace_s: float) -> None:
    """Nobody watches."""


class CameraPort(Protocol):
    """A source of pictures; ``read`` gives ``None`` when there is none right now. ``skip`` lets one go by undecoded; false where none came."""

    @property
    def title(self) -> str: ...
    @property
    def demo(self) -> bool: ...
    @property
    def live(self) -> bool: ...
    def read(self) -> BGRImage | None: ...
    def skip(self) -> bool: ...
    def close(self) -> None: ...


class FrozenPort(Protocol):
    """Says whether the very same or a black picture has been coming for too long."""

    def __call__(self, image: BGRImage, now: float) -> bool: ...


class CaptureWorker(QThread):
    """Reads the camera and hands each picture to two mailboxes; opens the camera again when it is lost.

    A frozen or black picture is not handed on, so that everybody behind sees a lost camera. While ``at_rest`` is set only some
    pictures are decoded, and fewer shown; once it is cleared the next one is.
    """

    previewReady = Signal()
    cameraOpened = Signal(object)
    cameraFailed = Signal(str, str)

    def __init__(
        self,
        open_camera: Callable[[], CameraPort],
        frozen: Callable[[], FrozenPort],
        to_bgra: Callable[[BGRImage], BGRAImage],
        stall_s: float,
        beat: Beat = _silent,
        mailboxes: tuple[Mailbox[BGRAImage], Mailbox[Frame]] | None = None,
        at_rest: threading.Event | None = None,
    ) -> None:
        super().__init__()
        self._open_camera = open_camera
        self._make_frozen = frozen
        self._to_bgra = to_bgra
        self._stall_s = stall_s
        self._beat = beat
        self.preview, self.inference = mailboxes or (Mailbox(), Mailbox())
        self._at_rest = at_rest or threading.Event()
        self._resting = IdleFrameThrottle()

    def run(self) -> None:
        """Open, read until it stalls, close, wait a little, again."""
        pause = 0.5
        while not self.isInterruptionRequested():
            self._beat(OPENING_S)
            try:
                camera = self._open_camera()
            except KioskError as error:
                self.cameraFailed.emit(error.key, str(error))
                log.warning("camera: %s", error)
            except Exception:
                self.cameraFailed.emit("error.camera", "The camera cannot be opened; see the log.")
                log.exception("the camera could not be opened, in a way we did not expect")
            else:
                self.cameraOpened.emit(CameraFacts(camera.title, camera.demo))
                if self._read_all(camera):
                    pause = 0.5
            self._sleep(pause)
            pause = min(5.0, pause * 2)

    def stop(self) -> None:
        """Ask the thread to end after the read in progress."""
        self.requestInterruption()

    def _read_all(self, camera: CameraPort) -> bool:
        """Hand pictures on until none came for ``stall_s``; returns whether there were any."""
        frozen = self._make_frozen()
        index = 0
        last = time.monotonic()
        try:
            while not self.isInterruptionRequested():
                wanted = not self._at_rest.is_set() or self._resting.decodes_next()
                image = camera.read() if wanted else None
                skipped = not wanted and camera.skip()
                now = time.monotonic()
                self._beat(0.0)
                if self.isInterruptionRequested():  # it hung, and another thread has taken over
                    break
                self._note(image is not None, skipped, now)
                if skipped:
                    continue
                if image is None or (camera.live and frozen(image, now)):
                    if now - last > self._stall_s:
                        break
                    self.msleep(5)
                    continue
                last = now
                self._hand_on(Frame(image, now, index))
                index += 1
        except KioskError as error:
            log.warning("camera: %s", error)
            self.cameraFailed.emit(error.key, str(error))
        except Exception:
            log.exception("the camera failed in a way we did not expect")
        finally:
            camera.close()
        return index > 0

    def _note(self, decoded: bool, skipped: bool, now: float) -> None:
        if decoded or skipped:
            self._resting.came(now, decoded)
        else:
            self._resting.missed()

    def _hand_on(self, frame: Frame) -> None:
        self.inference.put(frame)
        shown = self._resting.shows(frame.captured_at) or not self._at_rest.is_set()
        if shown and self.preview.put(self._to_bgra(frame.image)):
            self.previewReady.emit()

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.isInterruptionRequested():
            self._beat(0.0)
            self.msleep(50)


class InferenceWorker(QThread):
    """Runs the engine on the newest frame, and commands between frames.

    ``stepped`` says that ``steps`` holds a new ``Step``; a slow screen misses some but never falls behind. ``at_rest`` is set while
    nobody is there.
    """

    ready = Signal(object)
    stepped = Signal()
    sounded = Signal(str)
    failed = Signal(str, str)

    def __init__(
        self,
        make_engine: Callable[[], Engine],
        frames: Mailbox[Frame],
        build_again_s: float = 10.0,
        beat: Beat = _silent,
        at_rest: threading.Event | None = None,
    ) -> None:
        super().__init__()
        self._at_rest = at_rest or threading.Event()
        self._beat = beat
        self.ident = 0
        self._make_engine = make_engine
        self._frames = frames
        self._build_again_s = build_again_s
        self._renewing = threading.Event()
        self._commands: queue.SimpleQueue[tuple[Command[Any], Future[Any], bool]] = (
            queue.SimpleQueue()
        )
        self._kept: deque[tuple[Command[Any], Future[Any], bool]] = deque()
        self.steps: Mailbox[Step] = Mailbox()
        self._shown_idle = False
        self._shown_at = 0.0

    def post(self, command: Command[T]) -> Future[T]:
        """Run ``command(engine, now)`` on the inference thread, as soon as there is an engine; the future carries result or error."""
        return self._queue(command, waits=True)

    def ask(self, command: Command[T]) -> Future[T]:
        """As ``post``, for somebody who waits at the screen: refused where the engine could not be built."""
        return self._queue(command, waits=False)

    def run(self) -> None:
        """Build the engine here, since loading networks takes a moment, then step until stopped."""
        self.ident = threading.get_ident()
        engine = self._build()
        if engine is None:
            return
        self.ready.emit(engine.info)
        while not self.isInterruptionRequested():
            if self._renewing.is_set() and not engine.enrol.active:
                self._renewing.clear()
                renewed = self._built_after(engine)
                if renewed is None:
                    break
                engine = renewed
            self._once(engine)
        engine.door.pause(time.monotonic())  # the door is locked on the way out

    def renew(self) -> None:
        """Build the engine anew, since its settings were changed; after the enrolment that may be running. Any thread may call this."""
        self._renewing.set()

    def stop(self) -> None:
        """Ask the thread to end after the frame in progress."""
        self.requestInterruption()

    def _built_after(self, engine: Engine) -> Engine | None:
        """Another engine in place of ``engine``, locked meanwhile, and paused or locked out afterwards where that one was."""
        paused = engine.door.paused
        engine.door.pause(time.monotonic())
        renewed = self._build()
        if renewed is not None:
            renewed.camera = engine.camera
            renewed.door.take_over(engine.door)
            if paused:
                renewed.door.pause(time.monotonic())
            self.ready.emit(renewed.info)
        return renewed

    def _queue(self, command: Command[T], waits: bool) -> Future[T]:
        future: Future[T] = Future()
        self._commands.put((command, future, waits))
        return future

    def _build(self) -> Engine | None:
        """The engine, tried again until it can be built; ``None`` when the thread is to end before that."""
        while not self.isInterruptionRequested():
            self._beat(BUILDING_S)
            try:
                return self._make_engine()
            except KioskError as error:
                problem = error
            except Exception:
                log.exception("the engine could not be built")
                problem = KioskError("The kiosk could not start; see the log.")
            self.failed.emit(problem.key, str(problem))
            self._refuse_commands(problem, self._build_again_s)
        return None

    def _refuse_commands(self, problem: KioskError, seconds: float) -> None:
        """Tell whoever asks meanwhile; keep, in order, what is to be done once there is an engine."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.isInterruptionRequested():
            try:
                command, future, waits = self._commands.get(timeout=0.05)
            except queue.Empty:
                self._beat(0.0)
                continue
            if waits:
                self._kept.append((command, future, waits))
            else:
                future.set_exception(problem)

    def _once(self, engine: Engine) -> None:
        self._beat(0.0)
        frame = self._frames.take(timeout=0.05)
        self._run_commands(engine)
        step = self._step(engine, frame, time.monotonic())
        if step is None or not step.calm:
            self._at_rest.clear()
        if step is None:
            return
        if step.calm:
            self._at_rest.set()
        if frame is not None:
            engine.measured(time.monotonic() - frame.captured_at)
        for sound in step.sounds:
            self.sounded.emit(sound.value)
        if self._worth_showing(step, time.monotonic()) and self.steps.put(step):
            self.stepped.emit()

    def _worth_showing(self, step: Step, now: float) -> bool:
        """An empty door looks the same from frame to frame."""
        idle = step.enrol is None and step.door.state is DoorState.IDLE
        if idle and self._shown_idle and 0 <= now - self._shown_at < IDLE_SHOWN_S:
            return False
        self._shown_idle = idle
        self._shown_at = now
        return True

    @staticmethod
    def _step(engine: Engine, frame: Frame | None, now: float) -> Step | None:
        """One step; where it fails in a way we did not expect, the door out of service is what there is to show."""
        try:
            return engine.step(frame, now)
        except Exception:
            if engine.door.state is not DoorState.OUT_OF_SERVICE:  # else each frame writes it
                log.exception("a frame could not be processed")
        try:
            engine.door.fault("error.generic", now)
            return engine.step(None, now)
        except Exception:
            log.exception("the door cannot be shown")
            return None

    def _run_commands(self, engine: Engine) -> None:
        while self._kept or not self._commands.empty():
            command, future, _ = self._kept.popleft() if self._kept else self._commands.get()
            try:
                future.set_result(command(engine, time.monotonic()))
            except Exception as error:
                future.set_exception(error)
