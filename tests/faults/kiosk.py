"""The whole kiosk, offscreen with its real networks, before a camera that goes wrong; and a network's file that is cut off.

Run as a program (``python -m tests.faults.kiosk camera DATA``) this file is the kiosk itself.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.harness import ROOT, Fault

FAULTS = (
    "stalls",
    "hangs",
    "is unplugged",
    "is black",
    "gives garbage",
    "changes its size",
    "gives the same picture for ever",
)
LOST = {"stalls", "hangs", "is unplugged", "is black", "gives the same picture for ever"}
"""What the screen calls a lost camera; the other two show pictures in which nobody is."""

FAULT_S = 8.0


def camera_faults(folder: Path) -> list[Fault]:
    """Every fault of a camera, one after another in one running kiosk."""
    told = _child("camera", folder / "camera" / "data", 600)
    return [
        Fault(
            f"the camera {row['fault']}",
            1,
            row["lost"],
            row["wrong"],
            round(row["recovered_s"], 2),
            row["note"],
        )
        for row in told
    ]


def truncated_network(folder: Path) -> Fault:
    """A network's file is cut off: the kiosk says so, and goes on when the file is whole again."""
    [row] = _child("network", folder / "network" / "data", 300)
    return Fault(
        "a network's file is truncated",
        1,
        row["lost"],
        row["wrong"],
        round(row["recovered_s"], 2),
        row["note"],
    )


def _child(mode: str, data: Path, seconds: float) -> list[dict[str, object]]:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kiosk", mode, str(data)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    if not lines:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1]
        return [{"fault": mode, "lost": 0, "wrong": 0, "recovered_s": -1.0, "note": f"! {last}"}]
    rows: list[dict[str, object]] = json.loads(lines[-1])
    return rows


# the kiosk itself

Script = Iterator[tuple[Callable[[], bool], float]]


class Going:
    """Runs a script of (what to wait for, for how long) beside Qt's loop; a wait that is too long goes on all the same."""

    def __init__(self, script: Script) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        self._script = script
        self._until = 0.0
        self._reached = lambda: True
        self._timer = QTimer()
        self._timer.timeout.connect(self._go)
        self._timer.start(30)
        self._quit = QApplication.quit

    def _go(self) -> None:
        if self._reached() or time.monotonic() > self._until:
            try:
                self._reached, seconds = next(self._script)
                self._until = time.monotonic() + seconds
            except StopIteration:
                self._timer.stop()
                self._quit()


def _kiosk(data: Path, camera: Any) -> Any:
    """The application with the demonstration's people, short pauses, and a lock that counts."""
    from kiosk.app.bootstrap.build import open_store
    from kiosk.app.runtime import Runtime
    from kiosk.core.config import CameraConfig, Config
    from kiosk.demo.guide import seed_demo_people
    from kiosk.demo.tour import tour_settings

    config = tour_settings(Config())
    config = dataclasses.replace(
        config, camera=CameraConfig(source="demo", stall_s=1.0, frozen_s=2.0)
    )
    return Runtime(
        config,
        data,
        open_store(data, config),
        camera=lambda: camera,
        prepare=[seed_demo_people],
        wizard_first=False,
    )


def _faulty(image: np.ndarray, fault: str, kept: list[np.ndarray]) -> np.ndarray | None:
    """What the camera gives in place of ``image``."""
    chance = np.random.default_rng()
    if fault == "stalls":
        return None
    if fault == "is black":
        return np.zeros_like(image)
    if fault == "gives garbage":
        return chance.integers(0, 255, image.shape, dtype=np.uint8)
    if fault == "changes its size":
        side = int(chance.integers(2, 700))
        return np.ascontiguousarray(np.resize(image, (side, side + 3, 3)))
    kept[:] = kept or [image]
    return kept[0].copy()


def _faulty_camera() -> Any:
    """The demonstration's camera, whose ``fault`` is one of ``FAULTS`` or empty; one that hangs is let go by ``released``."""
    from kiosk.core.errors import CameraError
    from kiosk.demo.guide import DemoStand

    class Faulty(DemoStand):
        fault = ""
        released = threading.Event()

        def read(self) -> np.ndarray | None:
            if self.fault == "is unplugged":
                time.sleep(0.02)
                raise CameraError("The camera is gone; plug it in again.")
            if self.fault == "hangs":
                self.released.wait(60)
                return None
            image = super().read()
            if image is None or not self.fault:
                self.kept: list[np.ndarray] = []
                return image
            return _faulty(image, self.fault, self.kept)

    return Faulty()


