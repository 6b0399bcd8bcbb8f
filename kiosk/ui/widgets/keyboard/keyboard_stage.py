"""The window's area: the screens, and the on-screen keyboard over their lower part."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import (
    QAbstractAnimation,
    QEasingCurve,
    QEvent,
    QPoint,
    QPropertyAnimation,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QWidget

from kiosk.ui.theme import theme
from kiosk.ui.widgets.forms.text_field import Field
from kiosk.ui.widgets.keyboard.input_tools import InputTools
from kiosk.ui.widgets.keyboard.on_screen_keyboard import Letters, OnScreenKeyboard
from kiosk.ui.widgets.keyboard.real_keyboard import RealKeyboard, input_method_of
from kiosk.ui.widgets.layouts import spacing

SLIDE_MS = 160
SMALLEST = QSize(320, 320)
"""The smallest window, in logical pixels."""
SETTLE_MS = 60
"""Delay of showing and hiding: nothing moves under a finger, only after it was lifted."""


class KeyboardStage(QWidget):
    """Holds ``content`` and slides the keyboard in for a line edit.

    A line edit that is touched, or that a screen focuses, shows the keyboard if ``enabled()``, and
    the content moves up far enough to keep the line visible. Otherwise a button in the line brings
    the keyboard if ``offered()``. ``notice`` and ``key`` must be called with events of line edits.
    """

    def __init__(
        self,
        content: QWidget,
        enabled: Callable[[], bool],
        offered: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__()
        self._content = content
        self._enabled = enabled
        self._offered = offered
        self._shown = False
        self._brought = False
        self._tools: InputTools | None = None
        self.real = RealKeyboard(bool(input_method_of()))
        self.real.changed.connect(self._script_changed)
        self._requested_line: QLineEdit | None = None
        content.setParent(self)
        self.keyboard = OnScreenKeyboard()
        self.keyboard.setParent(self)
        self.keyboard.hide()
        self.keyboard.done.connect(self._done)
        self.keyboard.hideRequested.connect(self._hide)
        self.keyboard.nextRequested.connect(self._next_line)
        self._animations = [
            QPropertyAnimation(widget, b"pos", self) for widget in (content, self.keyboard)
        ]
        for animation in self._animations:
            animation.setDuration(SLIDE_MS)
            animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animations[1].finished.connect(self._slide_finished)
        self._settle_timer = QTimer(self)
        self._settle_timer.setSingleShot(True)
        self._settle_timer.setInterval(SETTLE_MS)
        self._settle_timer.timeout.connect(self._follow_focus)
        cast(QApplication, QApplication.instance()).focusChanged.connect(self._focus_changed)

    def notice(self, line: QLineEdit, event: QEvent) -> None:
        """Handle a focus or press event of ``line``.

        Qt also moves the focus on its own, for example from a hidden button; that does not show the
        keyboard.
        """
        if not isinstance(event, QFocusEvent) or event.reason() in (
            Qt.FocusReason.MouseFocusReason,
            Qt.FocusReason.OtherFocusReason,
        ):
            self._requested_line = line
            self._settle_timer.start()
        elif event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._requested_line = None

    def key(self, line: QLineEdit, event: QKeyEvent) -> bool:
        """Take a real key for ``line``; return whether it is dealt with."""
        if self._shown:
            self.real.hangul = self.keyboard.letters is Letters.HANGUL
        return self.real.key(line, event)

    def forget(self) -> None:
        """Forget what somebody chose: the script, and to have the keyboard shown."""
        self._brought = False
        self.real.forget()

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        # what does not fit scrolls: a display may become smaller while the kiosk runs
        return SMALLEST

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._content.resize(self.size())
        self._place(immediately=True)

    def _focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        line = new if isinstance(new, QLineEdit) and self._content.isAncestorOf(new) else None
        self.real.attach(line)
        self._settle_timer.start()

    def _follow_focus(self) -> None:
        if QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._settle_timer.start()
            return
        line = self._line_in_focus()
        self._shown = line is not None and (self._brought or self._enabled())
        target = line if self._shown else None
        if self.keyboard.edit is not target:
            self.keyboard.attach(target)
            self._place()
        self._show_tools()

    def _show_tools(self) -> None:
        """Show the buttons in the line in focus while the keyboard is not shown."""
        focused = QApplication.focusWidget()
        line = None if self._shown or not isinstance(focused, QLineEdit) else focused
        if line is not None and not (self._content.isAncestorOf(line) and _writable(line)):
            line = None
        if self._tools is not None and not self._tools.lies_in(line):
            self._tools.remove()
            self._tools = None
        if line is None:
            return
        if self._tools is None:
            self._tools = InputTools(line)
            self._tools.scriptRequested.connect(self.real.toggle)
            self._tools.keyboardRequested.connect(self._bring)
        self._tools.show_state(
            script=self.real.composes(line),
            hangul=self.real.hangul,
            keyboard=self._offered(),
        )

    def _script_changed(self) -> None:
        if self._shown:
            self.keyboard.show_script(Letters.HANGUL if self.real.hangul else Letters.LATIN)
        else:
            self._settle_timer.start()

    def _bring(self) -> None:
        """Show the keyboard although a real one seems to be there."""
        focused = QApplication.focusWidget()
        if isinstance(focused, QLineEdit):
            self._brought = True
            self._requested_line = focused
            self._settle_timer.start()

    def _hide(self) -> None:
        self._brought = False
        self._clear_focus()

    def _line_in_focus(self) -> QLineEdit | None:
        focused = QApplication.focusWidget()
        if (
            focused is self._requested_line
            and isinstance(focused, QLineEdit)
            and self._content.isAncestorOf(focused)
            and _writable(focused)
        ):
            return focused
        return None

    def _place(self, immediately: bool = False) -> None:
        """Move keyboard and content to their positions."""
        keyboard = self.keyboard
        line = self.keyboard.edit
        height = keyboard.required_height()
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
        for animation, target in zip(self._animations, targets, strict=True):
            _slide(animation, target, immediately or theme().reduced_motion)
        if self._animations[1].state() is QAbstractAnimation.State.Stopped:
            self._slide_finished()

    def _shift(self, keyboard_height: int) -> int:
        """How far up the content moves to keep the line and its error above the keyboard."""
        line = self.keyboard.edit
        if line is None:
            return 0
        parent = line.parentWidget()
        block = parent if isinstance(parent, Field) else line
        top = block.mapTo(self._content, QPoint(0, 0)).y()
        hidden = top + block.height() + spacing(1) - (self.height() - keyboard_height)
        return max(0, min(hidden, top - spacing(1)))

    def _slide_finished(self) -> None:
        if not self._shown:
            self.keyboard.hide()

    def _done(self) -> None:
        """Handle Enter, unless it submitted the form or the line is invalid: go to the next line
        of the form, or hide the keyboard after the last one.
        """
        line = self.keyboard.edit
        if line is None or line.property("invalid") or QApplication.focusWidget() is not line:
            return
        following = self._following_line(line)
        if following is not None:
            following.setFocus()
        else:
            self._clear_focus()

    def _following_line(self, line: QLineEdit) -> QLineEdit | None:
        """Return the next line to fill in below or beside ``line`` in the same form."""
        form = _form_of(line)
        top = line.mapToGlobal(QPoint(0, 0)).y()
        following = line.nextInFocusChain()
        while form is not None and following is not None and following is not line:
            if (
                isinstance(following, QLineEdit)
                and form.isAncestorOf(following)
                and _writable(following)
                and following.mapToGlobal(QPoint(0, 0)).y() >= top
            ):
                return following
            following = following.nextInFocusChain()
        return None

    def _clear_focus(self) -> None:
        if self.keyboard.edit is not None:
            self.keyboard.edit.clearFocus()

    def _next_line(self) -> None:
        line = self.keyboard.edit
        next_line = line.nextInFocusChain() if line is not None else None
        while next_line is not None and next_line is not line:
            if (
                isinstance(next_line, QLineEdit)
                and self._content.isAncestorOf(next_line)
                and _writable(next_line)
            ):
                next_line.setFocus()
                return
            next_line = next_line.nextInFocusChain()


def _form_of(line: QLineEdit) -> QWidget | None:
    """Return the widget that holds the field of ``line`` and the fields beside it.

    A line that is no field, such as a search box, belongs to no form.
    """
    field = line.parentWidget()
    return field.parentWidget() if isinstance(field, Field) else None


def _writable(line: QLineEdit) -> bool:
    return line.isVisible() and line.isEnabled() and not line.isReadOnly()


def _scroll_to(line: QLineEdit) -> None:
    """Scroll every area around ``line`` to it, the innermost first."""
    ancestor = line.parentWidget()
    while ancestor is not None:
        if isinstance(ancestor, QScrollArea) and (content := ancestor.widget()) is not None:
            # ensureWidgetVisible would only show the cursor in the line
            middle = line.mapTo(content, line.rect().center())
            ancestor.ensureVisible(middle.x(), middle.y(), 0, line.height() // 2 + spacing(2))
        ancestor = ancestor.parentWidget()


def _slide(animation: QPropertyAnimation, target: QPoint, immediately: bool) -> None:
    animation.stop()
    widget = cast(QWidget, animation.targetObject())
    if immediately:
        widget.move(target)
    elif widget.pos() != target:
        animation.setEndValue(target)
        animation.start()
