"""How a node's connection with its fleet is doing, for screens, metrics and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kiosk.core.errors import KioskError


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """``connected``: whether the last round reached the centre; ``contact_at``: when one last did.

    ``problem``: what keeps the node from following, if anything. ``refused``: whether that is a
    line of the feed which it does not believe. ``behind``: lines of the feed that it has not read
    yet. ``unsent``: whether changes of staff or rows of the logs wait here.
    """

    member: bool = False
    connected: bool = False
    contact_at: datetime | None = None
    problem: KioskError | None = None
    refused: bool = False
    behind: int = 0
    unsent: bool = False
