"""The staff's page before the consents: hand the kiosk to the person."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column
from kiosk.ui.widgets.low_page import LowPage
from kiosk.ui.widgets.scrolling import scroll_area


class HandOverPage(LowPage):
    """Says what comes next, and after a refusal that nobody was enrolled."""

    handedOver = Signal()
    back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = Label("", size=SIZES[2], bold=True, wrap=True, name="enrolHandOverTitle")
        self.refused = Label("enrol.hand_over.refused", bold=True, wrap=True, name="enrolRefused")
        self.refused.set_tone("wait")
        self.unnamed = Label("enrol.hand_over.unnamed", wrap=True, name="enrolUnnamed")
        self.unnamed.set_tone("wait")
        self.unnamed.hide()
        self.hand_over = Button("enrol.hand_over.start", "primary", "forward", name="enrolHandOver")
        self.back_button = Button("admin.back", name="enrolBack")
        text = Label("enrol.hand_over.text", wrap=True)
        card = Card(self.title, text, self.unnamed, self.refused, gap=2)
        inner = QWidget()
        inner.setLayout(column(card, None))
        buttons = QWidget()
        flow = FlowLayout(gap=2)
        buttons.setLayout(flow)
        flow.addWidget(self.back_button)
        flow.addWidget(self.hand_over)
        layout = column(scroll_area(inner), buttons, gap=2)
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.hand_over.clicked.connect(self.handedOver)
        self.back_button.clicked.connect(self.back)
        self.begin("")

    def begin(self, person: str) -> None:
        """Show whom to hand the kiosk to."""
        self.title.set_key("enrol.hand_over.title", name=person)
        self.refused.setVisible(False)

    def show_unnamed(self, unnamed: bool) -> None:
        """Warn if the texts of consent name nobody who is responsible for the data."""
        self.unnamed.setVisible(unnamed)

    def show_refused(self) -> None:
        """Show that the person refused a consent without which nobody is enrolled."""
        self.refused.setVisible(True)
