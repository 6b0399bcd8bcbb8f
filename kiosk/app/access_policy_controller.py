"""The access rules at work in the application: kept over a restart, set by hand, and holding the door open by schedule."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

from kiosk.access.lock_controller import LockController
from kiosk.access.locks import LockState
from kiosk.access.policy.engine import PolicyEngine
from kiosk.access.policy.rules import AccessPolicy, DoorOverride
from kiosk.core.errors import KioskError
from kiosk.core.ports import Clock
from kiosk.core.view_models import DoorFacts
from kiosk.services.audit_writer import AuditWriter
from kiosk.storage.audit.trusted_clock import TrustedClock
from kiosk.storage.store import Store

OVERRIDE = "door.override"
MEMORY = "door.memory"
PATIENCE_S = 6.0
"""A database that has not answered for longer holds no door open; another program's write is waited for 5 s."""

log = logging.getLogger(__name__)


class AccessPolicyController:
    """Ties the rules to lock, journal and settings. ``tick`` once a second; ``read`` whenever the database has changed.

    ``clock``: whose hours count, by default one that is not behind the log; it may raise ``KioskError``. ``steady``: seconds.
    """

    def __init__(
        self,
        rules: AccessPolicy,
        lock: LockController,
        journal: AuditWriter,
        storage: Store,
        clock: Clock | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = lock
        self._journal = journal
        self._storage = storage
        self._clock = clock or TrustedClock(storage.database)
        self._steady = steady
        self._mutex = threading.Lock()
        self._asked: Future[None] | None = None
        self._asked_at = 0.0
        self._held = False
        self._told = False
        self.rules = PolicyEngine(
            rules, journal.record, other_door_open=lambda: lock.other_door_open, keep=self._keep
        )
        self.rules.recall(storage.settings.get(MEMORY, '{"inside": {}, "opened_day": null}'))
        self.use(storage.settings.get(OVERRIDE, DoorOverride.NORMAL.value), "start")

    @property
    def alert(self) -> str:
        """What is the matter with the door, its lock first, as the end of a message key."""
        if self._lock.alert:
            return self._lock.alert
        if self.rules.override is DoorOverride.LOCKDOWN:
            return "lockdown"
        return "free_access" if self._held else ""

    def tick(self) -> None:
        """Have it seen to, on the database's thread, whether the door stands open now. Never waits; where nobody can say, it does not."""
        if self._asked is None or self._asked.done():
            self._asked_at = self._steady()
            try:
                self._asked = self._storage.database.submit(self._decide)
            except KioskError as error:  # it is closed
                self._let_go(error)
        elif self._steady() - self._asked_at > PATIENCE_S:
            self._let_go(KioskError("the database does not answer"))

    def read(self) -> Callable[[], None]:
        """For the database's thread: what a command set; the result is to be called in the application's."""
        override = self._storage.settings.get(OVERRIDE, DoorOverride.NORMAL.value)
        return lambda: self.use(override, "door")

    def choose(self, value: str) -> None:
        """Keep what an administrator chose, on a thread that may wait; ``use`` then makes it so."""
        self._storage.settings.set(OVERRIDE, value)

    def facts(self, driver: str, now: datetime) -> DoorFacts:
        """The door as an administrator sees it."""
        return DoorFacts(
            driver=driver,
            reachable=self._lock.reachable,
            open=self._lock.state() is LockState.OPEN,
            held_for=self._lock.held_for,
            alert=self.alert,
            way=self.rules.rules.asked_way(now).value,
            inside=self.rules.inside(now),
            override=self.rules.override.value,
            events=self._journal.recent,
        )

    def use(self, value: object, actor: str) -> None:
        """Do from now on what ``value`` says; what nobody understands is normal."""
        try:
            override = DoorOverride(str(value))
        except ValueError:
            override = DoorOverride.NORMAL
        with self._mutex:
            self.rules.set_override(override, actor)
            if override is DoorOverride.LOCKDOWN:
                self._held = False
                self._lock.hold("")
                self._lock.close()

    def _decide(self) -> None:
        """On the database's thread: hold the door once a committed row says so, or let go."""
        try:
            free = self.rules.is_free(self._clock())
            if free and not self._held:
                self._journal.record_now("free_access", "door", {})
        except Exception as error:
            self._let_go(error)
            return
        self._told = False
        if not free:
            self._let_go()
            return
        with self._mutex:  # a lock-down may have come meanwhile
            self._held = self.rules.override is not DoorOverride.LOCKDOWN
            self._lock.hold("free_access" if self._held else "")

    def _let_go(self, error: Exception | None = None) -> None:
        with self._mutex:
            was_held = self._held
            self._held = False
            self._lock.hold("")
        if was_held:
            self._journal.record("free_access_over", "door", {})
        if error is not None and not self._told:  # else it is written each second
            self._told = True
            log.error(
                "the door does not stand open for everybody: %s",
                error,
                exc_info=None if isinstance(error, KioskError) else error,
            )

    def _keep(self, text: str) -> None:
        try:
            self._storage.database.submit(self._storage.settings.set, MEMORY, text)
        except KioskError as error:
            log.error("who is inside could not be kept: %s", error)
