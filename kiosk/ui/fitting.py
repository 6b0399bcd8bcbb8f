"""Lengths and type of widgets and layouts that follow the scale (``kiosk/ui/theme.py``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QGridLayout,
    QLayout,
    QLineEdit,
    QWidget,
)

from kiosk.ui.theme import font, px, spacing, text_px, touch

FittedT = TypeVar("FittedT", bound=QWidget | QLayout)
LENGTHS = "_lengths"
"""The attribute that holds what ``fit`` was given."""


def fit(target: FittedT, **lengths: float) -> FittedT:
    """Give ``target`` its lengths now and whenever the scale changes, and return it.

    Widgets, in pixels at scale 1: ``font`` (with ``bold``), ``touch`` (the smallest width and
    height of a target), ``size`` (fixed width and height of a symbol), and ``width``, ``height``
    (both fixed), ``min_width``, ``max_width``, ``min_height``, ``max_height``. Widths hold text and
    follow the text size too. What a finger touches is never lower than ``theme.TOUCH_FLOOR``.
    Layouts, in grid units: ``gap``, ``across`` and ``down`` (the gaps of a
    grid), ``margin``, or ``left``, ``top``, ``right``, ``bottom``.

    A further call changes the lengths it names and keeps the others. Raise ``ValueError`` for a
    length that ``target`` does not have.
    """
    known: Mapping[str, object] = _OF_WIDGET if isinstance(target, QWidget) else _OF_LAYOUT
    unknown = set(lengths) - set(known)
    if unknown:
        raise ValueError(f"{type(target).__name__} has no length {sorted(unknown)}")
    kept = {**getattr(target, LENGTHS, {}), **lengths}
    setattr(target, LENGTHS, kept)
    _apply(target, kept)
    return target


def rescale(root: QWidget) -> None:
    """Apply the lengths of ``root`` and of everything in it at the present scale.

    Lengths given to ``fit`` come first, then the methods ``rescale`` from the innermost outwards,
    since a widget may compute its length from its children. A screen that is hidden is left out: it
    follows when it is shown.
    """
    objects = _with_descendants(root)
    for item in objects:
        lengths = getattr(item, LENGTHS, None)
        if lengths and isinstance(item, QWidget | QLayout):
            _apply(item, lengths)
    for item in reversed(objects):
        method = getattr(item, "rescale", None)
        if method is not None:
            method()


def _with_descendants(root: QObject) -> list[QObject]:
    found = [root]
    for item in found:  # grows while it is read
        found += [child for child in item.children() if not _waits(child)]
    return found


def _waits(item: QObject) -> bool:
    return hasattr(item, "follow_scale") and isinstance(item, QWidget) and not item.isVisible()


def _apply(target: QWidget | QLayout, lengths: Mapping[str, float]) -> None:
    if isinstance(target, QWidget):
        for name, value in lengths.items():
            _OF_WIDGET[name](target, value, lengths)
    else:
        for name, value in lengths.items():
            _OF_LAYOUT[name](target, value, lengths)


def _height(widget: QWidget, value: float) -> int:
    """The height of ``value`` pixels at scale 1, no lower than a finger needs."""
    touched = isinstance(widget, QAbstractButton | QAbstractSpinBox | QComboBox | QLineEdit)
    return max(px(value), touch(value)) if touched else px(value)


_Lengths = Mapping[str, float]
_OF_WIDGET: dict[str, Callable[[QWidget, float, _Lengths], None]] = {
    "font": lambda w, n, all_: w.setFont(font(n, bold=bool(all_.get("bold")))),
    "bold": lambda w, n, all_: None,
    "touch": lambda w, n, all_: w.setMinimumSize(touch(n), touch(n)),
    "size": lambda w, n, all_: w.setFixedSize(px(n), px(n)),
    "width": lambda w, n, all_: w.setFixedWidth(text_px(n)),
    "height": lambda w, n, all_: w.setFixedHeight(_height(w, n)),
    "min_width": lambda w, n, all_: w.setMinimumWidth(text_px(n)),
    "max_width": lambda w, n, all_: w.setMaximumWidth(text_px(n)),
    "min_height": lambda w, n, all_: w.setMinimumHeight(_height(w, n)),
    "max_height": lambda w, n, all_: w.setMaximumHeight(px(n)),
}


def _set_gap(layout: QLayout, units: float, _all: _Lengths) -> None:
    layout.setSpacing(spacing(units))


def _set_across(layout: QLayout, units: float, _all: _Lengths) -> None:
    if isinstance(layout, QGridLayout):
        layout.setHorizontalSpacing(spacing(units))


def _set_down(layout: QLayout, units: float, _all: _Lengths) -> None:
    if isinstance(layout, QGridLayout):
        layout.setVerticalSpacing(spacing(units))


def _set_margins(layout: QLayout, _units: float, all_: _Lengths) -> None:
    around = all_.get("margin", 0)
    layout.setContentsMargins(
        *(spacing(all_.get(side, around)) for side in ("left", "top", "right", "bottom"))
    )


_OF_LAYOUT: dict[str, Callable[[QLayout, float, _Lengths], None]] = {
    "gap": _set_gap,
    "across": _set_across,
    "down": _set_down,
    **dict.fromkeys(("margin", "left", "top", "right", "bottom"), _set_margins),
}
