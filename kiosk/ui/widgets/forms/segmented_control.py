"""A choice of a few options side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QSizePolicy,
)

from kiosk.ui.fitting import fit
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import flow


class SegmentedControl(QFrame):
    """A choice of a few options; each button is named ``<name>.<value>``.

    ``options``: (value, message key); an empty key shows ``icons[value]`` only.
    """

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str]],
        *,
        value: str | None = None,
        icons: dict[str, str] | None = None,
        hints: dict[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("segments", True)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, Button] = {}
        for option, key in options:
            self._buttons[option] = self._segment(
                name, option, key, (icons or {}).get(option), (hints or {}).get(option, "")
            )
        line = flow(*self._buttons.values(), gap=0.5)
        fit(line, margin=0.5)
        self.setLayout(line)
        policy = QSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.set_value(value or options[0][0])
        self._group.buttonClicked.connect(self._clicked)

    def _segment(self, name: str, option: str, key: str, icon: str | None, hint: str) -> Button:
        button = Button(key, "ghost", icon, name=f"{name}.{option}", hint=hint)
        button.setProperty("segment", True)
        button.setProperty("value", option)
        button.setCheckable(True)
        self._group.addButton(button)
        return button

    def buttons(self) -> list[Button]:
        """The buttons in their order."""
        return list(self._buttons.values())

    def value(self) -> str:
        """The chosen option."""
        return next(option for option, button in self._buttons.items() if button.isChecked())

    def set_value(self, value: str) -> None:
        """Choose ``value`` without emitting a signal."""
        self._buttons[value].setChecked(True)

    def _clicked(self, button: QAbstractButton) -> None:
        self.chosen.emit(str(button.property("value")))
