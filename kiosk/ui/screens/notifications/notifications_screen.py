"""What is told to other machines: a card for each channel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.core.site_events import ChannelState
from kiosk.ui.screens.notifications.channel_card import ChannelCard
from kiosk.ui.screens.screen import Screen
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.flow_layout import FlowLayout
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row
from kiosk.ui.widgets.scrolling import scroll_area

CHANNELS = ("webhook", "email", "messenger", "mqtt")


class NotificationsScreen(Screen):
    """``flushRequested``: send what waits; ``settingsRequested``: open the settings, which hold
    the addresses; ``backRequested``: leave the page. ``cards``: by channel.
    """

    flushRequested = Signal()
    settingsRequested = Signal()
    backRequested = Signal()

    def __init__(self) -> None:
        super().__init__("notificationsScreen")
        self.back = Button("notify.back", "ghost", "back", name="notificationsBack")
        self.title = Label("notify.title", size=SIZES[3], bold=True, wrap=True)
        self.words = Label("notify.words", quiet=True, wrap=True)
        self.error = Label("", wrap=True, name="notificationsError")
        self.error.set_tone("reject")
        self.settings = Button("notify.settings", icon="sliders", name="notificationsSettings")
        self.flush = Button("notify.flush", icon="refresh", name="notificationsFlush")
        self.cards = {name: ChannelCard(name) for name in CHANNELS}
        buttons = QWidget()
        flow = FlowLayout(gap=1)
        for button in (self.settings, self.flush):
            flow.addWidget(button)
        buttons.setLayout(flow)
        inner = QWidget()
        inner.setLayout(column(self.words, self.error, buttons, *self.cards.values(), None, gap=2))
        head = row(self.back, self.title, gap=1)
        head.setStretch(1, 1)
        self._area = scroll_area(inner)
        layout = column(head, self._area, gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.back.clicked.connect(self.backRequested)
        self.settings.clicked.connect(self.settingsRequested)
        self.flush.clicked.connect(self.flushRequested)
        self.reset()

    def opened(self) -> None:
        """Prepare the page for display; the owner brings the states."""
        self._area.verticalScrollBar().setValue(0)

    def reset(self) -> None:
        """Start over, as after signing in."""
        self.show_error("")
        for card in self.cards.values():
            card.reset()

    def show_states(self, states: Sequence[ChannelState], two_admins: bool) -> None:
        """Show how the channels are doing; ``two_admins``: secrets need two administrators."""
        self.show_error("")
        for state in states:
            self.cards[state.name].set_two_admins(two_admins)
            self.cards[state.name].show_state(state)
        self.flush.setEnabled(any(state.waiting for state in states))

    def show_error(self, key: str, **values: object) -> None:
        """Show why there are no states; an empty key hides it."""
        self.error.set_key(key, **values)
        self.error.setVisible(bool(key))
