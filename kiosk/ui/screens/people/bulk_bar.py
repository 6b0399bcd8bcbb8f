"""How many people are selected, and what to do with them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.formatting import count_text
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row


class BulkBar(Card):
    """Shown while people are selected by touch: the number, all of the list, none, actions."""

    allWanted = Signal()
    noneWanted = Signal()
    actWanted = Signal()

    def __init__(self) -> None:
        super().__init__(name="peopleBulkBar", margin=1)
        self.count = Label("", bold=True, name="peopleBulkCount")
        self.count.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.everybody = Button("people.bulk.all", icon="list", name="peopleBulkAll")
        self.nobody = Button("people.bulk.none", "ghost", name="peopleBulkNone")
        self.act = Button("people.bulk.act", "primary", "people", name="peopleBulkAct")
        flow = FlowLayout()
        for widget in (self.everybody, self.nobody, self.act):
            flow.addWidget(widget)
        buttons = QWidget()
        buttons.setLayout(flow)
        line = row(self.count, buttons, gap=2)
        line.setStretch(1, 1)
        self.body.addLayout(line)
        self.everybody.clicked.connect(self.allWanted)
        self.nobody.clicked.connect(self.noneWanted)
        self.act.clicked.connect(self.actWanted)
        self.show_count(0, 0)
        self.hide()

    def show_count(self, selected: int, listed: int) -> None:
        """Show how many are selected, and how many the list has."""
        self.count.set_key("people.bulk.count", n=count_text(selected))
        self.everybody.set_key("people.bulk.all", n=count_text(listed))
        self.nobody.setEnabled(selected > 0)
        self.act.setEnabled(selected > 0)
