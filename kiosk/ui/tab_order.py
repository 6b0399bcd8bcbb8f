"""The order in which Tab goes from one control to the next: that of the layouts.

Qt's own order is that in which widgets were made, so that rows and choices which are made again
while a page is shown would come last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLayout, QWidget


def move_focus(root: QWidget, forward: bool) -> bool:
    """Focus the control of ``root`` after or before the one in focus; return whether there is one.

    As for a press of Tab, also where Qt moves the focus on from what was hidden.
    """
    present = root.window().focusWidget()
    wanted = None if present is None else _neighbour(root, present, forward)
    if wanted is None:
        return False
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    wanted.setFocus(reason)
    return True


def _neighbour(root: QWidget, present: QWidget, forward: bool) -> QWidget | None:
    """Return the control after or before ``present``; ``None`` where there is no other.

    Of a group of buttons of which one is chosen, only that one counts: arrow keys lead to the
    others. ``present`` may have been hidden just now.
    """
    order = list(_in_order(root, present))
    at = order.index(present) if present in order else -1
    around = order[at + 1 :] + order[: max(at, 0)]
    group = _group_of(present)
    others = [
        widget
        for widget in around
        if _takes_tab(widget) and (group is None or _group_of(widget) is not group)
    ]
    if not others:
        return None
    return others[0 if forward else -1]


def _in_order(widget: QWidget, present: QWidget) -> Iterator[QWidget]:
    """Yield what is shown in ``widget``, and ``present``, from the first to the last."""
    placed = [] if (layout := widget.layout()) is None else list(_placed(layout))
    loose = [child for child in widget.children() if isinstance(child, QWidget)]
    for child in dict.fromkeys(placed + loose):
        if child.isWindow():
            continue
        if child.isVisible() or child is present or child.isAncestorOf(present):
            yield child
            yield from _in_order(child, present)


def _placed(layout: QLayout) -> Iterator[QWidget]:
    """Yield the widgets of ``layout``, line by line."""
    for number in sorted(range(layout.count()), key=lambda number: _line(layout, number)):
        item = layout.itemAt(number)
        if item is None:
            continue
        if (widget := item.widget()) is not None:
            yield widget
        elif (inner := item.layout()) is not None:
            yield from _placed(inner)


def _line(layout: QLayout, number: int) -> tuple[int, int]:
    """Return row and column of the item ``number``; in a layout without rows all lie in one."""
    if not isinstance(layout, QGridLayout):
        return (0, number)
    row, column, *_ = cast(tuple[int, int, int, int], layout.getItemPosition(number))
    return (row, column)


def _group_of(widget: QWidget) -> object:
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group if group is not None and group.exclusive() else None


def _takes_tab(widget: QWidget) -> bool:
    if not (widget.isVisible() and widget.isEnabled()):
        return False
    if isinstance(widget, QAbstractButton) and _group_of(widget) is not None:
        group = [one for one in widget.group().buttons() if one.isVisible() and one.isEnabled()]
        chosen = next((one for one in group if one.isChecked()), group[0])
        return widget is chosen and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
