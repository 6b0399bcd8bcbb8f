"""The page of an administrator who forgot the PIN."""

from __future__ import annotations

from kiosk.ui.i18n import tr
from kiosk.ui.screens.system.pin_recovery_screen import PinRecoveryScreen
from tests.helpers.screens import click, find

PIN = "739164"


def test_each_way_sends_what_it_needs_and_nothing_stays(qtbot, shown):
    screen = shown(PinRecoveryScreen(), 1280, 800)
    screen.submit.click()
    assert find(screen, "pinRecoveryName.error").text() == tr("accounts.error.name_missing")
    screen.name.set_text("하나")
    screen.code.set_text("ABCDE-FGHJK")
    for field in (screen.pins.first, screen.pins.again):
        field.set_text(PIN)
    with qtbot.waitSignal(screen.codeGiven) as given:
        screen.submit.click()
    assert given.args == ["하나", "ABCDE-FGHJK", PIN]
    with qtbot.assertNotEmitted(screen.codeGiven):
        screen.submit.click()  # the first is not answered yet
    screen.show_error("error.recovery")
    assert screen.note.text() == tr("error.recovery")
    click(qtbot, screen, "pinRecoveryWay.admin")
    assert not screen.code.isVisible()
    screen.other.name.set_text("둘")
    screen.other.pin.set_text("582036")
    with qtbot.waitSignal(screen.adminGiven) as given:
        screen.submit.click()
    assert given.args == ["하나", "둘", "582036", PIN]
    screen.show_done()
    assert screen.name.text() == "" and screen.pins.pin() == ""
    screen.code.set_text("ABCDE")
    screen.hide()
    assert screen.code.text() == ""
