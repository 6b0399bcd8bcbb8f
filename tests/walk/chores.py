"""The daily chores of students, staff and administrators, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kiosk.core.decisions import Decision
from kiosk.core.door_state import DoorState
from kiosk.core.view_models import DoorView
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.guide import DemoGuide
from kiosk.demo.synthetic_faces.cast import CAST, STRANGERS
from kiosk.ui.i18n import language, tr
from kiosk.ui.main_window import MainWindow
from kiosk.ui.theme import theme
from tests.walk.walker import Script, Walker

PIN = "482915"
MEMBER = {"ko": "김민지", "en": "Kim Minji"}
"""Who is enrolled, by the language of the screens."""
CAPTURE_S = 120.0
DECISION_S = 60.0


class Chores:
    """Each method is one chore, and leaves the kiosk where the next begins.

    ``view`` returns the door as last shown, ``decisions`` all of them; ``exports`` is the folder
    where exports go.
    """

    def __init__(
        self,
        walker: Walker,
        window: MainWindow,
        view: Callable[[], DoorView],
        decisions: list[Decision],
        camera: DemoCamera,
        guide: DemoGuide,
        exports: Path,
    ) -> None:
        self._walker = walker
        self._window = window
        self._view = view
        self._decisions = decisions
        self._camera = camera
        self._guide = guide
        self._exports = exports

    @property
    def _member(self) -> str:
        return MEMBER[language().code]

    def all(self) -> list[tuple[str, Callable[[], Script]]]:
        """The chores with their names, in the order in which they can be done."""
        return [
            ("set up the kiosk", self.set_up),
            ("enrol a person by face", self.enrol),
            ("find a person and stop them", self.stop_person),
            ("let them in again", self.resume_person),
            ("make an access QR", self.access_qr),
            ("register a card", self.card),
            ("open the door once", self.open_once),
            ("give a new group its hours", self.hours),
            ("see who may enter now", self.who),
            ("export the log of today", self.export_log),
            ("sign out", self.sign_out),
            ("make the text larger", self.larger_text),
            ("a member comes in", self.member),
            ("a stranger types a number", self.stranger),
            ("sign in", self.sign_in),
        ]

    def set_up(self) -> Script:
        """The first start: language, an administrator with a PIN, the camera."""
        walker = self._walker
        yield from walker.press("wizard.next", lambda: walker.visible("wizard.pin"))
        for _ in range(2):
            yield from walker.enter("wizard.pin", PIN)
            yield from walker.press("wizard.submit", lambda: True)
        yield from walker.wait("the next page", lambda: not walker.visible("wizard.pin"))
        for step in ("site", "clock", "lock", "recovery"):
            yield from walker.press(f"wizard.{step}.skip", lambda: True)
        yield from walker.press("wizard.start", lambda: self._window.current == "admin")

    def enrol(self) -> Script:
        """Number and name, the consents in the person's own hands, five poses, check, done."""
        walker, actor = self._walker, CAST[0]
        yield from walker.press("railEnrol", lambda: walker.visible("enrolNumber"))
        yield from walker.write("enrolNumber", actor.number)
        yield from walker.write("enrolName", self._member)
        yield from self._leave_keyboard()
        yield from walker.press("enrolNext", lambda: walker.visible("enrolHandOver"))
        yield from walker.press("enrolHandOver", lambda: walker.visible("consent.personal"))
        yield from walker.press("consent.personal", lambda: True)
        yield from walker.press("consent.face", lambda: walker.enabled("consentNext"))
        yield from walker.press("consentNext", lambda: walker.visible("handOver.pin"))
        self._guide.stand(0)
        yield from walker.enter("handOver.pin", PIN)
        yield from walker.press("handOverSubmit", lambda: walker.visible("enrolCoach"))
        yield from walker.wait("the capture", lambda: walker.enabled("enrolSave"), CAPTURE_S)
        yield from walker.press("enrolSave", lambda: walker.visible("enrolTest"), 30)
        self._camera.cue(DemoScene(who=None))

    def stop_person(self) -> Script:
        """People, the search, a row, stop."""
        walker = self._walker
        yield from walker.press("railPeople", lambda: walker.visible("peopleTable"))
        yield from walker.write("peopleSearch", self._member)
        yield from self._leave_keyboard()
        yield from walker.tap_row(
            "peopleTable", self._member, lambda: walker.visible("personEnable")
        )
        yield from self._switch()

    def resume_person(self) -> Script:
        """The same row again."""
        yield from self._switch()

    def _switch(self) -> Script:
        """Press the button that stops and resumes; its words tell that it was done."""
        before = self._walker.words("personEnable")
        yield from self._walker.press(
            "personEnable", lambda: self._walker.words("personEnable") != before
        )

    def access_qr(self) -> Script:
        """The same panel: make an access QR that a phone can read from the screen."""
        walker = self._walker
        yield from walker.press("badgeOpen", lambda: walker.visible("badgeMake"))
        yield from walker.press("badgeMake", lambda: walker.visible("badgeUntil"))
        yield from walker.press("badgeClose", lambda: not walker.visible("badgeMaker"))

    def card(self) -> Script:
        """The same panel: hold a card to the reader, which types its code."""
        walker = self._walker
        yield from walker.press("cardRegister", lambda: walker.visible("cardWaiting"))
        yield from walker.hold_card("04A1B2C3D4", lambda: walker.visible("cardRevoke2"))

    def hours(self) -> Script:
        """Access rules: a schedule with hours on every day, a group that has it, save."""
        walker = self._walker
        yield from walker.press("railRules", lambda: walker.visible("rulesTab.plans"))
        yield from walker.press("rulesTab.plans", lambda: walker.visible("planNew"))
        yield from walker.write("planNew", "office")
        yield from self._leave_keyboard()
        yield from walker.press("planNewAdd", lambda: walker.visible("blockAdd"))
        yield from walker.press("blockAdd", lambda: walker.visible("blockEndLater"))
        yield from walker.press("blockEndLater", lambda: True)
        yield from walker.press("blockToAll", lambda: True)
        yield from walker.press("rulesTab.groups", lambda: walker.visible("groupNew"))
        yield from walker.write("groupNew", "students")
        yield from self._leave_keyboard()
        chosen = "group.students.schedule.office"
        yield from walker.press("groupNewAdd", lambda: walker.visible(chosen))
        yield from walker.press(chosen, lambda: walker.visible("rulesSave"))
        yield from walker.press("rulesSave", lambda: not walker.visible("rulesSave"))

    def who(self) -> Script:
        """The same page: who may enter now."""
        walker = self._walker
        yield from walker.press("rulesTab.who", lambda: walker.visible("whoWhich.may"))

    def open_once(self) -> Script:
        """Door, open once, a reason, open."""
        walker = self._walker
        yield from walker.press("railLock", lambda: walker.visible("openOnce"))
        yield from walker.press("openOnce", lambda: walker.visible("openOnceReason.delivery"))
        yield from walker.press(
            "openOnceReason.delivery", lambda: walker.enabled("openOnceConfirmYes")
        )
        yield from walker.press(
            "openOnceConfirmYes", lambda: not walker.visible("openOnceConfirmYes")
        )

    def larger_text(self) -> Script:
        """The button at the door's top, twice: to the largest and, by the third, back."""
        walker = self._walker
        for _ in range(3):
            before = theme().text_scale
            yield from walker.press("textSize", lambda was=before: theme().text_scale != was)

    def export_log(self) -> Script:
        """Log, today, export."""
        walker = self._walker
        yield from walker.press("railLog", lambda: walker.enabled("logExport"))
        before = len(list(self._exports.glob("*.csv")))
        yield from walker.press(
            "logExport", lambda: len(list(self._exports.glob("*.csv"))) > before, 30
        )

    def sign_out(self) -> Script:
        """Back to the door."""
        yield from self._walker.press("railSignOut", lambda: self._window.current == "door")

    def member(self) -> Script:
        """Look at the camera."""
        yield from self._visit(0)

    def stranger(self) -> Script:
        """Look at the camera, and after the reject take the way out: the number pad."""
        walker = self._walker
        self._camera.cue(DemoScene(who=STRANGERS[0]))
        way_out = "door.decision.way_out.number"
        yield from walker.press(way_out, lambda: self._window.current == "number", DECISION_S)
        self._camera.cue(DemoScene(who=None))
        yield from walker.enter("number.entry", "209900001")
        yield from walker.press("number.cancel", lambda: self._window.current == "door")
        yield "the door to be free", lambda: self._view().state is DoorState.IDLE, DECISION_S

    def sign_in(self) -> Script:
        """Gear, name, PIN."""
        walker = self._walker
        yield from walker.press("door.staff", lambda: self._window.current == "sign_in")
        yield from walker.write("sign_in.name", tr("wizard.admin.default_name"))
        yield from self._leave_keyboard()
        yield from walker.enter("sign_in.pin", PIN)
        yield from walker.press("sign_in.submit", lambda: self._window.current == "admin")

    def _visit(self, who: int) -> Script:
        walker = self._walker
        before = len(self._decisions)
        self._camera.cue(DemoScene(who=who))
        yield from walker.wait("a decision", lambda: len(self._decisions) > before, DECISION_S)
        self._camera.cue(DemoScene(who=None))
        yield "the door to be free", lambda: self._view().state is DoorState.IDLE, DECISION_S

    def _leave_keyboard(self) -> Script:
        """Put the on-screen keyboard away where it is shown."""
        walker = self._walker
        if walker.visible("keyboard.hide"):
            yield from walker.press("keyboard.hide", lambda: not walker.visible("keyboard.hide"))
