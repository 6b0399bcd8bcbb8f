"""The scripted tour: the real application, operated by clicks and keys, with drawn people.

The script only chooses who stands at the camera; every decision is the kiosk's own.
"""

from __future__ import annotations

import dataclasses
import logging
import shutil
import time
from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from kiosk.core.config import Config
from kiosk.core.decisions import Decision, Outcome, Reason
from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView, EnrolView, Pose
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.guide import DemoGuide
from kiosk.demo.synthetic_faces.cast import CAST, MEMBERS, STRANGERS
from kiosk.ui.i18n import tr
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.consent.consent_page import ConsentPage

log = logging.getLogger(__name__)

PIN = "482915"

TRIES = 4
"""Visits until a face that a busy machine loses counts as a failure."""

BUSY_FACTOR = 4
"""Every limit is multiplied by it: a busy machine is slow, and waiting ends with its condition."""

Script = Generator[tuple[str, Callable[[], bool], float], None, None]


def tour_settings(config: Config) -> Config:
    """Return the settings of the tour: shorter pauses, and a window of fixed size."""
    door = dataclasses.replace(config.door, open_s=1.5, reject_s=1.5, cooldown_s=1.0)
    ui = dataclasses.replace(
        config.ui, windowed=True, sound=False, idle_s=60.0, on_screen_keyboard="never"
    )
    liveness = dataclasses.replace(
        config.liveness, turn_s=12.0
    )  # a busy machine processes few pictures a second
    return dataclasses.replace(
        config,
        door=door,
        liveness=liveness,
        ui=ui,
        camera=dataclasses.replace(config.camera, source="demo"),
    )


def line_of(decision: Decision) -> str:
    """Return one line: time, person or unknown, distance, threshold, outcome, reason."""
    who = (
        f"{decision.person_name} ({decision.person_number})" if decision.person_name else "unknown"
    )
    distance = "   –" if decision.distance is None else f"{decision.distance:.2f}"
    return (
        f"{decision.at:%H:%M:%S}  {who:<22}  "
        f"distance {distance}  threshold {decision.threshold:.2f}  "
        f"{decision.outcome.value}  {decision.reason.value}"
    )


