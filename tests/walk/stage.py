"""What every chore works with: the kiosk, what operates it, and who stands at the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.app.runtime import Runtime
from kiosk.core.decisions import Decision
from kiosk.core.door_state import DoorState
from kiosk.demo.demo_camera import DemoCamera, DemoScene
from kiosk.demo.guide import DemoGuide
from kiosk.ui.i18n import language
from tests.walk.walker import Script, Walker

NAMES = {
    "ko": {"member": "김민지", "visitor": "박서준", "other": "이하늘"},
    "en": {"member": "Kim Minji", "visitor": "Park Seojun", "other": "Lee Haneul"},
}
"""Who comes to the kiosk, by the language of the screens."""
PIN, NEW_PIN, DOOR_PIN = "482915", "739164", "628517"
"""The administrator's before and after it was forgotten, and the visitor's for the door."""
DECISION_S = 60.0


@dataclass
class Stage:
    """``exports`` is the folder where exports go, ``stick`` that of the USB stick."""

    walker: Walker
    runtime: Runtime
    camera: DemoCamera
    guide: DemoGuide
    exports: Path
    stick: Path
    decisions: list[Decision] = field(default_factory=list)
    pin: str = PIN
    """The administrator's present PIN."""
    code: str = ""
    """The recovery code, once it was made."""


class ChoreGroup:
    """Chores about one subject; each is a method, and leaves the kiosk where the next begins."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.walker = stage.walker

    def name(self, who: str) -> str:
        """A person's name as it is written in the language of the screens."""
        return NAMES[language().code][who]

    def shown(self, screen: str) -> Callable[[], bool]:
        """Whether the window shows ``screen``."""
        return lambda: self.stage.runtime.window.current == screen

    def fill_in(self, name: str, text: str) -> Script:
        """Write ``text`` and put the on-screen keyboard away where it is shown."""
        walker = self.walker
        yield from walker.write(name, text)
        if walker.visible("keyboard.hide"):
            yield from walker.press("keyboard.hide", lambda: not walker.visible("keyboard.hide"))

    def open_page(self, rail: str, then: str) -> Script:
        """Press a button of the rail; ``then``: what the page shows."""
        yield from self.walker.press(rail, lambda: self.walker.visible(then))

    def empty_door(self) -> Script:
        """Let whoever stands at the door leave, and wait until the door is free."""
        self.stage.camera.cue(DemoScene(who=None))
        free = self.stage.runtime
        yield "the door to be free", lambda: free.view.state is DoorState.IDLE, DECISION_S

    def sign_in_with(self, name: str) -> Script:
        """On the page for it, the name and the present PIN."""
        walker = self.walker
        yield from self.fill_in("sign_in.name", name)
        yield from walker.enter("sign_in.pin", self.stage.pin)
        yield from walker.press("sign_in.submit", self.shown("admin"))
