"""Read-only pairs of a name and a value."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout

from kiosk.ui.fitting import fit
from kiosk.ui.theme import SIZES, text_px
from kiosk.ui.widgets.folding import Folding
from kiosk.ui.widgets.labels import Label

NAME_WIDTH = 176
VALUE_WIDTH = 120
"""Width of a value at scale 1 below which it goes under its name."""


class KeyValueList(Folding):
    """Rows of (message key of the name, value); a value that begins with ``=`` is a message key.

    The value of the key ``log.field.id`` is a label named ``<name>.log.field.id``.
    """

    def __init__(self, name: str, *, name_width: int = NAME_WIDTH) -> None:
        super().__init__()
        self.setObjectName(name)
        self._grid = QGridLayout(self)
        self._name_width = name_width
        self._folded = False
        self._rows: list[tuple[Label, Label]] = []
        fit(self._grid, margin=0, across=2, down=1.5)
        self._grid.setColumnMinimumWidth(0, text_px(name_width))
        self._grid.setColumnStretch(1, 1)

    def show_facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Replace the rows."""
        while len(self._rows) < len(rows):
            self._add()
        for number, pair in enumerate(self._rows):
            for label in pair:
                label.setVisible(number < len(rows))
        for (name, value), (key, text) in zip(self._rows, rows, strict=False):
            name.set_key(key)
            value.setObjectName(f"{self.objectName()}.{key}")
            if text.startswith("="):
                value.set_key(text[1:])
            else:
                value.set_text(text)

    def minimumSizeHint(self) -> QSize:
        labels = [label for pair in self._rows for label in pair if not label.isHidden()]
        widest = max((label.minimumSizeHint().width() for label in labels), default=0)
        return QSize(widest, self._grid.minimumSize().height())

    def fold(self, width: int) -> None:
        """Place each value beside its name, or under it where there is no room beside."""
        folded = width < text_px(self._name_width + VALUE_WIDTH)
        self._grid.setColumnMinimumWidth(0, 0 if folded else text_px(self._name_width))
        if folded is self._folded:
            return
        self._folded = folded
        fit(self._grid, down=0.75 if folded else 1.5)
        for number, pair in enumerate(self._rows):
            self._place(number, pair)

    def _place(self, number: int, pair: tuple[Label, Label]) -> None:
        name, value = pair
        if self._folded:
            self._grid.addWidget(name, 2 * number, 0, 1, 2)
            self._grid.addWidget(value, 2 * number + 1, 0, 1, 2)
        else:
            self._grid.addWidget(name, 2 * number, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, 2 * number, 1)

    def words(self) -> dict[str, str]:
        """The visible values by the text of their names."""
        return {name.text(): value.text() for name, value in self._rows if not name.isHidden()}

    def _add(self) -> None:
        name = Label("", size=SIZES[0], quiet=True, wrap=True)
        value = Label("", size=SIZES[0], wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._place(len(self._rows), (name, value))
        self._rows.append((name, value))
