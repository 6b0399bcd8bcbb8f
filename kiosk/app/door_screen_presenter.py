"""The door's screens: what the camera sees, numbers, PINs and cards."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal, Slot

from kiosk.app.capture_thread import BGRAImage
from kiosk.app.engine_client import EngineClient
from kiosk.app.events import KioskEvents
from kiosk.app.navigation import Navigation
from kiosk.app.tasks import Tasks
from kiosk.core.config import CardsConfig, Config, UiConfig
from kiosk.core.door_state import DoorState
from kiosk.core.masking import masked_number
from kiosk.core.people import CredentialMode
from kiosk.core.view_models import DoorView
from kiosk.door.claims import Claim, Next
from kiosk.ui.card_reader_keys import CardReaderFilter, KeyBurstDetector
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.idle_screen import IdleScreen
from kiosk.ui.screens.door.number_screen import KeypadScreen, NumberScreen, PinScreen
from kiosk.ui.screens.door.way_out import Contact
from kiosk.ui.sounds import Sounds
from kiosk.ui.speech import Speaker

QUIET_SHARE = 0.25
"""Share of the time of an untouched keypad after which it counts down, or somebody else may come.
"""


class DoorScreenPresenter(QObject):
    """Shows the engine's views, and sends the engine what people type or show.

    ``view``: the door as last shown. Its signals may be emitted on any thread.
    """

    staffRequested = Signal()
    staffCalled = Signal()
    """Somebody at the door asks for the person in charge."""
    pinRequested = Signal(object)
    """A badge or card was read whose owner must enter the PIN: the ``Claim``."""

    def __init__(
        self,
        config: Config,
        window: MainWindow,
        navigation: Navigation,
        engine: EngineClient,
        tasks: Tasks,
        events: KioskEvents,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock``: seconds, monotonic."""
        super().__init__()
        self._clock = clock
        self._touched_at = clock()
        self._arrivals = 0
        self._window = window
        self._navigation = navigation
        self._engine = engine
        self._tasks = tasks
        self._events = events
        self._cards = config.cards
        self.view = DoorView()
        self.door = DoorScreen(config.door.name)
        self.idle = IdleScreen(config.door.name)
        self.number = NumberScreen()
        self.pin = PinScreen()
        window.add_screen("door", self.door)
        window.add_screen("idle", self.idle)
        for name, screen in (("number", self.number), ("pin", self.pin)):
            window.add_screen(name, screen, staff=True)  # left alone, it gives way to the door
        self.sounds = Sounds(enabled=config.ui.sound)
        self.speaker = Speaker(config.ui.speech)
        self.card_watch = CardReaderFilter(_bursts(self._cards), self._takes_cards)
        self.use_cards(config.cards)
        self.use_ui(config.ui)
        self._connect()

    def stop(self) -> None:
        """Stop reading cards and speaking."""
        self.card_watch.watch(False)
        self.speaker.stop()

    def use_cards(self, cards: CardsConfig) -> None:
        """Take other settings of the card reader from now on."""
        self._cards = cards
        self.card_watch.use(_bursts(cards), cards.needs_end)

    def use_ui(self, ui: UiConfig) -> None:
        """Take other settings of the door's screens from now on."""
        self._ui = ui
        self.sounds.enabled = ui.sound
        self.sounds.volume = ui.volume
        self.speaker.volume = ui.volume
        self.door.set_contact(Contact(ui.contact_name, ui.contact_phone))
        self.door.set_details(ui.door_details or self.view.demo)
        self.door.asked_s = ui.keypad_s

    def show(self, view: DoorView) -> None:
        """Show the door's state, and change between the door's screens accordingly."""
        if view.demo is not self.view.demo:
            self.door.set_details(self._ui.door_details or view.demo)
        self.view = view
        self._window.follow_door(view)
        if self._navigation.screen == "door":
            self.door.show_view(view)
            self.speaker.follow(view)
            self._events.doorShown.emit(view)
        elif self._keypad is not None:
            self._watch_keypad(self._keypad)

    def show_out_of_service(self, key: str) -> None:
        """Show that the door is out of service, for the reason of the message ``key``."""
        self.view = replace(self.view, service_key=key)
        self.door.show_view(replace(self.view, state=DoorState.OUT_OF_SERVICE))

    def show_frame(self, picture: BGRAImage) -> None:
        """Show a camera picture."""
        self.door.set_frame(picture)

    def tick(self, now: datetime) -> None:
        """Show the time; once a second."""
        self.door.set_now(now)
        self.idle.set_now(now)
        if self._keypad is not None:
            self._keypad.tick()
            self._watch_keypad(self._keypad)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is at the door."""
        return self.view.state is DoorState.IDLE and self.view.face is None

    def _connect(self) -> None:
        self.door.numberRequested.connect(self._ask_number)
        self.door.claimCancelled.connect(self._cancel_claim)
        self.door.lookAnswered.connect(self._answer_look)
        self.door.staffRequested.connect(self.staffRequested)
        self.door.staffCalled.connect(self.staffCalled)
        self._window.userActive.connect(self._touched)
        self._window.screenChanged.connect(self._screen_changed)
        self.number.submitted.connect(self._claim)
        self.number.cancelled.connect(self._navigation.to_door)
        self.pin.submitted.connect(self._enter_pin)
        self.pin.cancelled.connect(self._cancel_pin)
        self.idle.wakeRequested.connect(self._navigation.to_door)
        self.card_watch.cardRead.connect(self._read_card)
        self.pinRequested.connect(self._ask_card_pin)

    def _takes_cards(self) -> bool:
        return self._cards.reader and self._navigation.screen in ("door", "idle", "number")

    @Slot(str)
    def _screen_changed(self, name: str) -> None:
        if name == "idle":
            self.door.settle()
        elif name in ("number", "pin"):
            self._arrivals = self.view.arrivals
            self._touched()

    @Slot()
    def _touched(self) -> None:
        self._touched_at = self._clock()
        self.door.touched()
        if self._keypad is not None:
            self._keypad.show_time_left(None)

    @property
    def _keypad(self) -> KeypadScreen | None:
        """The keypad that is shown, if one is."""
        return {"number": self.number, "pin": self.pin}.get(self._navigation.screen)

    def _watch_keypad(self, keypad: KeypadScreen) -> None:
        """Leave a keypad that nobody touches: its time is up, or somebody else has come."""
        untouched = self._clock() - self._touched_at
        left = self._ui.keypad_s - untouched
        quiet = untouched >= self._ui.keypad_s * QUIET_SHARE
        somebody_else = self.view.arrivals != self._arrivals and self.view.face is not None
        if left <= 0 or (quiet and somebody_else):
            self._leave_keypad()
        elif quiet:
            keypad.show_time_left(math.ceil(left))

    def _leave_keypad(self) -> None:
        if self._navigation.screen == "pin":
            self._cancel_claim()
        self._navigation.to_door()

    @Slot()
    def _ask_number(self) -> None:
        self._navigation.leave_door("number")

    @Slot(str)
    def _claim(self, number: str) -> None:
        self._follow(self._engine.claim(number))

    @Slot(str)
    def _enter_pin(self, pin: str) -> None:
        self._follow(self._engine.enter_pin(pin))

    def _follow(self, answer: Future[Claim]) -> None:
        """Return to the door if the engine cannot answer; the door shows why."""
        self._tasks.watch(answer, self._follow_claim, lambda error: self._navigation.to_door())

    def _follow_claim(self, claim: Claim) -> None:
        """Ask for the PIN on its own screen; the door's screen shows everything else."""
        if self._navigation.screen not in ("number", "pin"):  # left before the answer came
            return
        if claim.next is Next.PIN:
            self._ask_pin(claim)
        elif claim.asks_again and self._navigation.screen == "number":
            self._ask_number_again(claim)
        else:
            self._navigation.go("door")

    def _ask_number_again(self, claim: Claim) -> None:
        """Leave what was typed on the keypad, with why it was not taken."""
        if claim.wait_s:
            self.number.wait(claim.wait_s)
        elif claim.reason is not None:
            self.number.correct(f"reason.{claim.reason.value}.title")

    def _ask_pin(self, claim: Claim) -> None:
        by_face = claim.person is None or claim.person.entry is CredentialMode.FACE
        self.pin.ask(masked_number(claim.number), face_follows=by_face)
        self._navigation.go("pin")
        if claim.reason is not None:
            self.pin.show_error(f"reason.{claim.reason.value}.next")

    @Slot(bool)
    def _answer_look(self, yes: bool) -> None:
        self._engine.answer_look(yes)

    @Slot()
    def _cancel_pin(self) -> None:
        self._leave_keypad()

    @Slot(str)
    def _read_card(self, code: str) -> None:
        self._navigation.go("door")
        self._engine.read_card(code)

    @Slot(object)
    def _ask_card_pin(self, claim: Claim) -> None:
        """Ask for the PIN, or drop the claim if another screen is in use."""
        if self._navigation.screen in ("door", "idle"):
            self._ask_pin(claim)
        else:
            self._cancel_claim()

    @Slot()
    def _cancel_claim(self) -> None:
        self._engine.cancel_claim()


def _bursts(cards: CardsConfig) -> KeyBurstDetector:
    return KeyBurstDetector(cards.gap_ms / 1000, cards.min_length)
