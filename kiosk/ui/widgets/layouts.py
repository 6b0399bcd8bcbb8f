"""Rows and columns on the 8 px grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtWidgets import (
    QHBoxLayout,
    QLayout,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from kiosk.ui.fitting import fit
from kiosk.ui.theme import spacing

__all__ = ["Item", "clear", "column", "row", "spacing"]

Item = QWidget | QLayout | int | None
"""What a row or column holds: a widget, a layout, grid units of space, or ``None`` to stretch."""


class _Row(QHBoxLayout):
    """A row whose fixed spaces follow the scale."""

    def __init__(self) -> None:
        super().__init__()
        self._spaces: list[tuple[QSpacerItem, float]] = []

    def add_space(self, units: float) -> None:
        """Add a space of ``units`` grid units."""
        spacer = QSpacerItem(spacing(units), 0)
        self._spaces.append((spacer, units))
        self.addItem(spacer)

    def rescale(self) -> None:
        """Apply the present scale to the spaces."""
        for spacer, units in self._spaces:
            spacer.changeSize(spacing(units), 0)
        if self._spaces:
            self.invalidate()


class _Column(QVBoxLayout):
    """A column whose fixed spaces follow the scale."""

    def __init__(self) -> None:
        super().__init__()
        self._spaces: list[tuple[QSpacerItem, float]] = []

    def add_space(self, units: float) -> None:
        """Add a space of ``units`` grid units."""
        spacer = QSpacerItem(0, spacing(units))
        self._spaces.append((spacer, units))
        self.addItem(spacer)

    def rescale(self) -> None:
        """Apply the present scale to the spaces."""
        for spacer, units in self._spaces:
            spacer.changeSize(0, spacing(units))
        if self._spaces:
            self.invalidate()


LayoutT = TypeVar("LayoutT", _Row, _Column)


def row(*items: Item, gap: float = 1, margin: float = 0) -> QHBoxLayout:
    """A horizontal layout of ``items``; ``gap`` and ``margin`` in grid units."""
    return _fill(_Row(), items, gap, margin)


def column(*items: Item, gap: float = 1, margin: float = 0) -> QVBoxLayout:
    """A vertical layout of ``items``; ``gap`` and ``margin`` in grid units."""
    return _fill(_Column(), items, gap, margin)


def _fill(layout: LayoutT, items: Sequence[Item], gap: float, margin: float) -> LayoutT:
    fit(layout, gap=gap, margin=margin)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.add_space(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)
    return layout


def clear(layout: QLayout) -> None:
    """Remove every widget from ``layout``; Qt deletes them once their events are dealt with."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
