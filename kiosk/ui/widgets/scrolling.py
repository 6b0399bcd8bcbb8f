"""Scroll areas, and scrolling a widget into view."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QScroller, QWidget

from kiosk.ui.theme import px
from kiosk.ui.widgets.layouts import spacing

STEP = 20
"""Pixels at scale 1 that an arrow key scrolls; a notch of a wheel scrolls three times as much."""


class _Area(QScrollArea):
    """Its steps follow the scale: a page takes as many turns of a wheel on every display."""

    def rescale(self) -> None:
        """Take the step of the present scale."""
        self.verticalScrollBar().setSingleStep(px(STEP))


def scroll_area(content: QWidget | None = None) -> QScrollArea:
    """A frameless area that scrolls vertically, and sideways if its content cannot be narrower."""
    area = _Area()
    area.rescale()
    area.setWidgetResizable(True)
    # sideways only as a last resort, for a very small glass with very large text
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    QScroller.grabGesture(area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    if content is not None:
        area.setWidget(content)
    return area


def reveal(widget: QWidget) -> None:
    """Scroll the enclosing scroll area until ``widget`` is fully visible."""
    ancestor = widget.parentWidget()
    while ancestor is not None and not isinstance(ancestor, QScrollArea):
        ancestor = ancestor.parentWidget()
    if isinstance(ancestor, QScrollArea):
        content_widget = ancestor.widget()
        if content_widget is not None:
            content_widget.adjustSize()  # a widget that was just shown is not laid out yet
        ancestor.ensureWidgetVisible(widget, 0, spacing(2))
        ancestor.horizontalScrollBar().setValue(0)  # it scrolls vertically only
