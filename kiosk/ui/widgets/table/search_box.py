"""A search field that searches while the user types."""

from __future__ import annotations

from PySide6.QtCore import (
    QTimer,
    Signal,
)
from PySide6.QtWidgets import (
    QLineEdit,
    QToolButton,
)

from kiosk.ui.fitting import fit
from kiosk.ui.i18n import language, tr
from kiosk.ui.theme import SIZES, TOUCH

SEARCH_MS = 200


class SearchBox(QLineEdit):
    """Emits ``searched`` ``SEARCH_MS`` after the last key, or at once on Enter."""

    searched = Signal(str)

    def __init__(self, name: str, key: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._key = key
        self._last = ""
        fit(self, font=SIZES[1], min_height=TOUCH)
        self.setMaxLength(100)
        self.setClearButtonEnabled(True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_MS)
        self._timer.timeout.connect(self._search)
        self.textChanged.connect(self._restart_timer)
        self.returnPressed.connect(self._search)
        language().changed.connect(self._retranslate)
        self._retranslate("")

    def words(self) -> str:
        """The search text without surrounding blanks."""
        return self.text().strip()

    def reset(self) -> None:
        """Clear the search without emitting a signal."""
        self.clear()
        self._timer.stop()
        self._last = ""

    def _restart_timer(self, _text: str) -> None:
        self._timer.start()

    def _search(self) -> None:
        self._timer.stop()
        if self.words() != self._last:
            self._last = self.words()
            self.searched.emit(self._last)

    def _retranslate(self, _code: str) -> None:
        self.setPlaceholderText(tr(self._key))
        self.setAccessibleName(tr(self._key))
        for clear in self.findChildren(QToolButton):
            clear.setAccessibleName(tr("common.clear"))
