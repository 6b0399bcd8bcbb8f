"""Brightness, volume and the power menu."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.screens.system.level_control import LevelControl
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.confirm import Confirm
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.labels import Label

ACTIONS = ("restart_program", "restart_machine", "switch_off")
"""What the power menu may offer; each is asked about in place before it is done."""

DARKEST = 10
"""Smallest brightness that is offered, in per cent."""


class MachineCard(Card):
    """``powerChosen`` emits one of ``ACTIONS`` after the question was answered;
    ``brightnessChosen`` and ``volumeChosen`` emit per cent."""

    powerChosen = Signal(str)
    brightnessChosen = Signal(int)
    volumeChosen = Signal(int)

    def __init__(self) -> None:
        super().__init__(name="machineCard", gap=1.5)
        self._pending = ""
        self.brightness = LevelControl("machineBrightness", "machine.brightness", low=DARKEST)
        self.brightness.hide()
        self.volume = LevelControl("machineVolume", "machine.volume")
        self.buttons = {
            action: Button(f"machine.{action}", icon="refresh", name=f"machine.{action}")
            for action in ACTIONS
        }
        self.buttons["switch_off"].set_icon("power")
        self.note = Label("", wrap=True, name="machineNote")
        self.note.hide()
        self.confirm = Confirm(
            "machineConfirm", title="machine.sure", yes="machine.switch_off", no="common.cancel"
        )
        for item in (
            Label("machine.title", size=SIZES[2], bold=True, wrap=True),
            self.brightness,
            self.volume,
            _wrapping(list(self.buttons.values())),
            self.note,
            self.confirm,
        ):
            self.body.addWidget(item)
        for action, button in self.buttons.items():
            button.clicked.connect(partial(self._ask, action))
        self.confirm.confirmed.connect(self._confirmed)
        self.brightness.chosen.connect(self.brightnessChosen)
        self.volume.chosen.connect(self.volumeChosen)
        self.show_actions(())

    def reset(self) -> None:
        """Take the question back."""
        self._pending = ""
        self.confirm.hide()
        self.note.hide()

    def show_brightness(self, percent: int | None) -> None:
        """Show the brightness; ``None`` hides it, where it cannot be set."""
        self.brightness.setVisible(percent is not None)
        if percent is not None:
            self.brightness.set_level(percent)

    def show_volume(self, percent: int) -> None:
        """Show the volume of the kiosk's own sounds."""
        self.volume.set_level(percent)

    def show_actions(self, actions: Sequence[str]) -> None:
        """Offer what this machine can do."""
        for action, button in self.buttons.items():
            button.setVisible(action in actions)

    def show_doing(self) -> None:
        """Show that the machine obeys."""
        self._say("quiet", "machine.doing")

    def show_error(self, key: str, **values: object) -> None:
        """Show why nothing was done."""
        self._say("reject", key, **values)

    def _say(self, tone: str, key: str, **values: object) -> None:
        self.note.set_tone(tone)
        self.note.set_key(key, **values)
        self.note.show()

    def _ask(self, action: str) -> None:
        self.note.hide()
        self._pending = action
        self.confirm.yes.set_key(f"machine.{action}")
        self.confirm.ask(f"machine.ask.{action}")

    def _confirmed(self) -> None:
        action, self._pending = self._pending, ""
        if action:
            self.powerChosen.emit(action)


def _wrapping(widgets: Sequence[QWidget]) -> QWidget:
    """Place ``widgets`` side by side, and on further lines where they do not fit."""
    box = QWidget()
    box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    flow = FlowLayout()
    for widget in widgets:
        flow.addWidget(widget)
    box.setLayout(flow)
    return box
