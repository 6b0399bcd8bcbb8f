"""Checks of a window's layout: nothing cut off, nothing covered, nothing out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QWidget,
)

from kiosk.ui.theme import TOUCH_FLOOR
from kiosk.ui.widgets.labels import ElidedLabel

ELIDED_TO = "0…"
"""What an elided text shows at least."""
SLACK = 1
"""Logical pixels that rounding may cost."""


def problems(root: QWidget) -> list[str]:
    """Everything visible in ``root`` that is cut off, covered, out of reach or too small."""
    shown = [widget for widget in root.findChildren(QWidget) if widget.isVisible()]
    return [
        *(f"cut: {_described(widget)}" for widget in shown if not _holds_its_text(widget)),
        *(f"small: {_described(widget)}" for widget in shown if not _is_large_enough(widget)),
        *(f"outside: {_described(widget)}" for widget in shown if not _lies_inside(widget)),
        *(
            f"covered: {_described(one)} and {_described(other)}"
            for widget in (root, *shown)
            for one, other in _overlaps(widget)
        ),
        *(f"sideways: {_described(widget)}" for widget in shown if not _scrolls(widget)),
    ]


def _holds_its_text(widget: QWidget) -> bool:
    if isinstance(widget, ElidedLabel):
        letters = widget.fontMetrics()
        whole = letters.horizontalAdvance(widget.full_text())
        return widget.width() + SLACK >= min(whole, letters.horizontalAdvance(ELIDED_TO))
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            across = _widest_piece(widget) <= widget.contentsRect().width() + SLACK
            return across and widget.heightForWidth(widget.width()) <= widget.height() + SLACK
        return _as_large_as(widget, widget.sizeHint())
    if isinstance(widget, QPushButton | QCheckBox | QRadioButton) and widget.text():
        # a line is higher than its letters: a key may be lower than the line
        letters = widget.fontMetrics().tightBoundingRect(widget.text()).height()
        return _as_large_as(widget, QSize(widget.minimumSizeHint().width(), letters))
    if isinstance(widget, QLineEdit) and widget.isReadOnly() and widget.text():
        return True  # it scrolls
    return True


def _widest_piece(label: QLabel) -> float:
    """Width of the longest piece of text that cannot be broken across lines."""
    layout = QTextLayout(label.text(), label.font())
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    layout.setTextOption(option)
    layout.beginLayout()
    widest = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(1.0)
        widest = max(widest, line.naturalTextWidth())
    layout.endLayout()
    return widest


def _as_large_as(widget: QWidget, size: QSize) -> bool:
    return size.width() <= widget.width() + SLACK and size.height() <= widget.height() + SLACK


def _is_large_enough(widget: QWidget) -> bool:
    """Whether a finger finds what it can press; buttons inside a field or a spin box are spared."""
    if not isinstance(widget, QAbstractButton | QLineEdit | QComboBox | QAbstractSpinBox):
        return True
    if isinstance(widget.parentWidget(), QAbstractSpinBox | QComboBox | QLineEdit):
        return True
    if widget.objectName().startswith("input") or widget.objectName().startswith("qt_"):
        return True
    floor = TOUCH_FLOOR - SLACK
    narrow = isinstance(widget, QCheckBox | QRadioButton) or widget.property("keycap")
    return widget.height() >= floor and (bool(narrow) or widget.width() >= floor)


def _lies_inside(widget: QWidget) -> bool:
    """Whether ``widget`` lies in its parent; what a scroll area holds may be larger."""
    parent = widget.parentWidget()
    if parent is None or widget.isWindow():
        return True
    area = parent.parentWidget()
    if isinstance(area, QAbstractScrollArea) and area.viewport() is parent:
        return True
    if isinstance(parent, QAbstractScrollArea | QAbstractItemView):
        return True
    grown = parent.rect().adjusted(-SLACK, -SLACK, SLACK, SLACK)
    return grown.contains(widget.geometry()) or widget.geometry().isEmpty()


def _overlaps(parent: QWidget) -> Iterator[tuple[QWidget, QWidget]]:
    """Pairs of widgets in the layout of ``parent`` that cover each other."""
    layout = parent.layout()
    if layout is None:
        return
    placed = [w for w in _placed(layout) if w.isVisible() and w.parentWidget() is parent]
    for one, other in combinations(placed, 2):
        common: QRect = one.geometry().intersected(other.geometry())
        if common.width() > SLACK and common.height() > SLACK:
            yield one, other


def _placed(layout: QLayout) -> Iterator[QWidget]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield widget
        elif inner is not None:
            yield from _placed(inner)


def _scrolls(widget: QWidget) -> bool:
    """Whether everything in a scroll area can be scrolled to, and without going sideways."""
    if not isinstance(widget, QScrollArea) or widget.widget() is None:
        return True
    content = widget.widget()
    off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    view = widget.viewport().size()
    return content.width() <= view.width() + SLACK and (
        widget.verticalScrollBarPolicy() != off or content.height() <= view.height() + SLACK
    )


def _described(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    place = widget.mapTo(widget.window(), QPoint(0, 0))
    names = [widget.objectName()]
    parent = widget.parentWidget()
    while parent is not None and not any(names):
        names.append(parent.objectName())
        parent = parent.parentWidget()
    return (
        f"{type(widget).__name__} {'<'.join(names)} {words[:30]!r} at {place.toTuple()} "
        f"{widget.size().toTuple()} needs {widget.sizeHint().toTuple()}"
    )
