"""A line of widgets that wraps to further lines when it is too wide."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QSpacerItem, QWidget

from kiosk.ui.fitting import fit


class FlowLayout(QLayout):
    """Places widgets like words: side by side, then on the next line.

    Give a page's head or a line of buttons that can be wide to ``flow``. A widget is as wide as its
    size hint, or as the line where that is narrower. What ``add_stretch`` adds takes the space that
    a line leaves, and so does a widget with an expanding size policy.
    """

    def __init__(self, gap: float = 1) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        fit(self, gap=gap, margin=0)

    def add_stretch(self) -> None:
        """Push what follows to the right end of its line."""
        self.addItem(QSpacerItem(0, 0, QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum))

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation.Horizontal if any(map(_stretches, self._items)) else Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        inner = width - margins.left() - margins.right()
        return self._place(QRect(0, 0, inner, 0), move=False) + margins.top() + margins.bottom()

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        self._place(area.marginsRemoved(self.contentsMargins()), move=True)

    def sizeHint(self) -> QSize:
        shown = [item.sizeHint() for item in self._shown()]
        gaps = max(0, sum(not _is_space(item) for item in self._shown()) - 1)
        width = sum(size.width() for size in shown) + self.spacing() * gaps
        height = max((size.height() for size in shown), default=0)
        return QSize(width, height).grownBy(self.contentsMargins())

    def minimumSize(self) -> QSize:
        shown = [item.minimumSize() for item in self._shown()]
        width = max((size.width() for size in shown), default=0)
        height = max((size.height() for size in shown), default=0)
        return QSize(width, height).grownBy(self.contentsMargins())

    def _shown(self) -> list[QLayoutItem]:
        """The items that take part; a spacer counts as empty but stretches."""
        return [item for item in self._items if _is_space(item) or not item.isEmpty()]

    def _place(self, area: QRect, *, move: bool) -> int:
        """Lay the items out in ``area`` and return the height that they need."""
        y = area.y()
        for line in self._lines(area.width()):
            y += self._place_line(line, QRect(area.x(), y, area.width(), 0), move=move)
            y += self.spacing()
        return max(0, y - area.y() - self.spacing())

    def _lines(self, room: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = [[]]
        used = 0
        for item in self._shown():
            width = 0 if _is_space(item) else min(item.sizeHint().width(), room)
            if used + width > room and used:
                lines.append([])
                used = 0
            lines[-1].append(item)
            used += width if _is_space(item) else width + self.spacing()
        return lines

    def _place_line(self, line: list[QLayoutItem], area: QRect, *, move: bool) -> int:
        """Place one line at the top of ``area`` and return its height."""
        widths = [0 if _is_space(i) else min(i.sizeHint().width(), area.width()) for i in line]
        gaps = self.spacing() * max(0, sum(not _is_space(item) for item in line) - 1)
        spare = max(0, area.width() - sum(widths) - gaps)
        stretching = [n for n, item in enumerate(line) if _stretches(item)]
        for n in stretching:
            widths[n] += spare // len(stretching)
        heights = [
            item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
            for item, width in zip(line, widths, strict=True)
        ]
        height = max(heights, default=0)
        x = area.x()
        for item, width, own in zip(line, widths, heights, strict=True):
            if move and not _is_space(item):
                item.setGeometry(QRect(x, area.y() + (height - own) // 2, width, own))
            x += width + (0 if _is_space(item) else self.spacing())
        return height


def flow(
    *items: QWidget | QLayout | None, gap: float = 1, grow: QWidget | None = None
) -> FlowLayout:
    """A line of ``items`` that wraps; ``None`` pushes what follows to the right end of its line.

    ``gap`` in grid units, between items and between lines. ``grow`` is the item that takes the
    space that its line leaves.
    """
    layout = FlowLayout(gap)
    if grow is not None:
        policy = grow.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Expanding)
        grow.setSizePolicy(policy)
    for item in items:
        if item is None:
            layout.add_stretch()
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            holder = QWidget()
            holder.setLayout(item)
            layout.addWidget(holder)
    return layout


def _is_space(item: QLayoutItem) -> bool:
    return item.spacerItem() is not None


def _stretches(item: QLayoutItem) -> bool:
    widget = item.widget()
    return _is_space(item) or (
        widget is not None
        and bool(widget.sizePolicy().expandingDirections() & Qt.Orientation.Horizontal)
    )
