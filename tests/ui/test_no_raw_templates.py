"""No screen shows or reads out the template of a message before its values arrive."""

from __future__ import annotations

import re
from functools import partial

import pytest
from PySide6.QtWidgets import QWidget

from kiosk.ui.screens.consent.hand_over_screen import HandOverScreen
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.screens.system.pin_recovery_screen import PinRecoveryScreen
from kiosk.ui.screens.system.recovery_screen import RecoveryScreen
from kiosk.ui.screens.system.sign_in_screen import SignInScreen
from kiosk.ui.screens.system.wizard_screen import WizardScreen
from tests.helpers.screens import admin_with_every_page

TEMPLATE = re.compile(r"\{[a-z_]+(:[^}]*)?\}")
SAID = ("text", "accessibleName", "placeholderText", "toolTip")
SCREENS = (
    admin_with_every_page,
    partial(DoorScreen, "문지기"),
    HandOverScreen,
    NumberScreen,
    PinRecoveryScreen,
    PinScreen,
    RecoveryScreen,
    SignInScreen,
    WizardScreen,
)


def said(widget: QWidget) -> list[str]:
    return [words() for name in SAID if callable(words := getattr(widget, name, None))]


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_without_data_shows_no_template(qtbot, screen):
    built = screen()
    qtbot.addWidget(built)
    shown = [
        (widget.objectName(), words)
        for widget in (built, *built.findChildren(QWidget))
        for words in said(widget)
        if isinstance(words, str) and TEMPLATE.search(words)
    ]
    assert shown == []
