"""The whole kiosk, offscreen with its real networks, at a camera that fails.

Only what happens counts here, never how fast: every wait ends with the event it waits for, and
``PATIENCE_S`` is only there to report a kiosk that never gets there. A busy machine takes longer.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FAULTS = (
    "stalls",
    "hangs",
    "is unplugged",
    "is black",
    "gives garbage",
    "changes its size",
    "gives the same picture for ever",
)

LOST = frozenset(FAULTS) - {"gives garbage", "changes its size"}
"""The faults that the screen calls a lost camera; the other two show pictures without a person."""

PATIENCE_S = 300.0
"""Longest time for one step of a visit, however busy the machine is."""

VIEWS_DURING_FAULT = 12
"""Views of the door that are looked at while the fault lasts; an idle door shows four a second."""

VISITS = 4
"""How often a person comes again who was not let in, as anybody would."""


@dataclass(frozen=True, slots=True)
class Wait:
    """One step of a script: ``event`` in words, and whether it has happened."""

    event: str
    reached: Callable[[], bool]


Script = Iterator[Wait]


class NeverHappened(Exception):
    """An event did not happen within ``PATIENCE_S``."""


class ScriptRunner:
    """Runs a script beside Qt's event loop and quits the application at its end.

    A step that takes longer than ``PATIENCE_S`` raises ``NeverHappened`` in the script. ``error``:
    what ended the script early.
    """

    def __init__(self, script: Any) -> None:
        from PySide6.QtCore import QTimer

        self.error: Exception | None = None
        self._script = script
        self._wait = Wait("the start", lambda: True)
        self._deadline = time.monotonic()
        self._timer = QTimer()
        self._timer.timeout.connect(self._advance)
        self._timer.start(30)

    def _advance(self) -> None:
        try:
            if self._wait.reached():
                self._wait = next(self._script)
            elif time.monotonic() > self._deadline:
                self._wait = self._script.throw(NeverHappened(self._wait.event))
            else:
                return
            self._deadline = time.monotonic() + PATIENCE_S
        except StopIteration:
            self._quit()
        except Exception as error:
            self.error = error
            self._quit()

    def _quit(self) -> None:
        from PySide6.QtWidgets import QApplication

        self._timer.stop()
        QApplication.quit()


def failing_image(image: np.ndarray, fault: str, kept: list[np.ndarray]) -> np.ndarray | None:
    """Return what the camera delivers instead of ``image``; ``kept`` holds its frozen picture."""
    rng = np.random.default_rng()
    if fault == "stalls":
        return None
    if fault == "is black":
        return np.zeros_like(image)
    if fault == "gives garbage":
        return rng.integers(0, 255, image.shape, dtype=np.uint8)
    if fault == "changes its size":
        side = int(rng.integers(2, 700))
        return np.ascontiguousarray(np.resize(image, (side, side + 3, 3)))
    kept[:] = kept or [image]
    return kept[0].copy()


def failing_camera() -> Any:
    """Return a demo camera whose ``fault`` is one of ``FAULTS`` or empty.

    A read that hangs ends once ``released`` is set.
    """
    from kiosk.core.errors import CameraError
    from kiosk.demo.guide import DemoStand

    class FailingCamera(DemoStand):
        fault = ""

        def __init__(self) -> None:
            super().__init__()
            self.released = threading.Event()
            self._kept: list[np.ndarray] = []

        def read(self) -> np.ndarray | None:
            if self.fault == "is unplugged":
                time.sleep(0.02)
                raise CameraError("The camera is gone; plug it in again.")
            if self.fault == "hangs":
                self.released.wait()
                return None
            image = super().read()
            if image is None or not self.fault:
                self._kept.clear()
                return image
            return failing_image(image, self.fault, self._kept)

    return FailingCamera()


class CameraTrial:
    """One running kiosk with the demonstration's people and guide, and a camera that fails."""

    def __init__(self, data: Path) -> None:
        from kiosk.demo.guide import DemoGuide

        self.camera = failing_camera()
        self.runtime = _kiosk(data, self.camera)
        self.guide = DemoGuide(self.camera, visitors=False)
        self.rows: list[dict[str, object]] = []
        self._opened: list[float] = []
        self._decisions: list[Any] = []
        self._ready: list[object] = []
        self._views: list[Any] = []
        self._watch_lock()
        events = self.runtime.events
        events.engineReady.connect(self._ready.append)
        events.decided.connect(self._decisions.append)
        events.doorShown.connect(self._views.append)
        events.doorShown.connect(self.guide.follow_door)

    def _watch_lock(self) -> None:
        lock_open = self.runtime.lock.open

        def opened(seconds: float, reason: str) -> object:
            self._opened.append(time.monotonic())
            return lock_open(seconds, reason)

        self.runtime.lock.open = opened

    @property
    def openings(self) -> int:
        """How often the lock was told to open."""
        return len(self._opened)

    def script(self, faults: Sequence[str]) -> Script:
        """Yield the waits of a first visit and of every fault.

        Raises ``NeverHappened`` where the door does not even work before the first fault.
        """
        yield Wait("the networks to load", lambda: bool(self._ready))
        yield from self._visit()
        for fault in faults:
            try:
                yield from self._fail(fault)
            except NeverHappened as event:
                self.camera.fault = ""
                self.camera.released.set()
                self._add(fault, 0, -1.0, f"! waited in vain for {event}")

    def _fail(self, fault: str) -> Script:
        yield from self._leave()
        before = self.openings
        seen = yield from self._last(fault)
        during = self.openings - before
        well = time.monotonic()
        visits = yield from self._visit(leave_first=False)
        recovered = self._opened[-1] - well
        lost = "camera_lost" in seen
        note = f"says {'camera lost' if lost else 'nobody there'}"
        note += f", let in at visit {visits}" if visits > 1 else ""
        if lost is not (fault in LOST):
            note = f"! the screen {note}"
        self._add(fault, during, recovered, note)
        yield from self._visit()

    def _last(self, fault: str) -> Any:
        """Let the fault last until the screen has shown it; return the states shown meanwhile."""
        self.camera.released.clear()
        self.camera.fault = fault
        self._views.clear()
        if fault in LOST:
            yield Wait(
                "the screen to say that the camera is lost", lambda: "camera_lost" in self._states()
            )
        else:
            yield Wait(
                "the door to look at the pictures", lambda: len(self._views) >= VIEWS_DURING_FAULT
            )
        seen = self._states()
        self.camera.fault = ""
        self.camera.released.set()
        return seen

    def _states(self) -> set[str]:
        return {view.state.value for view in self._views}

    def _visit(self, *, leave_first: bool = True) -> Any:
        """Let a member come until the door opens; return at which visit it did."""
        from kiosk.demo.demo_camera import DemoScene

        for visit in range(1, VISITS + 1):
            if leave_first or visit > 1:
                yield from self._leave()
            opened = self.openings
            decided = len(self._decisions)
            self.camera.cue(DemoScene(who=0))
            yield Wait("a decision", lambda decided=decided: len(self._decisions) > decided)
            if self._decisions[-1].accepted:
                yield Wait("the door to open", lambda opened=opened: self.openings > opened)
                return visit
        reasons = ", ".join(decision.reason.value for decision in self._decisions[-VISITS:])
        raise NeverHappened(f"an accepted visit (it was {reasons})")

    def _leave(self) -> Script:
        from kiosk.core.door_state import DoorState
        from kiosk.demo.demo_camera import DemoScene

        self.camera.cue(DemoScene(who=None))
        yield Wait(
            "an empty, idle door",
            lambda: self.runtime.view.state is DoorState.IDLE and self.runtime.view.face is None,
        )

    def _add(self, fault: str, wrong: int, recovered_s: float, note: str) -> None:
        self.rows.append(
            {"fault": fault, "lost": 0, "wrong": wrong, "recovered_s": recovered_s, "note": note}
        )


