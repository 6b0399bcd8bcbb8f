"""Puts what the fleet's thread meets into the audit log, once for each beginning and end."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core.fleet_status import SyncStatus
from kiosk.core.ports import AuditPort

FLEET = "fleet"
"""The actor of these entries."""

LOST_S = 600.0
"""Seconds without the centre until that is recorded: a restart of the server is no event."""


class FleetEvents:
    """``see`` is called with each new status by one thread. ``steady``: monotonic seconds."""

    def __init__(self, audit: AuditPort, steady: Callable[[], float]) -> None:
        self._audit = audit
        self._steady = steady
        self._contact = steady()
        self._lost = False
        self._problems: dict[str, str] = {}
        self._conflicts = 0

    def see(self, status: SyncStatus) -> None:
        """Record what has changed since the last call."""
        if not status.member:
            return
        self._see_contact(status.connected)
        problem = "" if status.problem is None or not status.connected else str(status.problem)
        refused = problem if status.refused else ""
        self._see_problem("fleet_refused", refused)
        self._see_problem("fleet_problem", "" if refused else problem)
        if status.conflicts > self._conflicts:
            self._audit.record("fleet_conflict", FLEET, {"n": status.conflicts})
        self._conflicts = status.conflicts

    def _see_contact(self, connected: bool) -> None:
        now = self._steady()
        if connected:
            self._contact = now
        lost = now - self._contact >= LOST_S
        if lost is not self._lost:
            self._audit.record("fleet_lost" if lost else "fleet_back", FLEET, {})
        self._lost = lost

    def _see_problem(self, event: str, problem: str) -> None:
        if problem and self._problems.get(event) != problem:
            self._audit.record(event, FLEET, {"why": problem})
        self._problems[event] = problem
