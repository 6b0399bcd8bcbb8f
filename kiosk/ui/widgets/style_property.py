"""Dynamic properties that the style sheet selects by."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QWidget,
)


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet selects by, and restyle the widget."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
