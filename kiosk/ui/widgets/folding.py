"""The base of widgets that lay out what they hold by their width."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget


class Folding(QWidget):
    """Calls ``fold`` with its width whenever that or the scale can have changed.

    Not while it is hidden: its width says nothing yet.
    """

    def fold(self, width: int) -> None:
        """Lay out what this holds for ``width`` pixels."""
        raise NotImplementedError

    def rescale(self) -> None:
        """Fold or unfold at the present scale."""
        self._fold_if_shown(self.width())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fold_if_shown(self.width())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold_if_shown(event.size().width())

    def _fold_if_shown(self, width: int) -> None:
        if self.isVisible():
            self.fold(width)
