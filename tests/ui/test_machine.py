"""Brightness, volume and the power menu on the System page, and the volume of the tones."""

from __future__ import annotations

import wave
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from kiosk.app.staff.machine_presenter import MachinePresenter
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.languages import language_codes
from kiosk.services.machine_service import MachineService, PowerAction
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.system.machine_card import ACTIONS, MachineCard
from kiosk.ui.sounds import Sounds, sound_file
from kiosk.ui.theme import theme
from tests.helpers.access import MemoryAudit
from tests.helpers.staff_context import ImmediateWorker, staff_context
from tests.ui.conftest import clipped


class Settings(QObject):
    """Stands in for the settings in use and for their presenter."""

    changed = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.value = Config()

    def change(self, texts: dict[str, str], _failed: object) -> None:
        before = self.value
        ui = replace(before.ui, volume=int(texts["ui.volume"]))
        self.value = replace(before, ui=ui)
        self.changed.emit(before, self.value)


class Screen:
    """A backlight in memory."""

    percent: int | None = 50

    def level(self) -> int | None:
        return self.percent

    def set_level(self, percent: int) -> None:
        self.percent = percent


@pytest.fixture
def site(qtbot) -> SimpleNamespace:
    made = SimpleNamespace(
        card=MachineCard(),
        context=staff_context(),
        screen=Screen(),
        settings=Settings(),
        switched=[],
        restarts=[],
        samples=[],
        error=None,
    )
    qtbot.addWidget(made.card)

    def switch(action: PowerAction) -> None:
        if made.error:
            raise made.error
        made.switched.append(action)

    service = MachineService(MemoryAudit(), made.screen, switch, lambda: True)
    made.presenter = MachinePresenter(
        made.card,
        made.context,
        service,
        made.settings,  # type: ignore[arg-type]
        made.settings,  # type: ignore[arg-type]
        made.restarts.append,
        lambda: made.samples.append(1),
    )
    made.presenter._worker = ImmediateWorker()  # type: ignore[assignment]
    made.context.navigation.pageOpened.emit("system")
    return made


def test_the_menu_offers_what_the_machine_can_do():
    assert set(ACTIONS) == {action.value for action in PowerAction}


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_happens_before_the_question_is_answered(site, action: str):
    site.card.buttons[action].click()
    assert site.switched == site.restarts == []
    assert site.card.confirm.text.text() == tr(f"machine.ask.{action}")
    site.card.confirm.no.click()
    assert site.switched == site.restarts == []
    site.card.buttons[action].click()
    site.card.confirm.confirmed.emit()
    assert len(site.restarts) == (action == "restart_program")
    assert site.switched == [PowerAction(action)] * (action != "restart_program")


def test_a_refusal_is_said(site):
    site.error = KioskError("no", key="error.power")
    site.card.buttons["switch_off"].click()
    site.card.confirm.confirmed.emit()
    assert site.card.note.text() == tr("error.power")


def test_brightness_is_hidden_where_there_is_none_and_set_once_touches_settle(site):
    control = site.card.brightness
    assert control.isVisibleTo(site.card) and control.level == 50
    control.more.click()
    control.more.click()
    assert site.screen.percent == 50, "not at each touch"
    control.settle()
    assert site.screen.percent == 70
    for _ in range(9):
        control.less.click()
    assert control.level == 10 and not control.less.isEnabled(), "a black screen has no way back"
    control.settle()
    site.screen.percent = None
    site.context.navigation.pageOpened.emit("system")
    assert not control.isVisibleTo(site.card)


def test_the_volume_is_a_setting_and_is_heard(site):
    site.card.volume.less.click()
    site.card.volume.settle()
    assert site.settings.value.ui.volume == 90 and site.samples == [1]
    site.settings.change({"ui.volume": "30"}, None)
    assert site.card.volume.level == 30


@pytest.mark.parametrize("code", language_codes())
def test_everything_fits_a_small_glass(shown, qapp, code: str):
    language().use(code)
    theme().set_glass(800, 480)
    card = shown(MachineCard(), 640, 480)
    card.show_actions(ACTIONS)
    card.show_brightness(50)
    card.buttons["switch_off"].click()
    for _ in range(3):
        qapp.processEvents()
    assert clipped(card) == []


# the tones


def _loudest(file: str) -> int:
    with wave.open(file) as sound:
        return int(np.abs(np.frombuffer(sound.readframes(sound.getnframes()), np.int16)).max())


def test_tones_are_played_at_the_volume(qapp, monkeypatch: pytest.MonkeyPatch):
    played: list[str] = []
    monkeypatch.setattr("kiosk.ui.sounds.find_player", lambda: ("player", ()))
    monkeypatch.setattr(
        Sounds, "_start", lambda self, program, options, path: not played.append(str(path))
    )
    sounds = Sounds()
    sounds.play("accept")
    assert played == [str(sound_file("accept"))]
    full = _loudest(played[0])
    sounds.volume = 50
    sounds.play("accept")
    assert _loudest(played[1]) == pytest.approx(full / 2, rel=0.01)
    sounds.volume = 0
    sounds.play("accept")
    assert len(played) == 2, "silent"
    sounds.volume = 100
    sounds.play("accept")
    assert played[2] == played[0]
