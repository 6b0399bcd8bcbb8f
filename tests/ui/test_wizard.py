"""The first start: language, then the first administrator."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from kiosk.core.pin_patterns import easy_to_guess
from kiosk.core.view_models import Check, CheckLevel
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.system.wizard_screen import STEPS, WizardScreen, pin_fault
from kiosk.ui.theme import theme
from kiosk.ui.widgets.buttons import Button
from tests.helpers.screens import find
from tests.ui.conftest import LOOKS, clipped


@pytest.fixture
def screen(shown) -> WizardScreen:
    return shown(WizardScreen())


def click(qtbot, screen, name: str) -> None:
    qtbot.mouseClick(screen.findChild(Button, name), Qt.MouseButton.LeftButton)


def enter(qtbot, screen, pin: str) -> None:
    for digit in pin:
        click(qtbot, screen, f"wizard.pin.keypad.{digit}")
    click(qtbot, screen, "wizard.submit")


def test_wizard_by_touch(qtbot, screen):
    click(qtbot, screen, "wizard.language.en")
    click(qtbot, screen, "wizard.theme.light")
    assert (language().code, theme().name) == ("en", "light")
    click(qtbot, screen, "wizard.next")
    assert screen.name.text() == "Admin"  # set-up works without a keyboard
    enter(qtbot, screen, "482915")
    assert screen.which.text() == "Repeat PIN"
    with qtbot.waitSignal(screen.adminChosen) as emitted:
        enter(qtbot, screen, "482915")
    assert emitted.args == ["Admin", "482915"]
    screen.show_created(set_up_camera=True)
    for step in ("site", "clock"):
        click(qtbot, screen, f"wizard.{step}.skip")
    assert screen.camera.isVisible()
    with qtbot.waitSignal(screen.cameraLeft):
        click(qtbot, screen, "wizard.camera.next")
    for step in ("lock", "recovery"):
        click(qtbot, screen, f"wizard.{step}.next")
    assert screen.done_note.text().startswith("Admin is")
    with qtbot.waitSignal(screen.finished):
        click(qtbot, screen, "wizard.start")


def test_wizard_by_keyboard_with_a_custom_name(qtbot, screen):
    click(qtbot, screen, "wizard.next")
    screen.name.edit.selectAll()
    qtbot.keyClicks(screen.name.edit, "Grace")
    qtbot.keyClick(screen.name.edit, Qt.Key.Key_Return)
    qtbot.keyClicks(screen.entry, "482915")
    qtbot.keyClick(screen.entry, Qt.Key.Key_Return)
    qtbot.keyClicks(screen.entry, "482915")
    with qtbot.waitSignal(screen.adminChosen) as emitted:
        qtbot.keyClick(screen.entry, Qt.Key.Key_Return)
    assert emitted.args == ["Grace", "482915"]


def test_custom_name_survives_a_language_change(qtbot, screen):
    screen.name.set_text("홍길동")
    language().use("en")
    assert screen.name.text() == "홍길동"


def test_without_a_real_camera_its_page_is_left_out(screen):
    opened = []
    screen.stepOpened.connect(opened.append)
    screen.show_created(set_up_camera=False)
    for step in ("site", "clock", "lock", "recovery"):
        screen.findChild(Button, f"wizard.{step}.skip").click()
    assert opened == ["site", "clock", "lock", "recovery", "done"]
    assert screen.done_note.isVisible()


def test_what_is_typed_of_the_site_is_saved_before_the_next_step(qtbot, screen):
    screen.show_created(set_up_camera=False)
    screen.site.show_values("연구실", "", "")
    screen.site.fields["ui.contact_phone"].set_text("02-123-4567")
    with qtbot.waitSignal(screen.site.saved) as saved:
        click(qtbot, screen, "wizard.site.next")
    assert saved.args == [
        {"door.name": "연구실", "ui.contact_name": "", "ui.contact_phone": "02-123-4567"}
    ]
    assert screen.site.isVisible(), "until it is saved"
    screen.site.show_error("setting.error.text")
    assert screen.site.note.text() == tr("setting.error.text") and screen.site.next.isEnabled()


def test_a_recovery_code_is_shown_once_and_another_one_is_asked_about(qtbot, screen):
    screen.show_created(set_up_camera=False)
    screen.go(STEPS.index("recovery"))
    with qtbot.waitSignal(screen.recovery.codeWanted):
        click(qtbot, screen, "wizard.recovery.make")
    screen.recovery.show_code("ABCDE-FGHJK-M")
    assert find(screen, "wizard.recovery.codeText").text() == "ABCDE-FGHJK-M"
    click(qtbot, screen, "wizard.recovery.codeDone")
    assert not screen.recovery.code.code.isVisible() and not screen.recovery.code.take.isVisible()
    find(screen, "wizard.recovery.codeGroup").setText("WRONG")
    click(qtbot, screen, "wizard.recovery.codeCheck")
    assert screen.recovery.code.pending and find(screen, "wizard.recovery.codeGroup.error").text()
    click(qtbot, screen, "wizard.recovery.codeAgain")
    assert find(screen, "wizard.recovery.codeText").text() == "ABCDE-FGHJK-M"
    for button in ("wizard.recovery.next", "wizard.recovery.skip"):
        click(qtbot, screen, button)
        assert STEPS[screen.pages.currentIndex()] == "recovery", "asked first"
        assert screen.recovery.unsaved.isVisible()
    screen.recovery.code._pick = lambda groups: groups - 1
    click(qtbot, screen, "wizard.recovery.codeDone")
    find(screen, "wizard.recovery.codeGroup").setText("fghjk")
    click(qtbot, screen, "wizard.recovery.codeCheck")
    assert not screen.recovery.code.pending and not screen.recovery.stick.isVisible()
    click(qtbot, screen, "wizard.recovery.next")
    assert STEPS[screen.pages.currentIndex()] == "done"
    screen.start_again(set_up_camera=False)
    screen.go(STEPS.index("recovery"))
    with qtbot.assertNotEmitted(screen.recovery.codeWanted):
        click(qtbot, screen, "wizard.recovery.make")
    assert screen.recovery.confirm.isVisible()


def test_the_clock_and_the_lock_show_what_was_found(qtbot, screen):
    screen.show_created(set_up_camera=False)
    with qtbot.waitSignal(screen.clock.checkWanted):
        screen.go(STEPS.index("clock"))
    screen.clock.show_checks([Check("clock", CheckLevel.WARNING, "late", "set it")])
    screen.clock.show_checks([Check("zone", CheckLevel.OK, "Asia/Seoul")])
    assert [row.objectName() for row in screen.clock._shown] == ["check.zone"]
    screen.go(STEPS.index("lock"))
    with qtbot.waitSignal(screen.lock.testWanted):
        click(qtbot, screen, "wizard.lock.test")
    assert not screen.lock.test.isEnabled()
    screen.lock.show_opened()
    assert screen.lock.note.text() == tr("wizard.lock.opened") and screen.lock.test.isEnabled()


def test_different_pins_start_over(qtbot, screen):
    click(qtbot, screen, "wizard.next")
    enter(qtbot, screen, "482915")
    with qtbot.assertNotEmitted(screen.adminChosen):
        enter(qtbot, screen, "482916")
    assert "다릅니다" in screen.entry.error.text()
    assert screen.which.text() == "새 PIN"


@pytest.mark.parametrize(
    ("pin", "words"), [("4829", "6~12"), ("123456", "쉬운"), ("000000", "쉬운")]
)
def test_bad_pins_are_refused_at_once(qtbot, screen, pin, words):
    click(qtbot, screen, "wizard.next")
    enter(qtbot, screen, pin)
    assert words in screen.entry.error.text() and screen.which.text() == "새 PIN"


def test_a_name_is_needed(qtbot, screen):
    click(qtbot, screen, "wizard.next")
    screen.name.edit.clear()
    enter(qtbot, screen, "482915")
    assert screen.name.error.text() == "이름을 입력해 주세요."


def test_error_from_the_owner(qtbot, screen):
    click(qtbot, screen, "wizard.next")
    screen.show_error("error.admin_exists")
    assert screen.entry.error.text() == "관리자가 이미 있습니다. 로그인해 주세요."


def test_back_clears_the_pin(qtbot, screen):
    click(qtbot, screen, "wizard.next")
    enter(qtbot, screen, "482915")
    click(qtbot, screen, "wizard.back")
    click(qtbot, screen, "wizard.next")
    assert screen.which.text() == "새 PIN"


@pytest.mark.parametrize(
    "pin", ["111111", "123456", "987654", "890123", "121212", "123123", "7777777777"]
)
def test_easy_pins(pin):
    assert pin_fault(pin) == "wizard.error.trivial"


@pytest.mark.parametrize("pin", ["", "12345", "1" * 13, "48a915", "４８２９１５", "-48291"])
def test_invalid_pins(pin):
    assert pin_fault(pin) == "wizard.error.short"


@given(st.integers(0, 9), st.sampled_from([0, 1, 9]), st.integers(6, 12))
def test_every_digit_run_is_too_simple(first, step, length):
    pin = "".join(str((first + step * index) % 10) for index in range(length))
    assert pin_fault(pin) == "wizard.error.trivial"


@given(st.text(alphabet="0123456789", min_size=6, max_size=12))
def test_the_screen_refuses_what_the_store_refuses(pin):
    assert (pin_fault(pin) == "wizard.error.trivial") == easy_to_guess(pin)


@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)], ids=["landscape", "portrait"])
@pytest.mark.parametrize(("code", "name"), LOOKS)
def test_every_page_fits_and_paints(screen, qapp, size, code, name):
    language().use(code)
    theme().use(name)
    screen.resize(*size)
    for page in range(4):
        screen.go(page)
        if page == 1:
            screen.show_error("wizard.error.different")
        screen.done_note.set_key("wizard.done.note", name="Ada Lovelace")
        qapp.processEvents()
        assert clipped(screen) == [], page
        assert screen.size().toTuple() == size
        assert not screen.grab().isNull()
