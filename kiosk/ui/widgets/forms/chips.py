"""Filter chips that wrap to the next line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QSizePolicy,
    QWidget,
)

from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import FlowLayout


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
