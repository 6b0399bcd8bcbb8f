"""The access rules at work in the application: kept over a restart, set by hand, and holding the door open by schedule."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from kiosk.access.guard import Guard
from kiosk.access.locks import LockState
from kiosk.access.policy.keeper import AccessRules
from kiosk.access.policy.rules import Override, Rules
from kiosk.app.build import Storage
from kiosk.errors import KioskError
from kiosk.services.journal import Journal
from kiosk.views import DoorFacts

OVERRIDE = "door.override"
MEMORY = "door.memory"

log = logging.getLogger(__name__)


class RulesDesk:
    """Ties the rules to lock, journal and settings. ``tick`` once a second; ``read`` whenever the database has changed."""

    def __init__(self, rules: Rules, lock: Guard, journal: Journal, storage: Storage) -> None:
        self._lock = lock
        self._journal = journal
        self._storage = storage
        self._held = False
        self.rules = AccessRules(rules, journal.record, other_door_open=lambda: lock.other_door_open, keep=self._keep)
        self.rules.recall(storage.settings.get(MEMORY, '{"inside": {}, "opened_day": null}'))
        self.use(storage.settings.get(OVERRIDE, Override.NORMAL.value), "start")

    @property
    def alert(self) -> str:
        """What is the matter with the door, its lock first, as the end of a message key."""
        if self._lock.alert:
            return self._lock.alert
        if self.rules.override is Override.LOCKDOWN:
            return "lockdown"
        return "free_access" if self._held else ""

    def tick(self, now: datetime) -> None:
        """Hold the door open, or not any more, as the rules say of ``now``."""
        free = self.rules.is_free(now)
        if free is self._held:
            return
        self._held = free
        self._journal.record("free_access" if free else "free_access_over", "door", {})
        self._lock.hold("free_access" if free else "")

    def read(self) -> Callable[[], None]:
        """For the database's thread: what an administrator set elsewhere; the result is to be called in the application's."""
        override = self._storage.settings.get(OVERRIDE, Override.NORMAL.value)
        return lambda: self.use(override, "administrator")

    def choose(self, value: str) -> None:
        """Keep what an administrator chose, on a thread that may wait; ``use`` then makes it so."""
        self._storage.settings.set(OVERRIDE, value)

    def facts(self, driver: str, now: datetime) -> DoorFacts:
        """The door as an administrator sees it."""
        return DoorFacts(
            driver=driver, reachable=self._lock.reachable, open=self._lock.state() is LockState.OPEN, held_for=self._lock.held_for,
            alert=self.alert, way=self.rules.rules.asked_way(now).value, inside=self.rules.inside(now),
            override=self.rules.override.value, events=self._journal.recent)

    def use(self, value: object, actor: str) -> None:
        """Do from now on what ``value`` says; what nobody understands is normal."""
        try:
            override = Override(str(value))
        except ValueError:
            override = Override.NORMAL
        self.rules.set_override(override, actor)
        if override is Override.LOCKDOWN:
            self._held = False
            self._lock.hold("")
            self._lock.close()

    def _keep(self, text: str) -> None:
        try:
            self._storage.database.submit(self._storage.settings.set, MEMORY, text)
        except KioskError as error:
            log.error("who is inside could not be kept: %s", error)
