"""A page of a stack that can be as low as its parts."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


class LowPage(QWidget):
    """Asks for its least height at a width, not for the one that it prefers.

    A stack is as high as its pages ask for: one page that scrolls inside and asks for all its
    content makes every page higher than a small display, with the buttons beyond the edge.
    """

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        if layout is None or not layout.hasHeightForWidth():
            return -1
        return layout.totalMinimumHeightForWidth(width)
