"""A details panel that slides in from the right, over its page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QObject,
    QPoint,
    QPropertyAnimation,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from kiosk.ui.theme import SIZES, px, text_px, theme
from kiosk.ui.widgets.buttons import Button
from kiosk.ui.widgets.labels import Label
from kiosk.ui.widgets.layouts import column, row, spacing
from kiosk.ui.widgets.scrolling import scroll_area

WIDTH = 440
LEFT_BESIDE = 240
"""Width at scale 1 of the page beside the panel below which the panel covers all of it."""
SLIDE_MS = 180


class SidePanel(QFrame):
    """Covers the right edge of ``host`` while open; Escape or its button closes it.

    The panel is named ``name``, its button ``<name>Close``.
    """

    closed = Signal()

    may_close: Callable[[], bool]
    """Asked when somebody closes the panel; ``False`` keeps it open."""

    def __init__(self, host: QWidget, name: str) -> None:
        super().__init__(host)
        self._host = host
        self.may_close = lambda: True
        self.setObjectName(name)
        self.setProperty("card", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = Label("", size=SIZES[2], bold=True, wrap=True, name=f"{name}Title")
        self.close_button = Button("", "ghost", "cross", name=f"{name}Close", hint="admin.close")
        self._area = scroll_area()
        head = row(self.title, self.close_button)
        head.setStretch(0, 1)
        layout = column(head, self._area, gap=2, margin=3)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self._slide = QPropertyAnimation(self, b"pos", self)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._slide.setDuration(SLIDE_MS)
        self.close_button.clicked.connect(self._leave)
        host.installEventFilter(self)
        self.hide()

    def set_content(self, content: QWidget) -> None:
        """Put ``content`` under the title; it scrolls if it is too tall."""
        self._area.setWidget(content)

    @property
    def is_open(self) -> bool:
        """Whether it is open, even while another page is in front."""
        return not self.isHidden()

    def open_panel(self) -> None:
        """Slide in unless open, at the top of the content."""
        self._area.verticalScrollBar().setValue(0)
        if self.is_open:
            return
        place = self._place()
        self.setGeometry(place)
        self.show()
        self.raise_()
        if not theme().reduced_motion:
            self._slide.setStartValue(QPoint(self._host.width(), place.y()))
            self._slide.setEndValue(place.topLeft())
            self._slide.start()

    def close_panel(self) -> None:
        """Close the panel."""
        if self.is_open:
            self._slide.stop()
            self.hide()
            self.closed.emit()

    def _leave(self) -> None:
        if self.may_close():
            self.close_panel()

    def rescale(self) -> None:
        """Take the place of the present scale."""
        if self.is_open:
            self._slide.stop()
            self.setGeometry(self._place())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize and self.is_open:
            self._slide.stop()
            self.setGeometry(self._place())
        return super().eventFilter(watched, event)

    def _place(self) -> QRect:
        gap = spacing(2)
        room = self._host.width() - 2 * gap
        width = min(text_px(WIDTH), room)
        if room - width < px(LEFT_BESIDE):  # a strip too narrow to be of use
            width = room
        return QRect(self._host.width() - width - gap, gap, width, self._host.height() - 2 * gap)
