"""Filter chips that wrap to the next line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QLayout,
    QLayoutItem,
    QSizePolicy,
    QWidget,
)

from kiosk.ui.fitting import fit
from kiosk.ui.widgets.buttons import Button


class FlowLayout(QLayout):
    """Places widgets like words: side by side, then on the next line."""

    def __init__(self, gap: float = 1) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        fit(self, gap=gap, margin=0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        self._place(area, move=True)

    def sizeHint(self) -> QSize:
        shown = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in shown) + self.spacing() * max(0, len(shown) - 1)
        return QSize(width, max((size.height() for size in shown), default=0))

    def minimumSize(self) -> QSize:
        shown = [item.minimumSize() for item in self._items if not item.isEmpty()]
        return QSize(
            max((s.width() for s in shown), default=0), max((s.height() for s in shown), default=0)
        )

    def _place(self, area: QRect, *, move: bool) -> int:
        """Lay the items out in ``area`` and return the height that they need."""
        x = area.x()
        y = area.y()
        line_height = 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if x > area.x() and x + size.width() > area.x() + area.width():
                x = area.x()
                y = y + line_height + self.spacing()
                line_height = 0
            if move:
                item.setGeometry(QRect(x, y, size.width(), size.height()))
            x += size.width() + self.spacing()
            line_height = max(line_height, size.height())
        return y + line_height - area.y()


class ChipRow(QWidget):
    """A choice of one filter; each chip is named ``<name>.<value>``.

    ``options``: (value, message key).
    """

    chosen = Signal(str)

    def __init__(self, name: str, options: Sequence[tuple[str, str]], *, value: str) -> None:
        super().__init__()
        self.setObjectName(name)
        # the policy "Fixed" would keep the chips on one line
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._flow = FlowLayout()
        self._group = QButtonGroup(self)
        self._chips: dict[str, Button] = {}
        self.setLayout(self._flow)
        self.set_options(options, value=value)
        self._group.buttonClicked.connect(self._clicked)

    def set_options(self, options: Sequence[tuple[str, str]], *, value: str) -> None:
        """Show other chips and choose ``value`` without emitting a signal."""
        for chip in self._chips.values():
            self._group.removeButton(chip)
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = {option: self._chip(option, key) for option, key in options}
        self.set_value(value)
        self.updateGeometry()

    def _chip(self, option: str, key: str) -> Button:
        chip = Button(key, "chip", name=f"{self.objectName()}.{option}")
        chip.setProperty("chip", True)
        chip.setProperty("value", option)
        chip.setCheckable(True)
        self._group.addButton(chip)
        self._flow.addWidget(chip)
        chip.show()  # a layout shows what is added to a visible widget only later
        return chip

    def value(self) -> str:
        """The chosen filter."""
        return next(option for option, chip in self._chips.items() if chip.isChecked())

    def set_value(self, value: str) -> None:
        """Choose ``value`` without emitting a signal."""
        self._chips[value].setChecked(True)

    def clear_choice(self) -> None:
        """Choose nothing; ``value`` may be asked again once a chip was clicked."""
        self._group.setExclusive(False)
        for chip in self._chips.values():
            chip.setChecked(False)
        self._group.setExclusive(True)

    def set_words(self, value: str, key: str, **values: object) -> None:
        """Show another message on the chip of ``value``, for example with a count."""
        self._chips[value].set_key(key, **values)
        self.updateGeometry()

    def _clicked(self, chip: QAbstractButton) -> None:
        self.chosen.emit(str(chip.property("value")))
