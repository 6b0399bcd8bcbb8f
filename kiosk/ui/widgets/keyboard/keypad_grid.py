"""A keypad beside the words that explain it, or below them."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget


class KeypadGrid(QGridLayout):
    """Holds ``words``, ``keys`` and ``foot``; the foot is under the words, or last of all.

    Nothing is placed before the first ``arrange``.
    """

    def __init__(self, words: QWidget, keys: QWidget, foot: QWidget) -> None:
        super().__init__()
        self._words, self._keys, self._foot = words, keys, foot
        self.side_by_side: bool | None = None

    def arrange(self, side_by_side: bool) -> None:
        """Place the keys beside the words, or below them."""
        if side_by_side is self.side_by_side:
            return
        self.side_by_side = side_by_side
        for part in (self._words, self._keys, self._foot):
            self.removeWidget(part)
        self.addWidget(self._words, 0, 0)
        if side_by_side:
            self.addWidget(self._foot, 1, 0)
            self.addWidget(self._keys, 0, 1, 2, 1)
        else:
            self.addWidget(self._keys, 1, 0)
            self.addWidget(self._foot, 2, 0)
