"""A headline in two languages."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from kiosk.ui.i18n import language, other_language, tr_in
from kiosk.ui.theme import SIZES, theme
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, spacing

QWIDGETSIZE_MAX = 16777215
LARGE_TEXT = 1.4
"""Text size from which a headline has space for one line more."""


class BilingualHeadline(QWidget):
    """A headline with the second language small beneath it, with space for a number of lines."""

    def __init__(self, name: str, *, size: int = 28, lines: int = 2, other_lines: int = 2) -> None:
        super().__init__()
        self.setObjectName(name)
        self.headline = Label("", size=size, bold=True, wrap=True, name=f"{name}.headline")
        self.other = Label("", size=SIZES[1], quiet=True, wrap=True, name=f"{name}.other")
        self.setLayout(column(self.headline, self.other, None, gap=0.5))
        self._lines = (lines, other_lines)
        self._centred = False
        self.rescale()
        self._key = ""
        self._values = dict[str, object]()
        language().changed.connect(self._retranslate)

    @property
    def key(self) -> str:
        """The message key shown."""
        return self._key

    def set_key(self, key: str, **values: object) -> None:
        """Show the message ``key`` in both languages."""
        if (key, values) != (self._key, self._values):
            self._key = key
            self._values = values
            self.headline.set_key(key, **values)
            self._retranslate("")

    def centre(self) -> None:
        """Centre the text and let the height follow it."""
        for label in (self.headline, self.other):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._centred = True
        self.setMinimumHeight(0)
        self.setMaximumHeight(QWIDGETSIZE_MAX)

    def rescale(self) -> None:
        """Keep the space for the lines at the present scale."""
        if not self._centred:
            lines, other_lines = self._lines
            lines += theme().text_scale > LARGE_TEXT
            self.setFixedHeight(
                _line(self.headline) * lines + _line(self.other) * other_lines + spacing(0.5)
            )

    def set_tones(self, headline: str, other: str) -> None:
        """Set the colours of both lines."""
        self.headline.set_tone(headline)
        self.other.set_tone(other)

    def _retranslate(self, _code: str) -> None:
        self.other.set_text(tr_in(other_language(), self._key, **self._values) if self._key else "")


def _line(label: QLabel) -> int:
    return label.fontMetrics().lineSpacing()
