"""Where widgets lie on the glass."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QWidget


def on_glass(widget: QWidget) -> QRect:
    """Return the place of ``widget`` in pixels of the display."""
    return QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())


def arrow_towards(focused: QWidget | None, wanted: QWidget) -> str:
    """The arrow key that leads from one button of an exclusive group towards another, or none."""
    if not (isinstance(focused, QAbstractButton) and isinstance(wanted, QAbstractButton)):
        return ""
    group = focused.group()
    if group is None or group is not wanted.group() or not group.exclusive():
        return ""
    here, there = on_glass(focused).center(), on_glass(wanted).center()
    if abs(there.y() - here.y()) > focused.height() // 2:
        return "Down" if there.y() > here.y() else "Up"
    return "Right" if there.x() > here.x() else "Left"


def scroll_area_of(widget: QWidget) -> QScrollArea | None:
    """Return the nearest area that scrolls ``widget``."""
    ancestor = widget.parentWidget()
    while ancestor is not None and not isinstance(ancestor, QScrollArea):
        ancestor = ancestor.parentWidget()
    return ancestor


def in_sight(widget: QWidget, area: QScrollArea) -> bool:
    """Whether the whole widget is seen, or the middle of one that is larger than the area."""
    view, place = on_glass(area.viewport()), on_glass(widget)
    fits = place.height() <= view.height() and place.width() <= view.width()
    return view.contains(place) if fits else view.contains(place.center())
