"""Whether the field that somebody types into is seen above the on-screen keyboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QLineEdit, QScrollArea, QWidget

from kiosk.ui.main_window import MainWindow

SLACK = 2
"""Logical pixels that rounding may cost."""


class FieldChecks:
    """Touches every field once, in the order in which screens show them.

    ``settle`` lets layouts follow. The keyboard must be enabled meanwhile.
    """

    def __init__(self, window: MainWindow, settle: Callable[[], None]) -> None:
        self._window = window
        self._settle = settle
        self._seen: set[str] = set()

    @property
    def touched(self) -> int:
        """How many fields were touched."""
        return len(self._seen)

    def hidden(self) -> list[str]:
        """Return the visible fields that the keyboard or an edge hides once they are touched."""
        places = [
            (area, area.verticalScrollBar().value(), area.horizontalScrollBar().value())
            for area in self._window.stack.findChildren(QScrollArea)
        ]
        found = [problem for line in self._new_lines() if (problem := self._touch(line))]
        focused = self._window.focusWidget()
        if isinstance(focused, QLineEdit):
            focused.clearFocus()
        self._window.stage._follow_focus()
        for area, down, across in places:
            area.verticalScrollBar().setValue(down)
            area.horizontalScrollBar().setValue(across)
        self._settle()
        return found

    def _new_lines(self) -> list[QLineEdit]:
        lines = []
        for line in self._window.stack.findChildren(QLineEdit):
            name = f"{self._window.current} {line.objectName()}"
            writable = line.isVisible() and line.isEnabled() and not line.isReadOnly()
            if writable and name not in self._seen:
                self._seen.add(name)
                lines.append(line)
        return lines

    def _touch(self, line: QLineEdit) -> str:
        stage = self._window.stage
        self._window.activateWindow()
        line.setFocus(Qt.FocusReason.MouseFocusReason)
        self._settle()
        stage._requested_line = line
        stage._follow_focus()
        self._settle()
        name = line.objectName()
        if stage.keyboard.edit is not line:
            return f"no keyboard for {name}"
        above = QRect(0, 0, self._window.width(), stage.keyboard.y())
        seen = _seen_part(line).intersected(above)
        whole = QRect(line.mapTo(self._window, QPoint(0, 0)), line.size())
        if whole.adjusted(SLACK, SLACK, -SLACK, -SLACK).intersected(seen).height() < min(
            whole.height(), above.height()
        ) - 2 * SLACK or seen.width() < min(whole.width(), 100):
            return f"hidden: {name} at {whole.getRect()}, seen {seen.getRect()}, {above.getRect()}"
        return ""


def _seen_part(widget: QWidget) -> QRect:
    """The part of ``widget`` that no ancestor cuts off, in coordinates of the window."""
    window = widget.window()
    seen = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    parent = widget.parentWidget()
    while parent is not None and parent is not window:
        seen = seen.intersected(QRect(parent.mapTo(window, QPoint(0, 0)), parent.size()))
        parent = parent.parentWidget()
    return seen.intersected(window.rect())