def _kiosk(data: Path, camera: Any) -> Any:
    """Return the application with the demonstration's people and short pauses."""
    from kiosk.app.bootstrap.store_factory import open_store
    from kiosk.app.runtime import Runtime
    from kiosk.core.config import CameraConfig, Config
    from kiosk.demo.guide import seed_demo_people
    from kiosk.demo.tour import tour_settings

    config = dataclasses.replace(
        tour_settings(Config()), camera=CameraConfig(source="demo", stall_s=1.0, frozen_s=2.0)
    )
    return Runtime(
        config,
        data,
        open_store(data, config),
        camera=lambda: camera,
        prepare=[seed_demo_people],
        wizard_first=False,
    )


def run_camera_faults(data: Path, faults: Sequence[str] = FAULTS) -> list[dict[str, object]]:
    """Bring the faults about, one after another in one running kiosk; return a row for each."""
    from PySide6.QtWidgets import QApplication

    from kiosk.core.decisions import LogFilter, Outcome
    from kiosk.storage.audit.chain_verification import sentence, verify_log

    application = QApplication(["munjigi"])
    trial = CameraTrial(data)
    runner = ScriptRunner(trial.script(faults))
    trial.runtime.start()
    watch = trial.runtime.watch()
    watch.start()
    application.exec()
    watch.stop()
    accepted = trial.runtime.storage.access_log.count(LogFilter(outcome=Outcome.ACCEPT))
    trial.runtime.stop()
    if runner.error is not None:
        raise runner.error
    chain_error = sentence(verify_log(data / "munjigi.db"))
    for row in trial.rows:
        row["lost"] = max(0, trial.openings - accepted)
        row["note"] = f"! {chain_error}" if chain_error else row["note"]
    return trial.rows
