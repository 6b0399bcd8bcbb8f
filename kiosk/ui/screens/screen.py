"""The base class of every screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QWidget,
)

from kiosk.ui.i18n import language
from kiosk.ui.theme import theme


class Screen(QWidget):
    """Base of every screen; ``retranslate`` and ``restyle`` run when the language or the theme
    changes.

    Call them at the end of ``__init__`` if they set the initial text.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("screen", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        language().changed.connect(self._language_changed)
        theme().changed.connect(self._theme_changed)

    def retranslate(self) -> None:
        """Set text that is not in a ``Label`` or ``Button``."""

    def restyle(self) -> None:
        """Apply theme colours that are not in the style sheet."""

    def _language_changed(self, _code: str) -> None:
        self.retranslate()

    def _theme_changed(self, _name: str) -> None:
        self.restyle()
