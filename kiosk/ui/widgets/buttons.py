"""Buttons that follow the language and the theme by themselves."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QPushButton,
    QToolTip,
)

from kiosk.ui import icons
from kiosk.ui.fitting import fit
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import DOOR_TOUCH, SIZES, TOUCH, px, theme, touch, type_size
from kiosk.ui.widgets.press_guard import PressGuard
from kiosk.ui.widgets.style_property import set_property

PADDING = 20
"""Space beside the text in pixels at scale 1, as in kiosk.qss."""
HOLD_MS = 500
"""How long a finger stays on an icon until its name is shown."""
_ICON_TOKENS = {
    "primary": "on_accent",
    "secondary": "text",
    "danger": "on_reject",
    "ghost": "quiet",
}


class Button(QPushButton):
    """A button of one of four kinds; ``large`` gives it the height of the door's touch targets.

    ``key`` is empty for a button with an icon only; ``hint`` is then the message key of its
    accessible name. Where only an icon is seen a tooltip says that name: under the pointer, or
    while a finger stays on the button, which is not pressed then. A ``danger`` button ignores
    presses right after it appeared: the second tap of a double tap was meant for the button before
    it.
    """

    def __init__(
        self,
        key: str = "",
        kind: str = "secondary",
        icon: str | None = None,
        *,
        name: str = "",
        large: bool = False,
        hint: str = "",
        **values: object,
    ) -> None:
        super().__init__()
        self.setObjectName(name or key)
        self._key = key
        self._values = values
        self._icon = icon
        self._hint = hint
        self._hint_values: dict[str, object] = {}
        self._held = False
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(HOLD_MS)
        self._hold.timeout.connect(self._say_name)
        self.guard = PressGuard()
        self._words_shown = True
        self._elided = False
        self.setProperty("kind", kind)
        self.setProperty("bare", not key)
        side = DOOR_TOUCH if large else TOUCH
        self._target: tuple[float, float] = (side, side)
        fit(self, font=SIZES[1], bold=kind in ("primary", "danger"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        language().changed.connect(self._retranslate)
        theme().changed.connect(self._restyle)
        self._retranslate()
        self._restyle()

    def set_key(self, key: str, **values: object) -> None:
        """Show the message ``key``."""
        self._key = key
        self._values = values
        self._retranslate()

    def set_hint(self, key: str, **values: object) -> None:
        """Name a button without words by the message ``key``."""
        self._hint, self._hint_values = key, values
        self._retranslate()

    def show_words(self, shown: bool) -> None:
        """Show icon and text, or the icon only; the accessible name stays."""
        if shown is not self._words_shown:
            self._words_shown = shown
            set_property(self, "bare", not (shown and self._key))
            self._retranslate()
            self._restyle()

    def width_with_words(self) -> int:
        """The width that icon and text need, in logical pixels, also while the text is hidden."""
        words = tr(self._key, **self._values) if self._key else ""
        icon = type_size(icons.SIZE) + px(icons.GAP) if self._icon else 0
        return self.fontMetrics().horizontalAdvance(words) + icon + 2 * px(PADDING)

    def set_icon(self, name: str | None) -> None:
        """Show the icon ``name``."""
        self._icon = name
        self._restyle()

    def set_kind(self, kind: str) -> None:
        """Change the kind of the button."""
        set_property(self, "kind", kind)
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        self.guard.shown()
        super().showEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._guarded:
            event.accept()
            return
        self._held = False
        if self.toolTip() and not self.autoRepeat():
            self._hold.start()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hold.stop()
        if self._held:
            self.setDown(False)  # a finger that moved has pressed it again
        super().mouseReleaseEvent(event)

    def _say_name(self) -> None:
        """Say what an icon means while it is held, and take the press back."""
        self._held = True
        self.setDown(False)
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self.toolTip(), self)

    def set_target(self, width: float, height: float | None = None) -> None:
        """Make the button at least ``width`` × ``height`` pixels at scale 1, or a square."""
        self._target = (width, width if height is None else height)
        self.updateGeometry()

    def set_elided(self) -> None:
        """Let the button become narrower than its text, which then ends in "…"."""
        self._elided = True
        self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._elided:
            self._retranslate()

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(self._target_size())

    def minimumSizeHint(self) -> QSize:
        if self._elided:
            return self._target_size()
        return super().minimumSizeHint().expandedTo(self._target_size())

    def _target_size(self) -> QSize:
        width, height = self._target
        return QSize(touch(width), touch(height))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._guarded and event.key() != Qt.Key.Key_Tab:
            event.accept()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # Qt takes the space bar only
            self.click()
        else:
            super().keyPressEvent(event)

    @property
    def _guarded(self) -> bool:
        return self.property("kind") == "danger" and self.guard.ignores

    def _retranslate(self) -> None:
        words = tr(self._key, **self._values) if self._key else ""
        # a "&" in a message is a character, not a keyboard shortcut
        shown = words if self._words_shown else ""
        if self._elided:
            room = self.width() - px(2 * PADDING) - self.iconSize().width()
            shown = self.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideMiddle, room)
        self.setText(shown.replace("&", "&&"))
        said = words or (tr(self._hint, **self._hint_values) if self._hint else "")
        whole = bool(words) and shown == words
        self.setToolTip("" if whole else said)
        self.setAccessibleName(said or self.objectName())

    def rescale(self) -> None:
        """Draw the icon at the present scale."""
        self._restyle()
        self.updateGeometry()

    def _restyle(self) -> None:
        gap = 0 if self.property("bare") else icons.GAP
        size = type_size(icons.SIZE)
        self.setIconSize(QSize(size + px(gap), size))
        if self._icon:
            self.setIcon(
                icons.icon(self._icon, _ICON_TOKENS[self.property("kind")], size, gap=px(gap))
            )
