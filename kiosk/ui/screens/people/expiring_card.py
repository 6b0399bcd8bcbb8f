"""How many people's periods end soon."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal

from kiosk.ui.formatting import count_text
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.card import Card
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row


class ExpiringCard(Card):
    """A line with a button that lists them; hidden while there are none."""

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__(name="peopleExpiring", margin=1.5)
        self._any = False
        self._away = False
        self.text = Label("", wrap=True, name="peopleExpiringText")
        self.show_button = Button("people.expiring.show", icon="clock", name="peopleExpiringShow")
        line = row(self.text, self.show_button, gap=2)
        line.setStretch(0, 1)
        line.setAlignment(self.text, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(line)
        self.show_button.clicked.connect(self.wanted)
        self.hide()

    def show_count(self, people: int, days: int) -> None:
        """Show that the periods of ``people`` end within ``days``."""
        self.text.set_key("people.expiring.text", n=count_text(people), days=days)
        self._any = people > 0
        self.setVisible(self._any and not self._away)

    def set_away(self, away: bool) -> None:
        """Leave the room to the list while people are selected."""
        self._away = away
        self.setVisible(self._any and not away)
