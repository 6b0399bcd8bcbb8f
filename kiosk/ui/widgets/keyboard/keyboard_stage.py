"""The window's whole area: the screens, and over their lower part the on-screen keyboard while somebody writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import (
    QAbstractAnimation,
    QEasingCurve,
    QEvent,
    QObject,
    QPoint,
    QPropertyAnimation,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QWidget

from kiosk.ui.theme import theme
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.keyboard.on_screen_keyboard import OnScreenKeyboard
from kiosk.ui.widgets.layouts import spacing

SLIDE_MS = 160
SETTLE_MS = 60
"""Nothing moves under a finger: the keyboard comes and goes when it has been lifted."""


class KeyboardStage(QWidget):
    """Holds ``content``. A line that somebody touches, or that a screen chooses, brings the keyboard where ``wanted`` says
    so, and the content is moved up as far as that line needs to be seen. ``notice`` must be told of events on lines."""

    def __init__(self, content: QWidget, wanted: Callable[[], bool]) -> None:
        super().__init__()
        self._content = content
        self._wanted = wanted
        self._shown = False
        self._chosen: QLineEdit | None = None
        content.setParent(self)
        content.installEventFilter(self)
        self.keyboard = OnScreenKeyboard()
        self.keyboard.setParent(self)
        self.keyboard.hide()
        self.keyboard.done.connect(self._done)
        self.keyboard.hideRequested.connect(self._leave)
        self.keyboard.nextRequested.connect(self._next_line)
        self._slides = [
            QPropertyAnimation(widget, b"pos", self) for widget in (content, self.keyboard)
        ]
        for slide in self._slides:
            slide.setDuration(SLIDE_MS)
            slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._slides[1].finished.connect(self._slid)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._follow_focus)
        cast(QApplication, QApplication.instance()).focusChanged.connect(self._focus_changed)

    def notice(self, line: QLineEdit, event: QEvent) -> None:
        """A line got the focus or was pressed. Where Qt hands the focus on, from a button that is gone, nobody wants to write."""
        if not isinstance(event, QFocusEvent) or event.reason() in (
            Qt.FocusReason.MouseFocusReason,
            Qt.FocusReason.OtherFocusReason,
        ):
            self._chosen = line
            self._settle.start()
        elif event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._chosen = None

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._content.minimumSizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._content.resize(self.size())
        self._place(at_once=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._content and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def _focus_changed(self, _old: QWidget | None, _new: QWidget | None) -> None:
        self._settle.start()

    def _follow_focus(self) -> None:
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._settle.start()
            return
        line = self._line_in_focus()
        self._shown = line is not None and self._wanted()
        target = line if self._shown else None
        if self.keyboard.edit is not target:
            self.keyboard.attach(target)
            self._place()

    def _line_in_focus(self) -> QLineEdit | None:
        focused = QApplication.focusWidget()
        if (
            focused is self._chosen
            and isinstance(focused, QLineEdit)
            and self._content.isAncestorOf(focused)
            and _writable(focused)
        ):
            return focused
        return None

    def _place(self, at_once: bool = False) -> None:
        """Move keyboard and content to where they belong now."""
        keyboard = self.keyboard
        line = self.keyboard.edit
        height = keyboard.wanted_height()
        keyboard.resize(self.width(), height)
        if self._shown and not keyboard.isVisible():
            keyboard.move(0, self.height())
            keyboard.show()
            keyboard.raise_()
        if line is not None:
            _scroll_to(line)
        targets = (
            QPoint(0, -self._shift(height)),
            QPoint(0, self.height() - (height if self._shown else 0)),
        )
        for slide, target in zip(self._slides, targets, strict=True):
            _slide(slide, target, at_once or theme().reduced_motion)
        if self._slides[1].state() is QAbstractAnimation.State.Stopped:
            self._slid()

    def _shift(self, keyboard_height: int) -> int:
        """How far up the content is moved, so that the line and what is said under it stand above the keyboard."""
        line = self.keyboard.edit
        if line is None:
            return 0
        above = line.parentWidget()
        block = above if isinstance(above, Field) else line
        top = block.mapTo(self._content, QPoint(0, 0)).y()
        hidden = top + block.height() + spacing(1) - (self.height() - keyboard_height)
        return max(0, min(hidden, top - spacing(1)))

    def _slid(self) -> None:
        if not self._shown:
            self.keyboard.hide()

    def _done(self) -> None:
        """Enter was touched: whoever wants the line corrected keeps the keyboard."""
        line = self.keyboard.edit
        if line is not None and not line.property("invalid"):
            self._leave()

    def _leave(self) -> None:
        if self.keyboard.edit is not None:
            self.keyboard.edit.clearFocus()

    def _next_line(self) -> None:
        line = self.keyboard.edit
        following = line.nextInFocusChain() if line is not None else None
        while following is not None and following is not line:
            if (
                isinstance(following, QLineEdit)
                and self._content.isAncestorOf(following)
                and _writable(following)
            ):
                following.setFocus()
                return
            following = following.nextInFocusChain()


def _writable(line: QLineEdit) -> bool:
    return line.isVisible() and line.isEnabled() and not line.isReadOnly()


def _scroll_to(line: QLineEdit) -> None:
    above = line.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    if above is not None:
        above.ensureWidgetVisible(line, 0, spacing(4))


def _slide(slide: QPropertyAnimation, target: QPoint, at_once: bool) -> None:
    slide.stop()
    widget = cast(QWidget, slide.targetObject())
    if at_once:
        widget.move(target)
    elif widget.pos() != target:
        slide.setEndValue(target)
        slide.start()
