"""A full-page notice: what is wrong, and what happens next."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from kiosk.ui.i18n import language, other_language, tr_in
from kiosk.ui.theme import SIZES
from kiosk.ui.widgets.charts.rings import TimeRing
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row


class Notice(QWidget):
    """A symbol, a headline in two languages, and what happens next."""

    def __init__(self, name: str = "notice") -> None:
        super().__init__()
        self.setObjectName(name)
        self.ring = TimeRing(176, name=f"{name}.ring")
        self.headline = Label("", size=SIZES[4], bold=True, wrap=True, name=f"{name}.headline")
        self.other = Label("", size=SIZES[2], quiet=True, wrap=True, name=f"{name}.other")
        self.next = Label("", size=SIZES[2], wrap=True, lines=2, name=f"{name}.next")
        for label in (self.headline, self.other, self.next):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setLayout(
            column(
                None,
                row(None, self.ring, None),
                3,
                self.headline,
                self.other,
                2,
                self.next,
                None,
                gap=1,
                margin=3,
            )
        )
        self._key = ""
        language().changed.connect(self._retranslate)

    def show_notice(
        self,
        icon: str,
        key: str,
        next_key: str,
        tone: str = "quiet",
        shape: str = "circle",
        values: Mapping[str, object] = {},
    ) -> None:
        """Show the messages ``key`` and ``next_key`` under ``icon`` in the colour ``tone``.

        ``values``: for the placeholders of ``next_key``.
        """
        self._key = key
        self.ring.set_symbol(icon, shape=shape, ink=tone, track="line")
        self.ring.set_time(0.0, 0.0)
        self.headline.set_key(key)
        self.next.set_key(next_key, **values)
        self._retranslate("")

    def count_down(self, remaining: float, duration: float, words: str) -> None:
        """Show ``words`` in an emptying ring instead of the icon."""
        self.ring.set_time(remaining, duration)
        self.ring.set_words(words)

    def _retranslate(self, _code: str) -> None:
        self.other.set_text(tr_in(other_language(), self._key) if self._key else "")
