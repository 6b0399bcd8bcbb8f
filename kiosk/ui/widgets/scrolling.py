"""Scroll areas, and scrolling a widget into view."""

from __future__ import annotations

from PySide6.QtCore import (
    Qt,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from kiosk.ui.widgets.layouts import spacing


def scroll_area(content: QWidget | None = None) -> QScrollArea:
    """A frameless area that scrolls up and down only."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if content is not None:
        area.setWidget(content)
    return area


def reveal(widget: QWidget) -> None:
    """Scroll the area around ``widget`` until all of it is in sight."""
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    if isinstance(above, QScrollArea):
        inside = above.widget()
        if inside is not None:
            inside.adjustSize()  # what has just been shown is not laid out yet
        above.ensureWidgetVisible(widget, 0, spacing(2))
