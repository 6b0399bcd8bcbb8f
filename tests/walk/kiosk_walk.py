"""One walk through the running kiosk on the display ``$DISPLAY``; prints one JSON line a chore."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.demonstration import with_own_keys
from kiosk.app.qt_application import qt_application, run_event_loop
from kiosk.app.runtime import Runtime
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.decisions import Decision
from kiosk.demo.guide import DemoGuide, DemoStand
from kiosk.demo.tour import tour_settings
from tests.walk.chores import all_chores
from tests.walk.stage import Stage
from tests.walk.sticks import plug_in_stick
from tests.walk.walker import Script, Unreachable, Walker

TICK_MS = 25
START_S = 120.0
REST_S = 0.5
"""Longer than the on-screen keyboard takes to slide away."""


class Walk(QObject):
    """Does the chores one after another from Qt's loop; stops at the first that cannot be done."""

    def __init__(self, stage: Stage, folder: Path, finish: Callable[[], None]) -> None:
        super().__init__()
        self._runtime = stage.runtime
        self._walker = stage.walker
        self._decisions = stage.decisions
        self._folder = folder
        self._finish = finish
        self._chores = all_chores(stage)
        self._name = ""
        self._script: Script | None = None
        self._waiting: tuple[str, Callable[[], bool], float] | None = None
        self._deadline = 0.0
        self._loaded = False
        self._ends = False
        self.failed = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin as soon as the networks are loaded; without them in time the walk has failed."""
        self._name = "start the kiosk"
        self._waiting = ("the networks", lambda: self._loaded, START_S)
        self._deadline = time.monotonic() + START_S
        self._timer.start(TICK_MS)

    @Slot(object)
    def engine_ready(self, _: object) -> None:
        """The networks are loaded."""
        self._loaded = True

    @Slot(object)
    def decided(self, decision: Decision) -> None:
        """Keep a decision of the door."""
        self._decisions.append(decision)

    @Slot()
    def quitting(self) -> None:
        """The kiosk ends: the last chore asked for that, or it is a fault."""
        self._timer.stop()
        self._ends = True
        while self._script is not None and not self.failed:
            waiting = self._waiting
            if waiting is not None and not waiting[1]():
                self._end_chore(f"the kiosk ended while waiting for {waiting[0]}")
                return
            self._advance()

    @Slot()
    def _tick(self) -> None:
        try:
            self._advance()
        except Exception as error:  # a step of the kiosk's that breaks is a result as well
            self._end_chore(f"{type(error).__name__}: {error}")

    def _advance(self) -> None:
        if self._waiting is not None:
            what, reached, _ = self._waiting
            if not reached():
                if time.monotonic() > self._deadline:
                    raise Unreachable(f"waited too long for {what}")
                return
            self._waiting = None
        if self._script is None:
            self._next_chore()
            return
        try:
            self._waiting = next(self._script)
        except StopIteration:
            self._end_chore("")
            return
        self._deadline = time.monotonic() + self._waiting[2]

    def _next_chore(self) -> None:
        if not self._chores:
            self._timer.stop()
            self._finish()
            return
        self._name, chore = self._chores.pop(0)
        self._walker.begin()
        self._script = self._and_rest(chore())

    def _and_rest(self, script: Script) -> Script:
        """Do ``script``, and let the page come to rest before its picture is taken."""
        yield from script
        until = time.monotonic() + REST_S
        yield "the page to rest", lambda: self._ends or time.monotonic() >= until, REST_S + 5

    def _end_chore(self, fault: str) -> None:
        self._script, self._waiting = None, None
        picture = f"{self._name.replace(' ', '-')}.png"
        screen = self._runtime.window.screen()
        screen.grabWindow(0).save(str(self._folder / picture))
        effort = self._walker.effort
        row = {
            "chore": self._name,
            "taps": effort.taps,
            "keys": effort.keys,
            "waited_s": round(effort.waited_s, 1),
            "seconds": round(effort.seconds, 1),
            "fault": fault,
            "picture": picture,
        }
        print(json.dumps(row, ensure_ascii=False), flush=True)
        if fault:  # what follows stands on it
            self.failed = True
            self._chores.clear()


def walk_settings(config: Config, language: str, touch: bool) -> Config:
    """The settings of the tour, on the whole display, of a site that counts hours of presence."""
    reject_s = config.door.reject_s  # a person reads what to do next
    config = tour_settings(config)
    door = dataclasses.replace(config.door, reject_s=reject_s)
    keyboard = "always" if touch else "never"
    ui = dataclasses.replace(
        config.ui, windowed=False, language=language, on_screen_keyboard=keyboard
    )
    privacy = dataclasses.replace(config.privacy, attendance=True)  # takes a restart
    return dataclasses.replace(config, door=door, ui=ui, privacy=privacy)


def main(arguments: list[str]) -> int:
    """Walk with the language and the way of input that are named; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", default="en")
    parser.add_argument("--input", choices=("touch", "keyboard"), default="touch")
    options = parser.parse_args(arguments)
    touch = options.input == "touch"
    application = qt_application()
    data_dir = options.folder / "data"
    data_dir.mkdir(parents=True)
    config = with_own_keys(default_config(), options.folder)
    config = walk_settings(config, options.language, touch)
    stick = plug_in_stick(options.folder / "stick")
    storage = open_store(data_dir, config)
    camera = DemoStand()
    runtime = Runtime(config, data_dir, storage, camera=lambda: camera)
    guide = DemoGuide(camera, visitors=False)
    walker = Walker(runtime.window, keyboard_only=not touch, touch=touch)
    stage = Stage(
        runtime=runtime,
        walker=walker,
        camera=camera,
        guide=guide,
        exports=paths.exports_dir(data_dir),
        stick=stick,
    )
    walk = Walk(stage, options.folder, application.quit)
    application.aboutToQuit.connect(walk.quitting)
    runtime.events.enrolmentShown.connect(guide.follow_enrolment)
    runtime.events.doorShown.connect(guide.follow_door)
    runtime.window.screenChanged.connect(guide.follow_screen)
    runtime.events.decided.connect(walk.decided)
    runtime.events.engineReady.connect(walk.engine_ready)
    walk.start()
    runtime.start()
    code = run_event_loop(application, runtime.stop)
    return code or int(walk.failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
