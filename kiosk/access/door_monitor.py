"""The meaning of the door's inputs over time. Pure: no clock, no threads."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from kiosk.access.locks import Input


class DoorEvent(StrEnum):
    """Recorded events of the door and its lock."""

    OPENED = "door_opened"
    CLOSED = "door_closed"
    FORCED = "door_forced"
    HELD = "door_held_open"
    EXIT = "exit_button"
    TAMPER = "tamper"
    TAMPER_OVER = "tamper_over"
    FIRE = "fire"
    FIRE_OVER = "fire_over"
    OTHER_OPENED = "other_door_opened"
    OTHER_CLOSED = "other_door_closed"
    LOCK_LOST = "lock_lost"
    LOCK_BACK = "lock_restored"
    LATE = "lock_answered_too_late"
    HELP_UNANSWERED = "duress_unanswered"


PAIRS = {
    Input.TAMPER: (DoorEvent.TAMPER, DoorEvent.TAMPER_OVER),
    Input.FIRE: (DoorEvent.FIRE, DoorEvent.FIRE_OVER),
    Input.OTHER_DOOR: (DoorEvent.OTHER_OPENED, DoorEvent.OTHER_CLOSED),
}
GRACE_S = 1.0
"""Tolerance for a door that is pulled just before the lock closes and opens just after."""


class DoorMonitor:
    """Turns inputs into events. An input counts once two consecutive reads agree; the exit button
    at the first read.

    ``held_open_s``: report a door that stays open for longer, once for each opening; 0 never
    reports it.
    """

    def __init__(self, held_open_s: float) -> None:
        self._held_open_s = held_open_s
        self._before: dict[Input, bool] = {}
        self._active: dict[Input, bool] = {}
        self._unlocked_at = float("-inf")
        self._opened_at: float | None = None
        self._held = False
        self._forced = False

    @property
    def alert(self) -> str:
        """The most serious condition now, as the end of a message key; empty if all is well."""
        if self.active(Input.FIRE):
            return "fire"
        if self.active(Input.TAMPER):
            return "tamper"
        if self._forced:
            return "forced"
        return "held_open" if self._held else ""

    def active(self, kind: Input) -> bool:
        """Return whether the input is active, as far as it is known."""
        return self._active.get(kind, False)

    def known(self, kind: Input) -> bool:
        """Return whether the input was ever read."""
        return kind in self._active

    def look(self, inputs: Mapping[Input, bool], unlocked: bool, now: float) -> list[DoorEvent]:
        """Return the events that ``inputs``, read at ``now`` (seconds), add to the earlier reads.

        ``unlocked``: the door may be opened now.
        """
        if unlocked:
            self._unlocked_at = now
        steady = {
            kind
            for kind, on in inputs.items()
            if on == self._before.get(kind) or (kind is Input.EXIT and on)
        }
        self._before = dict(inputs)
        events = []
        for kind in Input:
            if kind in steady and inputs[kind] != self._active.get(kind, False):
                found = kind is Input.CONTACT and kind not in self._active
                self._active[kind] = inputs[kind]
                if found:  # open since before the kiosk started: not forced
                    self._opened_at = now
                else:
                    events += self._changed(kind, inputs[kind], now)
            elif kind in steady:
                self._active[kind] = inputs[kind]
        return events + self._stands_open(now)

    def _changed(self, kind: Input, on: bool, now: float) -> list[DoorEvent]:
        if kind is Input.CONTACT:
            return [self._opened(now) if on else self._closed()]
        if kind is Input.EXIT:
            return [DoorEvent.EXIT] if on else []
        return [PAIRS[kind][0 if on else 1]]

    def _opened(self, now: float) -> DoorEvent:
        self._opened_at = now
        self._forced = now - self._unlocked_at > GRACE_S
        return DoorEvent.FORCED if self._forced else DoorEvent.OPENED

    def _closed(self) -> DoorEvent:
        self._opened_at = None
        self._held = False
        self._forced = False
        return DoorEvent.CLOSED

    def _stands_open(self, now: float) -> list[DoorEvent]:
        if (
            self._opened_at is None
            or self._held
            or not self._held_open_s
            or now - self._opened_at <= self._held_open_s
        ):
            return []
        self._held = True
        return [DoorEvent.HELD]
