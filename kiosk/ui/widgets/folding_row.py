"""Widgets side by side, or one above the other where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QBoxLayout, QWidget

from kiosk.ui.fitting import fit
from kiosk.ui.theme import text_px
from kiosk.ui.widgets.folding import Folding

ACROSS = QBoxLayout.Direction.LeftToRight
DOWN = QBoxLayout.Direction.TopToBottom


class FoldingRow(Folding):
    """Holds ``items`` side by side, with ``stretches`` as their shares of the width.

    It folds where an item would be narrower than its minimum, or the row narrower than ``least``
    pixels at scale 1 (for text). ``gap`` in grid units. ``top`` keeps the items as high as they
    need, side by side at the top.
    """

    def __init__(
        self,
        *items: QWidget,
        stretches: Sequence[int] = (),
        gap: float = 2,
        least: float = 0,
        top: bool = False,
    ) -> None:
        super().__init__()
        self._items = items
        self._least = least
        self.line = fit(QBoxLayout(ACROSS, self), gap=gap, margin=0)
        shares = stretches or [1] * len(items)
        for item, share in zip(items, shares, strict=True):
            if top:
                self.line.addWidget(item, share, Qt.AlignmentFlag.AlignTop)
            else:
                self.line.addWidget(item, share)

    @property
    def folded(self) -> bool:
        """Whether the items are one above the other."""
        return self.line.direction() is DOWN

    def minimumSizeHint(self) -> QSize:
        widest = max((self._width_of(item) for item in self._items), default=0)
        return QSize(widest, self.line.minimumSize().height())

    def fold(self, width: int) -> None:
        """Place the items side by side where they fit into ``width`` pixels."""
        shown = [self._width_of(item) for item in self._items if not item.isHidden()]
        needed = max(
            sum(shown) + self.line.spacing() * max(0, len(shown) - 1), text_px(self._least)
        )
        direction = DOWN if width < needed else ACROSS
        if direction is not self.line.direction():
            self.line.setDirection(direction)
            self.updateGeometry()

    @staticmethod
    def _width_of(item: QWidget) -> int:
        return max(item.minimumSizeHint().width(), item.minimumWidth())
