"""The area of a screen: as large as the glass, and larger and scrolling if the screen needs it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QScroller, QWidget

from kiosk.ui.theme import px, style_sheet, theme

SMALLEST = QSize(160, 120)
RESERVE = 4
"""Pixels at scale 1 that a screen that scrolls gets beyond its minimum height."""


class OverflowArea(QScrollArea):
    """Gives ``content`` the whole area, or its minimum size where that is larger.

    Unlike a resizable ``QScrollArea`` it asks for the minimum height at the present width, not for
    the preferred one, so that a page that scrolls inside does not scroll as a whole too.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setWidget(content)
        content.installEventFilter(self)
        self._styled = -1
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def follow_scale(self) -> None:
        """Let the content follow the scale if it can."""
        follow = getattr(self._content, "follow_scale", None)
        if follow is not None and self.window().isVisible():
            follow()
            self._fit_content()

    def to_start(self) -> None:
        """Scroll to the top left corner."""
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return SMALLEST

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # first as small as the area, so that a screen that fits parts to its width lets go of them
        self._content.resize(self.maximumViewportSize())
        self._fit_content()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # events still come while the interpreter takes this object apart
        if watched is getattr(self, "_content", None) and event.type() == QEvent.Type.LayoutRequest:
            self._fit_content()
        return super().eventFilter(watched, event)

    def _style_bars(self) -> None:
        """Style the bars, which the style sheet of the content does not reach."""
        if self._styled != theme().revision:
            self._styled = theme().revision
            lines = style_sheet(theme().tokens).splitlines()
            sheet = "\n".join(line for line in lines if line.startswith("QScrollBar"))
            for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
                bar.setStyleSheet(sheet)

    def _fit_content(self) -> None:
        self._style_bars()
        size = self.maximumViewportSize()
        needed = self._needed(size.width())
        bar = self.verticalScrollBar().sizeHint().width()
        if needed.height() > size.height():
            needed = self._needed(size.width() - bar)
            size.setWidth(size.width() - bar)
            # nested boxes with lines that wrap need a few pixels more than they say
            needed.setHeight(needed.height() + px(RESERVE))
        if needed.width() > size.width():
            size.setHeight(size.height() - self.horizontalScrollBar().sizeHint().height())
        self._content.resize(size.expandedTo(needed))

    def _needed(self, width: int) -> QSize:
        """The smallest size of the content at a width of ``width`` logical pixels."""
        least = self._content.minimumSizeHint().expandedTo(self._content.minimumSize())
        layout = self._content.layout()
        if layout is not None and layout.hasHeightForWidth():
            at = max(width, least.width())
            least.setHeight(max(layout.totalMinimumHeightForWidth(at), 0))
        return least
