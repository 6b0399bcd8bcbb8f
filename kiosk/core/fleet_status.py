"""How a node's connection with its fleet is doing, for screens, metrics and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kiosk.core.errors import KioskError


class WhenStale(StrEnum):
    """What a door does once its lease has run out."""

    FACES_OFF = "faces_off"
    """No face is compared; those who enter by PIN or card go on."""
    LOCKED = "locked"
    GO_ON = "go_on"


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """``connected``: whether the last round reached the centre; ``contact_at``: when one last did.

    ``problem``: what keeps the node from following, if anything. ``refused``: whether that is a
    line of the feed which it does not believe. ``behind``: lines of the feed that it has not read
    yet. ``unsent``: whether changes of staff or rows of the logs wait here.
    ``conflicts``: those that staff have not settled yet.
    """

    member: bool = False
    connected: bool = False
    contact_at: datetime | None = None
    problem: KioskError | None = None
    refused: bool = False
    behind: int = 0
    unsent: bool = False
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class FleetGauges:
    """What monitoring shows of the fleet. ``lease_over``: faces, or everybody, are refused."""

    sync: SyncStatus
    lease_left_s: float | None
    lease_over: bool
