"""A line of a list: words, and a button that does something about them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget

from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import row


def add_line(lines: QLayout, words: Label, button: Button) -> None:
    """Add ``words``, with ``button`` at their right, to ``lines``."""
    words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
    line = QWidget()
    layout = row(words, button)
    layout.setStretch(0, 1)
    line.setLayout(layout)
    lines.addWidget(line)
    line.show()  # a layout shows what is added to a visible widget only later
