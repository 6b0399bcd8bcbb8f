"""The inference thread: runs the engine. QtCore only; what it runs is passed in."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from PySide6.QtCore import QThread, Signal

from kiosk.app.engine_client import Command
from kiosk.app.heartbeat import Beat, no_beat
from kiosk.core.door_state import DoorState
from kiosk.core.errors import KioskError
from kiosk.core.frames import Frame
from kiosk.core.mailbox import Mailbox
from kiosk.door.frame_engine import Engine, Step

log = logging.getLogger(__name__)

T = TypeVar("T")

BUILDING_S = 120.0
"""How much longer than usual building the engine may take; the demo also enrols its people."""

IDLE_SHOWN_S = 0.25
"""How often an empty door is shown: only its clock moves."""


class InferenceWorker(QThread):
    """Runs the engine on the newest frame, and commands between frames.

    ``stepped``: ``steps`` holds a new ``Step``; a slow reader misses some but never falls behind.
    ``at_rest`` is set while nobody is there, ``face_seen`` while a face is. An engine that cannot
    be built is tried again after ``build_again_s`` seconds.
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
        beat: Beat = no_beat,
        at_rest: threading.Event | None = None,
        face_seen: threading.Event | None = None,
    ) -> None:
        super().__init__()
        self._at_rest = at_rest or threading.Event()
        self._face_seen = face_seen or threading.Event()
        self._beat = beat
        self.ident = 0
        self._make_engine = make_engine
        self._frames = frames
        self._build_again_s = build_again_s
        self._rebuild = threading.Event()
        self._commands: queue.SimpleQueue[tuple[Command[Any], Future[Any], bool]] = (
            queue.SimpleQueue()
        )
        self._postponed: deque[tuple[Command[Any], Future[Any], bool]] = deque()
        self.steps: Mailbox[Step] = Mailbox()
        self._shown_idle = False
        self._shown_at = 0.0

    def post(self, command: Command[T]) -> Future[T]:
        """Run ``command(engine, now)`` on the inference thread, as soon as there is an engine."""
        return self._queue(command, keep=True)

    def ask(self, command: Command[T]) -> Future[T]:
        """Like ``post``, for a person who waits; fails while the engine cannot be built."""
        return self._queue(command, keep=False)

    def run(self) -> None:
        """Build the engine on this thread, as that takes long, then step until stopped."""
        self.ident = threading.get_ident()
        engine = self._build()
        if engine is None:
            return
        self.ready.emit(engine.info)
        while not self.isInterruptionRequested():
            if self._rebuild.is_set() and not engine.enrol.active:
                self._rebuild.clear()
                renewed = self._rebuilt(engine)
                if renewed is None:
                    break
                engine = renewed
            self._once(engine)
        engine.door.pause(time.monotonic())  # locks the door
        engine.close()

    def renew(self) -> None:
        """Rebuild the engine for changed settings, after any enrolment. Thread-safe."""
        self._rebuild.set()

    def stop(self) -> None:
        """Ask the thread to end after the frame in progress."""
        self.requestInterruption()

    def _rebuilt(self, engine: Engine) -> Engine | None:
        """Return a new engine in place of ``engine``, paused or locked out if that one was.

        The door is locked meanwhile.
        """
        paused = engine.door.paused
        engine.door.pause(time.monotonic())
        engine.close()
        renewed = self._build()
        if renewed is not None:
            renewed.camera = engine.camera
            renewed.door.take_over(engine.door)
            if paused:
                renewed.door.pause(time.monotonic())
            self.ready.emit(renewed.info)
        return renewed

    def _queue(self, command: Command[T], keep: bool) -> Future[T]:
        future: Future[T] = Future()
        self._commands.put((command, future, keep))
        return future

    def _build(self) -> Engine | None:
        """Return the engine, retrying until it is built; ``None`` if the thread ends first."""
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
        """For ``seconds``, fail what was asked and keep, in order, what was posted."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.isInterruptionRequested():
            try:
                command, future, keep = self._commands.get(timeout=0.05)
            except queue.Empty:
                self._beat(0.0)
                continue
            if keep:
                self._postponed.append((command, future, keep))
            else:
                future.set_exception(problem)

    def _once(self, engine: Engine) -> None:
        self._beat(0.0)
        frame = self._frames.take(timeout=0.05)
        self._run_commands(engine)
        step = self._step(engine, frame, time.monotonic())
        if step is None or not step.calm:
            self._at_rest.clear()
        if step is None or not step.face:
            self._face_seen.clear()
        if step is None:
            return
        if step.calm:
            self._at_rest.set()
        if step.face:
            self._face_seen.set()
        if frame is not None:
            engine.measured(time.monotonic() - frame.captured_at)
        for sound in step.sounds:
            self.sounded.emit(sound.value)
        if self._worth_showing(step, time.monotonic()) and self.steps.put(step):
            self.stepped.emit()

    def _worth_showing(self, step: Step, now: float) -> bool:
        """Show an empty door rarely: it looks the same from frame to frame."""
        idle = step.enrol is None and step.door.state is DoorState.IDLE
        if idle and self._shown_idle and 0 <= now - self._shown_at < IDLE_SHOWN_S:
            return False
        self._shown_idle = idle
        self._shown_at = now
        return True

    @staticmethod
    def _step(engine: Engine, frame: Frame | None, now: float) -> Step | None:
        """Return one step; after an unexpected error, the door out of service."""
        try:
            return engine.step(frame, now)
        except Exception:
            if (
                engine.door.state is not DoorState.OUT_OF_SERVICE
            ):  # else it is logged for each frame
                log.exception("a frame could not be processed")
        try:
            engine.door.fault("error.generic", now)
            return engine.step(None, now)
        except Exception:
            log.exception("the door cannot be shown")
            return None

    def _run_commands(self, engine: Engine) -> None:
        while self._postponed or not self._commands.empty():
            command, future, _ = (
                self._postponed.popleft() if self._postponed else self._commands.get()
            )
            try:
                future.set_result(command(engine, time.monotonic()))
            except Exception as error:
                future.set_exception(error)
