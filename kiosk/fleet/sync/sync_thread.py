"""The thread that follows the centre; whatever goes wrong here, the door goes on."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

from kiosk.core.errors import CentreAway, KioskError
from kiosk.core.fleet_status import SyncStatus
from kiosk.fleet.sync.round_limits import USUAL_LIMITS, USUAL_PAUSES, Pauses, RoundLimits
from kiosk.fleet.sync.sync_loop import FleetSync

log = logging.getLogger(__name__)


class SyncThread(threading.Thread):
    """Rounds of ``sync`` until ``stop``; failures are logged once and tried again after a pause.

    ``may_run``: whether this process follows now, and no other on the same data. ``changed``:
    called with the status after each round.
    """

    def __init__(
        self,
        sync: FleetSync,
        *,
        limits: RoundLimits = USUAL_LIMITS,
        pauses: Pauses = USUAL_PAUSES,
        may_run: Callable[[], bool] = lambda: True,
        changed: Callable[[SyncStatus], None] = lambda status: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(name="fleet", daemon=True)
        self._sync = sync
        self._limits = limits
        self._pauses = pauses
        self._may_run = may_run
        self._changed = changed
        self._chance = chance
        self._stopping = threading.Event()
        self._failures = 0
        self._told = ""

    @property
    def status(self) -> SyncStatus:
        """How it is doing."""
        return self._sync.status

    def run(self) -> None:
        """Follow the centre until ``stop``."""
        while not self._stopping.is_set():
            pause = self.turn() if self._may_run() else self._limits.wait_s
            self._changed(self._sync.status)
            if pause:
                self._stopping.wait(pause)
        self._sync.close()

    def turn(self) -> float:
        """Do one round and listen for a moment; return how long to pause before the next."""
        try:
            more = self._sync.round()
            if not more and self._sync.status.connected:
                self._sync.wait(self._limits.wait_s)
            waits = 0.0 if self._sync.status.connected else self._limits.wait_s
        except Exception as error:
            return self._failed(error)
        if self._failures:
            log.warning("the centre answers again")
        self._failures, self._told = 0, ""
        return waits

    def stop(self) -> None:
        """End the thread after the call that is in flight; every call is bounded in time."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def _failed(self, error: Exception) -> float:
        """Log ``error`` unless it was the last one too; return how long to pause."""
        self._failures += 1
        if str(error) != self._told:
            self._told = str(error)
            expected = isinstance(error, KioskError)
            log.warning("the fleet: %s", error, exc_info=None if expected else error)
        if isinstance(error, CentreAway) or not isinstance(error, KioskError):
            return self._pauses.after(self._failures, self._chance())
        return self._pauses.broken
