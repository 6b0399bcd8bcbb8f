"""A state as symbol, text and colour."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import (
    Qt,
)

BADGE_ROLE = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class StatusBadge:
    """A state: ``icon`` of ``kiosk.ui.icons``, ``key`` of a message, ``tone`` of a label."""

    icon: str
    key: str
    tone: str
