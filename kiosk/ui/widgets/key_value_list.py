"""Read-only pairs of a name and a value."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.theme import SIZES, text_px
from kiosk.ui.widgets.labels import Label

NAME_WIDTH = 176


class KeyValueList(QWidget):
    """Rows of (message key of the name, value); a value that begins with ``=`` is a message key.

    The value of the key ``log.field.id`` is a label named ``<name>.log.field.id``.
    """

    def __init__(self, name: str, *, name_width: int = NAME_WIDTH) -> None:
        super().__init__()
        self.setObjectName(name)
        self._grid = QGridLayout(self)
        self._name_width = name_width
        fit(self._grid, margin=0, across=2, down=1.5)
        self.rescale()
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[Label, Label]] = []

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

    def rescale(self) -> None:
        """Keep the names as wide as at the present scale."""
        self._grid.setColumnMinimumWidth(0, text_px(self._name_width))

    def words(self) -> dict[str, str]:
        """The visible values by the text of their names."""
        return {name.text(): value.text() for name, value in self._rows if not name.isHidden()}

    def _add(self) -> None:
        name = Label("", size=SIZES[0], quiet=True, wrap=True)
        value = Label("", size=SIZES[0], wrap=True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(name, len(self._rows), 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, len(self._rows), 1)
        self._rows.append((name, value))
