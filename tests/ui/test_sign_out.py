"""Nothing of a member of staff is left on the screen after they left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QVBoxLayout, QWidget

from kiosk.ui.main_window import MainWindow


@pytest.fixture
def window(qtbot) -> Iterator[MainWindow]:
    made = MainWindow(windowed=True)
    qtbot.addWidget(made)
    made.add_screen("door", QWidget())
    for name in ("sign_in", "admin"):
        page = QWidget()
        QVBoxLayout(page).addWidget(QLineEdit("2026-1234"))
        made.add_screen(name, page, staff=True)
    made.show()
    yield made
    made.watch(False)


def copy(window: MainWindow) -> None:
    line = window.stack.currentWidget().findChild(QLineEdit)
    line.selectAll()
    line.copy()
    assert QApplication.clipboard().text() == "2026-1234"


@pytest.mark.parametrize("screen", ["sign_in", "admin"])
def test_the_clipboard_does_not_outlive_the_sign_out(window, screen):
    window.go(screen)
    copy(window)
    window.go("door")
    assert QApplication.clipboard().text() == ""


def test_context_menus_are_closed_with_the_sign_out(qtbot, window):
    window.go("admin")
    line = window.stack.currentWidget().findChild(QLineEdit)
    menu = line.createStandardContextMenu()
    nested = menu.addMenu("more")
    menu.popup(line.mapToGlobal(line.rect().center()))
    nested.popup(line.mapToGlobal(line.rect().center()))
    assert QApplication.activePopupWidget() is not None
    window.go("door")
    assert QApplication.activePopupWidget() is None and not menu.isVisible()
    menu.deleteLater()


def test_open_lists_are_closed_with_the_sign_out(qtbot, window):
    window.go("admin")
    box = QComboBox(window.stack.currentWidget())
    box.addItems(["a", "b"])
    box.show()
    box.showPopup()
    window.go("door")
    assert QApplication.activePopupWidget() is None


def test_within_the_staff_area_the_clipboard_stays(window):
    window.go("sign_in")
    window.go("admin")
    copy(window)
    window.go("sign_in")
    assert QApplication.clipboard().text() == "2026-1234"


@pytest.mark.parametrize(("total_s", "silent_s"), [(30.0, 15.0), (20.0, 10.0), (120.0, 105.0)])
def test_the_warning_waits_until_the_last_seconds(window, total_s, silent_s):
    window.set_timeouts(20.0, total_s)
    window.go("admin")
    warning = window.sign_out_warning
    assert warning._soon.isActive() and warning._soon.interval() == 1000 * silent_s
    assert window.sign_out_timer.interval() == 1000 * total_s and not warning.isVisible()


def test_the_last_seconds_before_a_sign_out_are_counted_down(qtbot, window):
    left = 14.2
    warning = window.sign_out_warning
    warning._left_s = lambda: left
    window.go("admin")
    warning._soon.timeout.emit()
    assert warning.isVisible() and warning.words.text().startswith("15초 뒤")
    left = 0.3
    warning._tick.timeout.emit()
    assert warning.words.text().startswith("1초 뒤")
    qtbot.mouseClick(warning.stay, Qt.MouseButton.LeftButton)
    assert not warning.isVisible() and warning._soon.isActive()
    warning._soon.timeout.emit()
    window.go("door")
    assert not warning.isVisible() and not warning._soon.isActive()


def test_no_sign_out_is_announced_at_the_door(window):
    window.go("door")
    assert not window.sign_out_warning._soon.isActive()
