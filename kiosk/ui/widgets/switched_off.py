"""A page's only content while its feature is switched off."""

from __future__ import annotations

from PySide6.QtCore import Signal

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row


class SwitchedOff(Card):
    """One sentence, and a button that opens the setting; ``key`` begins ``.title``, ``.text``."""

    settingWanted = Signal()

    def __init__(self, key: str, name: str) -> None:
        self.open = Button("admin.open_setting", "primary", "sliders", name=f"{name}Setting")
        super().__init__(
            Label(f"{key}.title", size=SIZES[2], bold=True, wrap=True, name=f"{name}Title"),
            Label(f"{key}.text", wrap=True, name=f"{name}Text"),
            row(self.open, None),
            name=name,
            gap=2,
        )
        self.open.clicked.connect(self.settingWanted)
