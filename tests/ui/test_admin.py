"""The rail: what each role sees, the pages it opens, and clearing at sign-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QTableView, QWidget

from kiosk.core.languages import language_codes
from kiosk.core.people import Account, AccountRole, Person
from kiosk.core.view_models import PeoplePage
from kiosk.ui.catalogue import catalogue
from kiosk.ui.i18n import language
from kiosk.ui.screens.system.admin_screen import PAGES, AdminScreen
from kiosk.ui.theme import style_sheet, theme
from tests.ui.conftest import LOOKS, clipped

ADMIN = Account("관리자", AccountRole.ADMIN, id=1)
STAFF = Account("김조교", AccountRole.STAFF, id=2)


@pytest.fixture(scope="module")
def built(qapp: QApplication) -> Iterator[AdminScreen]:
    """The screen of the whole file: it takes a second to build."""
    made = AdminScreen()
    made.setStyleSheet(style_sheet(theme().tokens))
    made.resize(1280, 800)
    yield made
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def screen(built: AdminScreen, qapp: QApplication) -> AdminScreen:
    theme().reduced_motion = True
    built.show()
    built.set_account(ADMIN)  # also clears what the test before has left
    built.page("people")
    qapp.processEvents()
    return built


def click(qtbot, screen: QWidget, name: str) -> None:
    button = screen.findChild(QAbstractButton, name)
    assert button.isVisible(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("name", list(PAGES))
def test_rail_opens_every_page(qtbot, screen, name):
    with qtbot.waitSignal(screen.pageOpened) as opened:
        click(qtbot, screen, f"rail{name.capitalize()}")
    assert opened.args == [name]
    assert screen.current() == name
    assert screen.findChild(QWidget, f"{name}Screen").isVisible()


def test_staff_do_not_see_administrator_pages(screen):
    screen.set_account(STAFF)
    shown = {
        name for name in PAGES if screen.findChild(QWidget, f"rail{name.capitalize()}").isVisible()
    }
    assert shown == {"people", "enrol", "log", "analysis", "statistics", "lock"}
    screen.page("lock")
    assert screen.lock.opening.isVisible() and not screen.lock.choice.isVisible()
    assert not screen.lock.none.isVisible() and not screen.lock.events.isVisible()
    screen.page("accounts")
    assert screen.current() == "people"
    assert not screen.accounts.isVisible()


def test_unknown_page_raises(screen):
    with pytest.raises(ValueError, match="no page"):
        screen.page("nowhere")


def test_the_door_and_signing_out(qtbot, screen):
    with qtbot.waitSignal(screen.doorRequested):
        click(qtbot, screen, "railDoor")
    with qtbot.waitSignal(screen.signOutRequested):
        click(qtbot, screen, "railSignOut")


def test_a_page_asks_for_its_rows_when_it_opens(qtbot, screen):
    with qtbot.waitSignal(screen.people.pageRequested):
        screen.page("people")
    with qtbot.waitSignal(screen.log.pageRequested):
        screen.page("log")


def test_people_list_opens_enrolment(qtbot, screen):
    click(qtbot, screen, "peopleEnrol")
    assert screen.current() == "enrol"


def test_signing_in_clears_the_previous_account(qtbot, screen):
    screen.people.search.setText("홍")
    screen.people.show_page(PeoplePage((Person("1", "홍길동", id=1),), 1, 0))
    screen.people.table.chosen.emit(Person("1", "홍길동", id=1))
    screen.page("enrol")
    screen.enrol.who.name.set_text("홍길동")
    screen.set_account(STAFF)
    assert screen.account_name.text() == "김조교"
    assert screen.people.search.text() == ""
    assert screen.enrol.who.name.text() == ""
    screen.page("people")
    assert not screen.people.panel.isVisible()


def test_language_and_theme_are_switched_on_the_rail(qtbot, screen):
    click(qtbot, screen, "adminLanguage.en")
    assert screen.findChild(QAbstractButton, "railPeople").text() == "People"
    click(qtbot, screen, "adminTheme")
    assert theme().name == "light"
    click(qtbot, screen, "adminTheme")
    assert theme().name == "dark"


def test_every_control_has_an_object_name_and_an_accessible_name(qtbot, screen):
    for widget in screen.findChildren(QWidget):
        if isinstance(widget, QAbstractButton | QLineEdit) and widget.isVisibleTo(screen):
            assert widget.objectName(), widget
    for widget in (*screen.findChildren(QAbstractButton), *screen.findChildren(QTableView)):
        if widget.objectName() and not widget.objectName().startswith("qt_"):
            assert widget.accessibleName(), widget.objectName()


@pytest.mark.parametrize("code", language_codes())
def test_no_message_key_is_visible(screen, code):
    language().use(code)
    groups = {key.split(".")[0] for key in catalogue(code)}
    for name in PAGES:
        screen.page(name)
        for button in screen.findChildren(QAbstractButton):
            words = button.text()
            assert not ("." in words and words.split(".")[0] in groups), words


@pytest.mark.parametrize(("code", "colours"), LOOKS)
@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920)])
def test_rail_text_is_not_clipped(shown, code, colours, size):
    language().use(code)
    theme().use(colours)
    screen = shown(AdminScreen(), *size)
    screen.setStyleSheet(style_sheet(theme().tokens))
    screen.set_account(ADMIN)
    screen.page("people")
    assert clipped(screen) == []
