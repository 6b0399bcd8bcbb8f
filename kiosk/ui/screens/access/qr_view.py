"""A QR code on the screen, large enough for the camera of a phone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.i18n import language, tr

LEAST = 216
"""Smallest side in pixels at scale 1; a phone reads a code of 29 modules from a hand's breadth."""


class QrView(QWidget):
    """A dark code on a white square in both themes; ``hint``: message key of what it is."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._hint = hint
        self._code: NDArray[np.bool_] = np.zeros((0, 0), bool)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        fit(self, min_width=LEAST, min_height=LEAST)
        language().changed.connect(self._retranslate)
        self._retranslate("")

    @property
    def code(self) -> NDArray[np.bool_]:
        """The modules shown, (n, n), ``True`` is dark; empty if there is no code."""
        return self._code

    def show_code(self, code: NDArray[np.bool_]) -> None:
        """Show the modules ``code`` with their quiet zone."""
        self._code = code
        self.update()

    def forget(self) -> None:
        """Show no code any more."""
        self.show_code(np.zeros((0, 0), bool))

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._code.size:
            return
        painter = QPainter(self)
        modules = len(self._code)
        side = max(1, min(self.width(), self.height()) // modules) * modules  # whole pixels
        left, top = (self.width() - side) // 2, (self.height() - side) // 2
        painter.fillRect(QRectF(left, top, side, side), QColor("white"))
        module = side // modules
        for row, column in zip(*np.nonzero(self._code), strict=True):
            painter.fillRect(
                left + int(column) * module,
                top + int(row) * module,
                module,
                module,
                QColor("black"),
            )

    def _retranslate(self, _code: str) -> None:
        self.setAccessibleName(tr(self._hint))
