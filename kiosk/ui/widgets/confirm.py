"""An inline question before something that cannot be undone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QTimer, Signal
from PySide6.QtGui import QCursor, QHideEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QVBoxLayout, QWidget
from shiboken6 import isValid

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import reveal


class Confirm(QFrame):
    """Asks for confirmation in place: what will happen, and two buttons.

    The buttons are named ``<name>Yes`` and ``<name>No``. ``also`` is a further input between the
    question and the buttons. The dangerous button never appears where the button lay that asked
    (the two change places), and it ignores presses for the first moment (``PressGuard``). When
    the question goes, the focus returns to the button that asked.
    """

    confirmed = Signal()

    def __init__(
        self, name: str, *, title: str, yes: str, no: str, also: QWidget | None = None
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("card", True)
        self.title = Label(title, bold=True, wrap=True)
        self.text = Label("", wrap=True, size=SIZES[1], name=f"{name}Text")
        self.yes = Button(yes, "danger", name=f"{name}Yes")
        self.no = Button(no, name=f"{name}No")
        self._finger: QPoint | None = None
        self._asking: QWidget | None = None
        self._buttons = row(self.no, self.yes)
        body: QVBoxLayout = column(
            self.title,
            self.text,
            *([also] if also else []),
            self._buttons,
            gap=1.5,
            margin=2,
        )
        self.setLayout(body)
        self.title.setVisible(bool(title))
        self.yes.clicked.connect(self._confirm)
        self.no.clicked.connect(self.hide)
        self.hide()

    def ask(self, key: str, **values: object) -> None:
        """Show the question ``key`` with the focus on the safe answer."""
        self._finger = finger_place()
        self._asking = QApplication.focusWidget()
        self._place_first(self.no)
        self.text.set_key(key, **values)
        self.show()
        self.yes.guard.shown()
        reveal(self)
        self.no.setFocus()
        self._keep_clear()
        QTimer.singleShot(0, self, self._keep_clear)  # after the layouts around it have settled

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._return_focus()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._keep_clear()
        return done

    def _keep_clear(self) -> None:
        """Let the two buttons change places if the dangerous one lies under the finger."""
        if self._finger is None or not self.isVisible():
            return
        if not self.yes.guard.ignores:
            self._finger = None  # the finger has had time to leave
            return
        layout = self.layout()
        if layout is not None:
            layout.activate()
        place = QRect(self.yes.mapToGlobal(QPoint(0, 0)), self.yes.size())
        if place.contains(self._finger):
            first = self._buttons.itemAt(0)
            self._place_first(self.no if first and first.widget() is self.yes else self.yes)

    def _return_focus(self) -> None:
        """Focus the button that asked; Qt would go on to whatever comes next on the page."""
        asking, self._asking = self._asking, None
        focused = QApplication.focusWidget()
        if focused is None or not self.isAncestorOf(focused):
            return
        if isinstance(asking, QAbstractButton) and isValid(asking) and asking.isVisible():
            asking.setFocus()

    def _place_first(self, button: Button) -> None:
        self._buttons.removeWidget(button)
        self._buttons.insertWidget(0, button)
        self._buttons.activate()

    def _confirm(self) -> None:
        self.hide()
        self.confirmed.emit()


def finger_place() -> QPoint:
    """Return the global place of the press that is being handled.

    That is the pointer if it is on the button with the focus, and else the middle of that button,
    as for a key press or a touch that does not move the pointer.
    """
    pointer = QCursor.pos()
    asking = QApplication.focusWidget()
    if asking is None:
        return pointer
    place = QRect(asking.mapToGlobal(QPoint(0, 0)), asking.size())
    return pointer if place.contains(pointer) else place.center()
