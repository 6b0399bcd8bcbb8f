"""What happens at a site and is told to other machines: kinds of events, and one event."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kiosk.core.errors import KioskError

NAMED = ("person", "people")
"""The values of an event that name somebody."""


class EventKind(StrEnum):
    """Kinds of events, as they are named in messages and in ``notify.silent``."""

    DOOR_FORCED = "door_forced"
    DOOR_HELD_OPEN = "door_held_open"
    TAMPER = "tamper"
    FIRE = "fire"
    DURESS = "duress"
    DURESS_UNANSWERED = "duress_unanswered"
    UNKNOWN_REFUSED = "unknown_refused"
    STAFF_CALLED = "staff_called"
    LOCK_LOST = "lock_lost"
    LOCK_RESTORED = "lock_restored"
    CAMERA_LOST = "camera_lost"
    CAMERA_RESTORED = "camera_restored"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    BACKUP_FAILED = "backup_failed"
    EXPIRING = "expiring"
    LOW_DISK = "low_disk"
    CLOCK_BEHIND = "clock_behind"
    FLEET_STALE = "fleet_stale"
    FLEET_HEARD = "fleet_heard"
    FLEET_LOST = "fleet_lost"
    FLEET_BACK = "fleet_back"
    FLEET_CONFLICT = "fleet_conflict"
    FLEET_REFUSED = "fleet_refused"
    RECORDS_CHANGED = "records_changed"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """One event. ``id``: random, the same in every try. ``at``: zone-aware local time.

    ``values``: what JSON can hold: texts and numbers; never a picture or a template.
    """

    kind: EventKind
    at: datetime
    values: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def anonymous(self) -> SiteEvent:
        """The event without what names somebody."""
        values = {name: value for name, value in self.values.items() if name not in NAMED}
        return SiteEvent(self.kind, self.at, values, self.id)


Tell = Callable[[SiteEvent], None]
"""Takes an event to be told; returns at once and raises nothing."""


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A message in the queue of ``channel``.

    ``seq``: grows with every message. ``more``: further events of the kind that it stands for.
    ``refused``: how often the receiver refused it.
    """

    seq: int
    channel: str
    event: SiteEvent
    more: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How one channel is doing.

    ``configured``: it has an address. ``problem``: why its settings cannot be used, if so.
    ``waiting``: messages in the queue. ``sent``, ``dropped``: messages since the queue exists;
    dropped ones were too old, too many, or refused. ``last_error``: of the last try that failed,
    ``None`` after one that succeeded.
    """

    name: str
    configured: bool = False
    problem: KioskError | None = None
    waiting: int = 0
    sent: int = 0
    dropped: int = 0
    last_sent: datetime | None = None
    last_error: KioskError | None = None
    last_error_at: datetime | None = None
    retry_at: datetime | None = None
