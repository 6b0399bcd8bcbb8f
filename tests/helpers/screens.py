"""Finding and pressing what a person sees on a screen."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from kiosk.ui.screens.system.admin_screen import PAGES, SUB_PAGES, AdminScreen


def find(screen: QWidget, name: str) -> QWidget:
    """The one visible widget called ``name``."""
    found = [w for w in screen.findChildren(QWidget, name) if w.isVisible()]
    assert len(found) == 1, f"{len(found)} visible widgets are named {name}"
    return found[0]


def click(qtbot, screen: QWidget, name: str) -> None:
    """Press it."""
    qtbot.mouseClick(find(screen, name), Qt.MouseButton.LeftButton)


def admin_with_every_page() -> AdminScreen:
    """The staff area with all its pages, which are else built when they are opened."""
    screen = AdminScreen()
    for name in (*PAGES, *SUB_PAGES):
        screen.build(name)
    return screen