class Tour(QObject):
    """Runs the script step by step from Qt's loop; ``finished`` when it is over, well or not.

    Its slots belong to the kiosk's signals. ``view`` returns the door as last shown. ``exports``:
    the folder of the kiosk's exports. ``folder``: where the tour leaves its pictures.
    """

    finished = Signal()

    def __init__(
        self,
        window: MainWindow,
        view: Callable[[], DoorView],
        exports: Path,
        camera: DemoCamera,
        guide: DemoGuide,
        folder: Path,
    ) -> None:
        super().__init__()
        self._window = window
        self._view = view
        self._exports = exports
        self._camera = camera
        self._guide = guide
        self._folder = folder
        self._decisions: list[Decision] = []
        self._exported: Path | None = None
        self._ready = False
        self.exit_code = 1
        self._script = self._whole()
        self._waiting: tuple[str, Callable[[], bool], float] | None = None
        self._deadline = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)

    def start(self) -> None:
        """Begin; nobody stands at the door."""
        self._camera.cue(DemoScene(who=None))
        print(
            f"Munjigi's tour without a display; pictures and the exported log go to {self._folder}"
        )
        self._timer.start(40)

    # the script

    def _whole(self) -> Script:
        yield "the networks to load", lambda: self._ready, 60
        yield from self._first_admin()
        for index in range(MEMBERS):
            yield from self._enrol(index)
        yield from self._click("railDoor", lambda: self._window.current == "door")
        yield (
            "the door to wait",
            lambda: self._view().state is DoorState.IDLE and self._view().face is None,
            20,
        )
        self._picture("door-idle")
        for number, who in enumerate((0, STRANGERS[0], 1, STRANGERS[1], 2)):
            yield from self._visit(f"visit-{number + 1}", DemoScene(who=who))
        yield from self._visit("photograph", DemoScene(who=0, photograph=True))
        yield from self._export()
        self._sum_up()

    def _first_admin(self) -> Script:
        self._picture("wizard")
        yield from self._click("wizard.next", lambda: self._visible("wizard.pin"))
        self._keys("wizard.pin", PIN)
        self._picture("wizard-admin")
        self._keys("wizard.pin", "\r")
        self._keys("wizard.pin", PIN + "\r")
        yield "the wizard to go on", lambda: bool(self._skips()), 15
        while skips := self._skips():
            skips[0].click()
        yield from self._click("wizard.start", lambda: self._window.current == "admin")

    def _enrol(self, index: int) -> Script:
        actor = CAST[index]
        yield from self._click("railEnrol", lambda: self._visible("enrolNumber"))
        self._type("enrolNumber", actor.number)
        self._type("enrolName", actor.name)
        if index == 0:
            self._picture("enrol-who")
        yield from self._click("enrolNext", lambda: self._visible("enrolHandOver"))
        yield from self._click("enrolHandOver", lambda: self._visible("consentNext"))
        if index == 0:
            self._picture("enrol-consent")
        self._read_to_the_end()
        self._press("consent.personal")
        self._press("consent.face")
        yield from self._click("consentNext", lambda: self._visible("handOver.pin"))
        self._guide.stand(index)
        self._keys("handOver.pin", PIN + "\r")
        yield "the kiosk to be handed back", lambda: self._visible("enrolCoach"), 20
        yield f"{actor.name} to be captured", lambda: self._enabled("enrolSave"), 90
        if index == 0:
            self._picture("enrol-check")
        yield from self._click("enrolSave", lambda: self._visible("enrolTest"))
        self._camera.cue(DemoScene(who=None))
        print(f"enrolled {actor.name} ({actor.number})")

    @Slot(object)
    def follow_enrolment(self, view: EnrolView) -> None:
        """Take a picture of the first pose to the left."""
        if view.pose is Pose.LEFT and not (self._folder / "enrol-pose.png").exists():
            self._picture("enrol-pose")

    def _visit(self, name: str, scene: DemoScene) -> Script:
        for _ in range(TRIES):  # a person whose face a busy machine loses comes again
            yield from self._come(name, scene)
            if self._decisions[-1].reason is not Reason.TRACK_LOST:
                break

    def _come(self, name: str, scene: DemoScene) -> Script:
        before = len(self._decisions)
        self._camera.cue(scene)
        yield f"a decision ({name})", lambda: len(self._decisions) > before, 30
        shown = (DoorState.ACCEPTED, DoorState.REJECTED)
        yield "the answer on screen", lambda: self._view().state in shown, 15
        yield from self._pause(0.5)
        self._picture(name)
        self._camera.cue(DemoScene(who=None))
        yield "the door to be free again", lambda: self._view().state is DoorState.IDLE, 30

    def _export(self) -> Script:
        yield from self._click("door.staff", lambda: self._window.current == "sign_in")
        self._type("sign_in.name", tr("wizard.admin.default_name"))
        self._keys("sign_in.pin", PIN)
        self._picture("sign-in")
        yield from self._click("sign_in.submit", lambda: self._window.current == "admin")
        yield from self._pause(0.5)
        self._picture("people")
        yield from self._click("railLog", lambda: self._visible("logExport"))
        yield from self._pause(0.5)
        self._picture("log")
        self._press("logExport")
        yield "the export", lambda: any(self._exports.glob("*.csv")), 20
        self._exported = self._folder / "access-log.csv"
        export = next(self._exports.glob("*.csv"))
        shutil.copy(export, self._exported)
        shutil.copy(f"{export}.proof", f"{self._exported}.proof")
        self._picture("log-exported")

    def _sum_up(self) -> None:
        answers = [
            decision for decision in self._decisions if decision.reason is not Reason.TRACK_LOST
        ]
        visits = answers[:-1]
        photograph = answers[-1]
        accepted = [d for d in visits if d.accepted]
        unknown = [d for d in visits if d.outcome is Outcome.REJECT and d.reason is Reason.UNKNOWN]
        print(
            f"{len(accepted)} accepted, {len(unknown)} unknown; the printed photograph: "
            f"{photograph.outcome.value} {photograph.reason.value}"
        )
        right = (
            not photograph.accepted
            and [d.person_name for d in accepted] == [CAST[i].name for i in range(MEMBERS)]
            and len(unknown) == len(STRANGERS)
        )
        print(
            f"Pictures and {self._exported.name if self._exported else 'no log'} "
            f"are in {self._folder.resolve()}"
        )
        self.exit_code = 0 if right else 1

    # how it is driven

    @Slot()
    def _advance(self) -> None:
        try:
            if self._waiting is not None:
                what, reached, _ = self._waiting
                if not reached():
                    if time.monotonic() > self._deadline:
                        self._fail(f"waited too long for {what}")
                    return
            self._waiting = next(self._script)
            self._deadline = time.monotonic() + BUSY_FACTOR * self._waiting[2]
        except StopIteration:
            self._end()
        except Exception as error:
            log.exception("the tour broke off")
            self._fail(str(error))

    def _fail(self, why: str) -> None:
        print(f"The tour broke off: {why}. The screen as it was: {self._folder / 'broken-off.png'}")
        self._picture("broken-off")
        self._end()

    def _end(self) -> None:
        self._timer.stop()
        self.finished.emit()

    @Slot(object)
    def record_decision(self, decision: Decision) -> None:
        """Print a decision and go on with the script."""
        self._decisions.append(decision)
        print(line_of(decision), flush=True)

    @Slot(object)
    def engine_ready(self, _: object) -> None:
        """Begin with the script: the networks are loaded."""
        self._ready = True

    def _pause(self, seconds: float) -> Script:
        until = time.monotonic() + seconds
        yield "a moment", lambda: time.monotonic() >= until, seconds + 5

    def _click(self, name: str, then: Callable[[], bool]) -> Script:
        yield f"{name} to be shown", lambda: self._enabled(name), 10
        self._press(name)
        yield f"{name} to be answered", then, 15

    def _skips(self) -> list[QAbstractButton]:
        """Return the visible buttons that skip a step of the wizard."""
        buttons = self._window.findChildren(QAbstractButton)
        return [
            button
            for button in buttons
            if button.isVisible()
            and button.objectName().startswith("wizard.")
            and button.objectName().endswith(".skip")
        ]

    def _read_to_the_end(self) -> None:
        page = self._window.findChild(ConsentPage)
        assert page is not None, "the window has that page"
        page.area.verticalScrollBar().setValue(page.area.verticalScrollBar().maximum())

    def _press(self, name: str) -> None:
        widget = self._find(name)
        if widget is None:
            raise LookupError(f"there is no {name} on the screen")
        if isinstance(widget, QAbstractButton):
            widget.click()
        else:
            QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def _type(self, name: str, text: str) -> None:
        widget = self._find(name)
        line = (
            widget
            if isinstance(widget, QLineEdit)
            else widget.findChild(QLineEdit)
            if widget
            else None
        )
        if line is None:
            raise LookupError(f"there is no {name} to type into")
        line.setText(text)
        line.textEdited.emit(text)

    def _keys(self, name: str, keys: str) -> None:
        widget = self._find(name)
        if widget is None:
            raise LookupError(f"there is no {name} on the screen")
        QTest.keyClicks(widget, keys.rstrip("\r"))
        if keys.endswith("\r"):
            QTest.keyClick(widget, Qt.Key.Key_Return)

    def _find(self, name: str) -> QWidget | None:
        found = self._window.findChildren(QWidget, name)
        shown = [widget for widget in found if widget.isVisible()]
        return shown[0] if shown else None

    def _visible(self, name: str) -> bool:
        return self._find(name) is not None

    def _enabled(self, name: str) -> bool:
        widget = self._find(name)
        return widget is not None and widget.isEnabled()

    def _picture(self, name: str) -> None:
        self._window.grab().save(str(self._folder / f"{name}.png"))
