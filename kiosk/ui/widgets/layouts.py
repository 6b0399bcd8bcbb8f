"""Rows and columns on the 8 px grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLayout,
    QVBoxLayout,
    QWidget,
)

from kiosk.ui.theme import UNIT

LayoutT = TypeVar("LayoutT", bound=QBoxLayout)
Item = QWidget | QLayout | int | None
"""What a row or column holds: a widget, a layout, grid units of space, or ``None`` to stretch."""


def spacing(units: float) -> int:
    """Logical pixels of ``units`` steps of the 8 px grid."""
    return round(units * UNIT)


def row(*items: Item, gap: float = 1, margin: float = 0) -> QHBoxLayout:
    """A horizontal layout of ``items``; ``gap`` and ``margin`` in grid units."""
    return _fill(QHBoxLayout(), items, gap, margin)


def column(*items: Item, gap: float = 1, margin: float = 0) -> QVBoxLayout:
    """A vertical layout of ``items``; ``gap`` and ``margin`` in grid units."""
    return _fill(QVBoxLayout(), items, gap, margin)


def _fill(layout: LayoutT, items: Sequence[Item], gap: float, margin: float) -> LayoutT:
    layout.setSpacing(spacing(gap))
    layout.setContentsMargins(*[spacing(margin)] * 4)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(spacing(item))
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)
    return layout
