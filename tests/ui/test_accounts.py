"""Accounts: adding, PINs, and keeping at least one administrator."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLineEdit

from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole
from kiosk.core.view_models import AccountsPage
from kiosk.ui.i18n import language, tr
from kiosk.ui.screens.settings.accounts_screen import AccountsScreen
from kiosk.ui.theme import theme
from kiosk.ui.widgets.forms.pin_fields import pin_problem
from kiosk.ui.widgets.table.paged_table import ROW_HEIGHT
from tests.helpers.screens import click, find
from tests.ui.conftest import clipped, touch_header

BOSS = Account("관리자", AccountRole.ADMIN, id=1)
HELPER = Account("김조교", AccountRole.STAFF, id=2)
OTHER = Account("Ada", AccountRole.ADMIN, id=3)
GONE = Account("옛 조교", AccountRole.STAFF, enabled=False, id=4)


@pytest.fixture
def screen(shown) -> AccountsScreen:
    theme().reduced_motion = True
    made = shown(AccountsScreen(), 1064, 800)
    made.set_account(BOSS)
    made.show_page(AccountsPage((BOSS, HELPER, GONE)))
    return made


def open_row(qtbot, screen: AccountsScreen, row: int) -> None:
    qtbot.mouseClick(
        screen.table.view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(40, row * ROW_HEIGHT + 20),
    )


def fill_in(
    qtbot, screen: AccountsScreen, name: str = "Grace", pin: str = "482915", again: str = "482915"
) -> None:
    click(qtbot, screen, "accountAdd")
    qtbot.keyClicks(find(screen, "accountName"), name)
    qtbot.keyClicks(find(screen, "accountPin"), pin)
    qtbot.keyClicks(find(screen, "accountPinAgain"), again)


@pytest.mark.parametrize(
    ("pin", "problem"),
    [
        ("482915", ""),
        ("12345", "accounts.error.pin_digits"),
        ("1234567890123", "accounts.error.pin_digits"),
        ("48291a", "accounts.error.pin_digits"),
        ("٤٨٢٩١٥", "accounts.error.pin_digits"),
        ("000000", "accounts.error.pin_simple"),
        ("123456", "accounts.error.pin_simple"),
        ("987654", "accounts.error.pin_simple"),
        ("890123", "accounts.error.pin_simple"),
    ],
)
def test_pin_rules(pin, problem):
    assert pin_problem(pin) == problem


def test_an_account_is_added(qtbot, screen):
    fill_in(qtbot, screen)
    click(qtbot, screen, "accountRole.admin")
    with qtbot.waitSignal(screen.added) as added:
        click(qtbot, screen, "accountCreate")
    assert added.args == ["Grace", AccountRole.ADMIN, "482915", "", ""]
    assert not find(screen, "accountCreate").isEnabled()
    screen.show_page(AccountsPage((BOSS, HELPER, GONE, Account("Grace", AccountRole.ADMIN, id=9))))
    assert not screen.panel.isVisible()
    assert screen.model.rowCount() == 4


def test_pin_is_hidden_and_cleared(qtbot, screen):
    fill_in(qtbot, screen)
    edit = find(screen, "accountPin")
    assert isinstance(edit, QLineEdit) and edit.echoMode() is QLineEdit.EchoMode.Password
    click(qtbot, screen, "accountPanelClose")
    click(qtbot, screen, "accountAdd")
    assert find(screen, "accountPin").text() == ""


def test_pin_field_accepts_digits_only(qtbot, screen):
    fill_in(qtbot, screen, pin="4a8 29-15")
    assert find(screen, "accountPin").text() == "482915"


@pytest.mark.parametrize(
    ("name", "pin", "again", "field", "key"),
    [
        ("  ", "482915", "482915", "accountName", "accounts.error.name_missing"),
        ("Ada", "4829", "4829", "accountPin", "accounts.error.pin_digits"),
        ("Ada", "111111", "111111", "accountPin", "accounts.error.pin_simple"),
        ("Ada", "482915", "482916", "accountPinAgain", "accounts.error.pin_differs"),
    ],
)
def test_input_errors_are_shown_below_their_field(qtbot, screen, name, pin, again, field, key):
    fill_in(qtbot, screen, name, pin, again)
    with qtbot.assertNotEmitted(screen.added):
        click(qtbot, screen, "accountCreate")
    assert find(screen, f"{field}.error").text() == tr(key, least=6, most=12)


def test_taken_name_is_refused_without_a_request(qtbot, screen):
    click(qtbot, screen, "accountAdd")
    find(screen, "accountName").setText("김조교")
    with qtbot.assertNotEmitted(screen.added):
        click(qtbot, screen, "accountCreate")
    assert find(screen, "accountName.error").text() == tr("accounts.error.name_taken")


def test_errors_are_shown_below_the_matching_field(qtbot, screen):
    fill_in(qtbot, screen)
    click(qtbot, screen, "accountCreate")
    screen.show_error("accounts.error.name_taken")
    assert find(screen, "accountName.error").text() == tr("accounts.error.name_taken")
    assert find(screen, "accountCreate").isEnabled()
    screen.show_error("accounts.error.pin_simple")
    assert find(screen, "accountPin.error").text() == tr("accounts.error.pin_simple")
    screen.show_error("accounts.intro")
    assert find(screen, "accountNewError").text() == tr("accounts.intro")


def test_pin_is_changed_by_keyboard(qtbot, screen):
    open_row(qtbot, screen, 1)
    qtbot.keyClicks(find(screen, "accountNewPin"), "739164")
    qtbot.keyClicks(find(screen, "accountNewPinAgain"), "739164")
    with qtbot.waitSignal(screen.pinChosen) as chosen:
        qtbot.keyClick(find(screen, "accountNewPinAgain"), Qt.Key.Key_Return)
    assert chosen.args == [2, "739164", "", ""]
    screen.show_page(AccountsPage((BOSS, HELPER, GONE)))
    assert find(screen, "accountNote").text() == tr("accounts.panel.pin_given")
    assert find(screen, "accountNewPin").text() == ""


def test_disabling_asks_for_confirmation_and_enabling_does_not(qtbot, screen):
    open_row(qtbot, screen, 1)
    click(qtbot, screen, "accountEnable")
    assert "김조교" in find(screen, "accountDisableConfirmText").text()
    with qtbot.waitSignal(screen.enabledChosen) as chosen:
        click(qtbot, screen, "accountDisableConfirmYes")
    assert chosen.args == [2, False, "", ""]
    open_row(qtbot, screen, 2)
    with qtbot.waitSignal(screen.enabledChosen) as chosen:
        click(qtbot, screen, "accountEnable")
    assert chosen.args == [4, True, "", ""]


def test_ones_own_pin_asks_for_the_present_one(qtbot, screen):
    screen.show_page(AccountsPage((BOSS, HELPER, OTHER), two_admins=True))
    open_row(qtbot, screen, 0)
    assert not screen.details.second.isVisible()
    qtbot.keyClicks(find(screen, "accountOldPin"), "482915")
    qtbot.keyClicks(find(screen, "accountNewPin"), "739164")
    qtbot.keyClicks(find(screen, "accountNewPinAgain"), "739164")
    with qtbot.waitSignal(screen.ownPinChosen) as chosen:
        click(qtbot, screen, "accountSetPin")
    assert chosen.args == ["482915", "739164"]
    screen.show_page(AccountsPage((BOSS, HELPER, OTHER), two_admins=True))
    assert find(screen, "accountNote").text() == tr("accounts.panel.pin_set")
    open_row(qtbot, screen, 1)
    assert not screen.details.old.isVisible()


def test_a_second_administrator_is_asked_for_while_two_are_needed(qtbot, screen):
    screen.show_page(AccountsPage((BOSS, HELPER, OTHER), two_admins=True))
    fill_in(qtbot, screen)
    assert not screen.new.second.isVisible(), "staff are made by one"
    click(qtbot, screen, "accountRole.admin")
    qtbot.keyClicks(find(screen, "accountSecondName"), "Ada")
    qtbot.keyClicks(find(screen, "accountSecondPin"), "582036")
    with qtbot.waitSignal(screen.added) as added:
        click(qtbot, screen, "accountCreate")
    assert added.args == ["Grace", AccountRole.ADMIN, "482915", "Ada", "582036"]
    screen.show_error("error.approver_new", name="Ada")
    assert "Ada" in find(screen, "accountNewError").text()
    assert find(screen, "accountSecondPin").text() == "", "no PIN stays on the screen"
    click(qtbot, screen, "accountPanelClose")
    open_row(qtbot, screen, 2)
    qtbot.keyClicks(find(screen, "accountSecondForName"), "Ada")
    qtbot.keyClicks(find(screen, "accountSecondForPin"), "582036")
    click(qtbot, screen, "accountEnable")
    with qtbot.waitSignal(screen.enabledChosen) as chosen:
        click(qtbot, screen, "accountDisableConfirmYes")
    assert chosen.args == [3, False, "Ada", "582036"]


def test_the_last_administrator_cannot_be_disabled(qtbot, screen):
    open_row(qtbot, screen, 0)
    assert not find(screen, "accountEnable").isEnabled()
    assert find(screen, "accountFixed").text() == tr("accounts.last_admin")


def test_signed_in_account_cannot_be_disabled(qtbot, screen):
    screen.show_page(AccountsPage((BOSS, OTHER)))
    open_row(qtbot, screen, 0)
    assert find(screen, "accountFixed").text() == tr("accounts.panel.yourself")
    open_row(qtbot, screen, 1)
    assert find(screen, "accountEnable").isEnabled()


def test_empty_list_and_error_are_shown(screen):
    screen.show_page(AccountsPage())
    assert find(screen, "accountsTableEmptyTitle").text() == tr("accounts.empty.title")
    screen.show_error("accounts.intro")
    assert find(screen, "accountsError").text() == tr("accounts.intro")


@pytest.mark.parametrize("code", language_codes())
@pytest.mark.parametrize("size", [(1064, 800), (864, 1920)])
def test_no_text_is_clipped(qtbot, shown, code, size):
    language().use(code)
    theme().reduced_motion = True
    screen = shown(AccountsScreen(), *size)
    screen.show_page(AccountsPage((BOSS, HELPER)))
    click(qtbot, screen, "accountAdd")
    click(qtbot, screen, "accountCreate")
    assert clipped(screen) == []
    open_row(qtbot, screen, 0)
    assert clipped(screen) == []


def test_touching_a_header_sorts_the_list(qtbot, screen):
    def names() -> list[str]:
        return [screen.model.row(number).name for number in range(screen.model.total)]

    assert names() == ["관리자", "김조교", "옛 조교"]
    touch_header(qtbot, screen, 0)
    touch_header(qtbot, screen, 0)
    assert names() == ["옛 조교", "김조교", "관리자"]
    touch_header(qtbot, screen, 1)
    assert names() == ["관리자", "김조교", "옛 조교"]