def _camera(data: Path) -> list[dict[str, object]]:
    from PySide6.QtWidgets import QApplication

    from kiosk.core.door_state import DoorState
    from kiosk.demo.demo_camera import DemoScene
    from kiosk.storage.audit.chain_verification import sentence, verify_log

    application = QApplication(["munjigi"])
    camera = _faulty_camera()
    app = _kiosk(data, camera)
    opened: list[float] = []
    lock_open = app.lock.open
    app.lock.open = lambda seconds, reason: (
        opened.append(time.monotonic()),
        lock_open(seconds, reason),
    )[1]
    rows: list[dict[str, object]] = []
    ready: list[object] = []
    app.events.engineReady.connect(ready.append)

    def visit() -> Script:
        camera.cue(DemoScene(who=None))
        yield lambda: app.view.state is DoorState.IDLE and app.view.face is None, 20
        before = len(opened)
        camera.cue(DemoScene(who=0))
        yield lambda: len(opened) > before, 20

    def script() -> Script:
        yield lambda: bool(ready), 120
        yield from visit()
        for fault in FAULTS:
            camera.cue(DemoScene(who=0))  # somebody who may come in stands there
            yield lambda: app.view.face is not None and app.view.state is DoorState.IDLE, 15
            camera.cue(DemoScene(who=None))
            yield lambda: app.view.state is DoorState.IDLE and app.view.face is None, 15
            camera.fault = fault
            camera.released.clear()
            before = len(opened)
            seen = set()
            yield lambda seen=seen: bool(seen.add(app.view.state)), FAULT_S
            during = len(opened) - before
            camera.fault = ""
            camera.released.set()
            well = time.monotonic()
            count = len(opened)
            camera.cue(DemoScene(who=0))
            yield lambda count=count: len(opened) > count, 40
            recovered = time.monotonic() - well if len(opened) > count else -1.0
            said = "camera lost" if DoorState.CAMERA_LOST in seen else "nobody there"
            wrong = (
                "! the screen does not say that the camera is lost"
                if fault in LOST and DoorState.CAMERA_LOST not in seen
                else f"says {said}"
            )
            rows.append(
                {
                    "fault": fault,
                    "lost": 0,
                    "wrong": during,
                    "recovered_s": recovered,
                    "note": wrong,
                }
            )
            yield from visit()

    going = Going(script())
    app.start()
    watch = app.watch()
    watch.start()
    application.exec()
    watch.stop()
    accepted = app.storage.access_log.count()
    app.stop()
    wrong = sentence(verify_log(data / "munjigi.db"))
    missing = max(0, len(opened) - accepted)
    for row in rows:
        row["lost"] = missing
        row["note"] = f"! {wrong}" if wrong else row["note"]
    del going
    return rows


def _network(data: Path) -> list[dict[str, object]]:
    from kiosk.app.bootstrap.build import open_store
    from kiosk.app.bootstrap.pipeline_factory import build_pipeline
    from kiosk.core import paths
    from kiosk.core.config import Config
    from kiosk.core.errors import WeightsError
    from kiosk.vision.models.manifest import Manifest

    copy = data.parent / "weights"
    shutil.copytree(paths.WEIGHTS, copy, symlinks=False)
    paths.MANIFEST = copy / "MANIFEST.toml"
    open_store(data, Config()).close()
    entry = Manifest.load(paths.MANIFEST).choose("auto")
    whole = entry.path.read_bytes()
    said = ""
    for cut in (0, len(whole) // 2, len(whole) - 1):
        entry.path.write_bytes(whole[:cut])
        try:
            build_pipeline(Config())
            return [
                {
                    "fault": "network",
                    "lost": 0,
                    "wrong": 1,
                    "recovered_s": -1.0,
                    "note": "! a network that is cut off is used",
                }
            ]
        except WeightsError as error:
            said = str(error)
    began = time.monotonic()
    entry.path.write_bytes(whole)
    build_pipeline(Config())
    return [
        {
            "fault": "network",
            "lost": 0,
            "wrong": 0,
            "recovered_s": time.monotonic() - began,
            "note": f"says {said[:60]}",
        }
    ]


if __name__ == "__main__":
    print(
        json.dumps({"camera": _camera, "network": _network}[sys.argv[1]](Path(sys.argv[2]))),
        flush=True,
    )
