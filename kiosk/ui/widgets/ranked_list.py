"""Names with a bar and a count each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QProgressBar, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.formatting import count_text
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column


class RankedList(QWidget):
    """Names with a bar and a count each, longest first; ``none_key`` is shown when it is empty."""

    def __init__(self, name: str, none_key: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.none = Label(none_key, quiet=True, wrap=True, size=SIZES[0], name=f"{name}None")
        self._grid = QGridLayout()
        fit(self._grid, across=1.5, down=1)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 2)
        self._rows: list[tuple[Label, QProgressBar, Label]] = []
        self.setLayout(column(self.none, self._grid, gap=0))

    def show_rows(self, rows: Sequence[tuple[str, int]]) -> None:
        """Show rows of (message key, count)."""
        self.none.setVisible(not rows)
        while len(self._rows) < len(rows):
            self._add()
        longest = max((n for _, n in rows), default=1)
        for number, parts in enumerate(self._rows):
            for part in parts:
                part.setVisible(number < len(rows))
        for (words, bar, count), (key, n) in zip(self._rows, rows, strict=False):
            words.set_key(key)
            bar.setRange(0, longest)
            bar.setValue(n)
            count.set_text(count_text(n))

    def words(self) -> dict[str, str]:
        """The visible counts by the text of their names."""
        return {
            words.text(): count.text() for words, _, count in self._rows if not words.isHidden()
        }

    def _add(self) -> None:
        words = Label("", size=SIZES[0], wrap=True)
        bar = QProgressBar()
        count = Label("", size=SIZES[0])
        bar.setTextVisible(False)
        line = len(self._rows)
        for place, part in enumerate((words, bar, count)):
            self._grid.addWidget(part, line, place)
        self._rows.append((words, bar, count))
