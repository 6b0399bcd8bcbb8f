"""At the door, and on the way into the staff area."""

from __future__ import annotations

from kiosk.demo.demo_camera import DemoScene
from kiosk.demo.synthetic_faces.cast import STRANGERS
from kiosk.ui.i18n import tr
from kiosk.ui.theme import theme
from tests.walk.stage import DECISION_S, NEW_PIN, ChoreGroup
from tests.walk.walker import Script


class DoorChores(ChoreGroup):
    """On the screens that everybody sees."""

    def sign_out(self) -> Script:
        """Back to the door."""
        yield from self.walker.press("railSignOut", self.shown("door"))

    def larger_text(self) -> Script:
        """The button at the door's top, twice: to the largest and, by the third, back."""
        for _ in range(3):
            before = theme().text_scale
            yield from self.walker.press("textSize", lambda was=before: theme().text_scale != was)

    def member(self) -> Script:
        """Look at the camera, and be let in."""
        decisions = self.stage.decisions
        before = len(decisions)
        self.stage.camera.cue(DemoScene(who=0))
        yield from self.walker.wait(
            "being let in", lambda: any(one.accepted for one in decisions[before:]), DECISION_S
        )
        yield from self.empty_door()

    def stranger(self) -> Script:
        """Look at the camera, and after the reject take the way out: the number pad."""
        walker = self.walker
        self.stage.camera.cue(DemoScene(who=STRANGERS[0]))
        way_out = "door.decision.way_out.number"
        yield from walker.press(way_out, self.shown("number"), DECISION_S)
        self.stage.camera.cue(DemoScene(who=None))
        yield from walker.enter("number.entry", "209900001")
        yield from walker.press("number.cancel", self.shown("door"))
        yield from self.empty_door()

    def forgotten_pin(self) -> Script:
        """Gear, forgotten, name and recovery code, another PIN twice; then sign in with it."""
        walker, name = self.walker, tr("wizard.admin.default_name")
        yield from walker.press("door.staff", self.shown("sign_in"))
        yield from walker.press("sign_in.forgot", lambda: walker.visible("pinRecoveryName"))
        yield from walker.write("pinRecoveryName", name)
        yield from walker.write("pinRecoveryCode", self.stage.code)
        yield from walker.write("pinRecoveryPin", NEW_PIN)
        yield from self.fill_in("pinRecoveryPinAgain", NEW_PIN)
        yield from walker.press(
            "pinRecoverySubmit",
            lambda: walker.label("pinRecoveryNote") == tr("pin_recovery.done"),
            60,
        )
        self.stage.pin = NEW_PIN
        yield from walker.press("pinRecoveryBack", self.shown("sign_in"))
        yield from walker.press("sign_in.cancel", self.shown("door"))

    def sign_in(self) -> Script:
        """Gear, name, PIN."""
        yield from self.walker.press("door.staff", self.shown("sign_in"))
        yield from self.sign_in_with(tr("wizard.admin.default_name"))
