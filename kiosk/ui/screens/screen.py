"""The base class of every screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QWidget,
)

from kiosk.ui.fitting import rescale
from kiosk.ui.i18n import language
from kiosk.ui.theme import style_sheet, theme


class Screen(QWidget):
    """Base of every screen; ``retranslate`` and ``restyle`` run when the language or the theme
    changes.

    Call them at the end of ``__init__`` if they set the initial text. A screen follows theme and
    scale at once while it is shown, otherwise when it is shown: style sheets are slow.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("screen", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        language().changed.connect(self._language_changed)
        self._revision = -1
        theme().changed.connect(self._theme_changed)
        theme().scaled.connect(self._scale_changed)

    def retranslate(self) -> None:
        """Set text that is not in a ``Label`` or ``Button``."""

    def restyle(self) -> None:
        """Apply theme colours that are not in the style sheet."""

    def focus_first(self) -> None:
        """Focus what a person uses first, when the screen is shown.

        A focus proxy would not do: Tab passes the screen itself, and would go round between the
        proxy and the last button.
        """
        self.setFocus()

    def seen_width(self) -> int:
        """The width that is seen, in pixels: a screen can lie in a narrower area that scrolls.

        What a screen derives from its own width there could keep it that wide.
        """
        parent = self.parentWidget()
        return self.width() if parent is None else min(self.width(), parent.width())

    def styled_parts(self) -> Sequence[QWidget]:
        """The widgets that the style sheet is set on; screens inside have their own."""
        return (self,)

    def follow_scale(self) -> None:
        """Apply the style sheet and the scale in use, unless that was done."""
        if self._revision == theme().revision:
            return
        self._revision = theme().revision
        sheet = style_sheet(theme().tokens)
        for part in self.styled_parts():
            if part.styleSheet() != sheet:  # it does not depend on the text size
                part.setStyleSheet(sheet)
        rescale(self)

    def setVisible(self, visible: bool) -> None:
        parent = self.parentWidget()
        if visible and (parent is None or parent.isVisible()):
            self.follow_scale()
        super().setVisible(visible)

    def showEvent(self, event: QShowEvent) -> None:
        self.follow_scale()
        super().showEvent(event)

    def _scale_changed(self) -> None:
        if self.isVisible():
            self.follow_scale()

    def _language_changed(self, _code: str) -> None:
        self.retranslate()

    def _theme_changed(self, _name: str) -> None:
        self.restyle()
        self._scale_changed()
