"""Events out of the logs: what is recorded is told, also if the kiosk was killed in between."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from kiosk.core.config import NotifyConfig
from kiosk.core.decisions import LogEntry, Outcome, Reason
from kiosk.core.ports import Clock
from kiosk.core.reports import Action
from kiosk.core.site_events import EventKind, SiteEvent
from kiosk.services.events.names_told import person_told

ACTIONS = {
    "door_forced": EventKind.DOOR_FORCED,
    "door_held_open": EventKind.DOOR_HELD_OPEN,
    "tamper": EventKind.TAMPER,
    "fire": EventKind.FIRE,
    "duress_unanswered": EventKind.DURESS_UNANSWERED,
    "staff_called": EventKind.STAFF_CALLED,
    "lock_lost": EventKind.LOCK_LOST,
    "lock_restored": EventKind.LOCK_RESTORED,
    "clock_behind": EventKind.CLOCK_BEHIND,
    "people_expiring": EventKind.EXPIRING,
    "fleet_faces_off": EventKind.FLEET_STALE,
    "fleet_locked": EventKind.FLEET_STALE,
    "fleet_heard": EventKind.FLEET_HEARD,
    "fleet_lost": EventKind.FLEET_LOST,
    "fleet_back": EventKind.FLEET_BACK,
    "fleet_conflict": EventKind.FLEET_CONFLICT,
    "fleet_refused": EventKind.FLEET_REFUSED,
    "fleet_problem": EventKind.FLEET_REFUSED,
    "log_not_as_signed": EventKind.RECORDS_CHANGED,
    "log_rolled_back": EventKind.RECORDS_CHANGED,
    "rows_not_as_sealed": EventKind.RECORDS_CHANGED,
}
"""Kinds of events by what the audit log calls them."""

UNKNOWN = frozenset({Reason.UNKNOWN, Reason.UNKNOWN_NUMBER, Reason.UNKNOWN_CARD, Reason.BAD_CODE})
"""Why an attempt of somebody unknown failed."""

CURSOR = "log.cursor"
"""Name of the note that holds the ids of the last rows that were told."""


class NewRowsPort(Protocol):
    """New rows of the logs (``kiosk.storage.audit.log_follower``)."""

    def newest(self) -> tuple[int, int]: ...
    def actions_after(self, action_id: int) -> Sequence[Action]: ...
    def entries_after(self, entry_id: int) -> Sequence[LogEntry]: ...


class NotesPort(Protocol):
    """Texts that survive a restart (``kiosk.storage.outbox``)."""

    def note(self, name: str) -> str: ...
    def remember(self, name: str, value: str) -> None: ...


class LogEvents:
    """Follows both logs. Of rows from before it was first used nothing is told.

    ``gather`` returns the events of new rows, ``gathered`` is called once they are queued. In
    between a kill makes them come again, with the same ids, and so does a queue that cannot be
    written. ``decided`` gets each new decision once.
    """

    def __init__(
        self,
        log: NewRowsPort,
        notes: NotesPort,
        config: NotifyConfig,
        clock: Clock,
        decided: Callable[[Mapping[str, object]], None] = lambda decision: None,
    ) -> None:
        self._log = log
        self._notes = notes
        self._config = config
        self._clock = clock
        self._decided = decided
        self._next = (-1, -1)
        self._shown = -1
        self._unknown: deque[datetime] = deque()
        self._unknown_gathered: tuple[datetime, ...] = ()

    def gather(self) -> list[SiteEvent]:
        """Return the events of rows that are new; raises ``StorageError``."""
        actions, entries = self._cursor()
        self._unknown = deque(self._unknown_gathered)
        new_actions = self._log.actions_after(actions)
        new_entries = self._log.entries_after(entries)
        self._next = (
            new_actions[-1].id if new_actions else actions,
            new_entries[-1].id if new_entries else entries,
        )
        oldest = self._clock() - timedelta(hours=self._config.keep_hours)
        events = [event for action in new_actions for event in self._of_action(action)]
        events += [event for entry in new_entries for event in self._of_entry(entry)]
        return [event for event in events if event.at >= oldest]

    def gathered(self) -> None:
        """Remember how far the logs are told."""
        if self._notes.note(CURSOR) != (text := json.dumps(self._next)):
            self._notes.remember(CURSOR, text)
        self._unknown_gathered = tuple(self._unknown)

    def _cursor(self) -> tuple[int, int]:
        """Return the ids of the last rows told; never beyond the logs, which may be restored."""
        newest = self._log.newest()
        self._shown = min(self._shown, newest[1])
        text = self._notes.note(CURSOR)
        if not text:
            self._notes.remember(CURSOR, json.dumps(newest))
            return newest
        actions, entries = json.loads(text)
        return min(actions, newest[0]), min(entries, newest[1])

    def _of_action(self, action: Action) -> list[SiteEvent]:
        kind = ACTIONS.get(action.event)
        if kind is None:
            return []
        values: dict[str, Any] = {}
        if kind is EventKind.RECORDS_CHANGED:
            values = {"event": action.event}
        elif kind is EventKind.EXPIRING:
            values = {"n": action.detail.get("people", 0), "days": action.detail.get("days", 0)}
        return [SiteEvent(kind, action.at, values, _id("actions", action.id, action.at))]

    def _of_entry(self, entry: LogEntry) -> list[SiteEvent]:
        decision = entry.decision
        self._show(entry)
        number = _id("log", entry.id, decision.at)
        if decision.reason is Reason.DURESS:
            values = self._person(decision.person_name, decision.person_number)
            return [SiteEvent(EventKind.DURESS, decision.at, values, number)]
        # unfinished ones count too, as they do towards the door's lock-out: a face that was
        # compared and taken away before the answer
        if decision.reason in UNKNOWN and decision.outcome is not Outcome.ACCEPT:
            return self._count_unknown(decision.at, number)
        return []

    def _show(self, entry: LogEntry) -> None:
        if entry.id <= self._shown:
            return
        self._shown = entry.id
        decision = entry.decision
        self._decided(
            {
                "event_type": decision.outcome.value.lower(),
                "reason": _reason_told(decision.reason).value,
                "at": decision.at.isoformat(timespec="seconds"),
                **self._person(decision.person_name, decision.person_number),
            }
        )

    def _person(self, name: str, number: str) -> dict[str, Any]:
        return {"person": person_told(self._config.names, name, number)}

    def _count_unknown(self, at: datetime, number: str) -> list[SiteEvent]:
        """Return an event each time that so many unknown ones came within the time."""
        self._unknown.append(at)
        begin = at - timedelta(minutes=self._config.unknown_minutes)
        while self._unknown[0] < begin:
            self._unknown.popleft()
        if len(self._unknown) < self._config.unknown_count:
            return []
        self._unknown.clear()
        values = {
            "n": self._config.unknown_count,
            "minutes": self._config.unknown_minutes,
        }
        return [SiteEvent(EventKind.UNKNOWN_REFUSED, at, values, number)]


def _reason_told(reason: Reason) -> Reason:
    """Return the reason of a decision for a live display, where duress must not show."""
    return Reason.MATCH if reason is Reason.DURESS else reason


def _id(table: str, row: int, at: datetime) -> str:
    """Return an id that is the same whenever the row is read."""
    return hashlib.sha256(f"{table} {row} {at.isoformat()}".encode()).hexdigest()[:32]
