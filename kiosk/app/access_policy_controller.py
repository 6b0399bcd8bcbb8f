"""The access policy in the running kiosk: remembered over a restart, overridden by hand, and
holding the door open by schedule."""

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
from kiosk.app.bootstrap.administer_factory import build_two_admins
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.core.access_rules import STORED, digest
from kiosk.core.config import DoorConfig
from kiosk.core.decisions import Decision
from kiosk.core.errors import KioskError
from kiosk.core.ports import Clock
from kiosk.core.view_models import DoorFacts
from kiosk.services.audit_writer import AuditNow, AuditWriter
from kiosk.services.door_override import MEMORY, DoorOverrideService, stored_override
from kiosk.services.single_opening import OpeningRules, SingleOpening
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store

ANSWER_TIMEOUT_S = 6.0
"""How long the database may take before the door is no longer held open.

It waits 5 s for another program's write."""

log = logging.getLogger(__name__)


class AccessPolicyController:
    """Connects the policy to lock, audit log and settings.

    Call ``tick`` once a second, and ``read_changes`` whenever the database has changed. ``clock``
    gives the time that schedules are compared with, by default one that is not behind the log; it
    may raise ``KioskError``. ``steady``: seconds of a clock that cannot be set.
    """

    def __init__(
        self,
        policy: AccessPolicy,
        lock: LockController,
        audit: AuditWriter,
        storage: Store,
        clock: Clock | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = lock
        self._audit = audit
        self._storage = storage
        self._clock = clock or storage.trusted_clock()
        self._steady = steady
        self._mutex = threading.Lock()
        self._update: Future[None] | None = None
        self._update_began = 0.0
        self._held_open = False
        self._failure_logged = False
        self.file: SitePolicyFile | None = None
        self._stored = ""
        self.rules = PolicyEngine(
            policy,
            audit.record,
            other_door_open=lambda: lock.other_door_open,
            keep=self._store_memory,
            call=lock.call_for_help,
            lock=lock.close,
            lookup=storage.people.get,
        )
        self.rules.recall(storage.settings.get(MEMORY, '{"inside": {}, "opened_day": null}'))
        self.set_override(stored_override(storage.settings), "start")

    @property
    def alert(self) -> str:
        """What is unusual about the door, as the end of a message key; the lock's alert first."""
        if self._lock.alert:
            return self._lock.alert
        if self.rules.override is DoorOverride.LOCKDOWN:
            some = any(group.lockdown for group in self.rules.rules.groups.values())
            return "lockdown_groups" if some else "lockdown"
        if self.rules.lease_over is not None:
            return self.rules.lease_over.value
        return "free_access" if self._held_open else ""

    def door_time(self) -> datetime:
        """Return the time on a clock beside the door, in the time zone of the rules."""
        return self.rules.rules.local(local_now())

    def tick(self) -> None:
        """Decide on the database's thread whether to hold the door open now. Never waits.

        Without an answer in time the door is not held open.
        """
        if self._update is None or self._update.done():
            self._update_began = self._steady()
            try:
                self._update = self._storage.database.submit(self._hold_or_release)
            except KioskError as error:  # the database is closed
                self._release(error)
        elif self._steady() - self._update_began > ANSWER_TIMEOUT_S:
            self._release(KioskError("the database does not answer"))

    def follow(self, file: SitePolicyFile) -> None:
        """Take the rules that a screen or a command stores in ``file`` from now on.

        A file that somebody edits by hand counts from the next start.
        """
        self.file = file
        self._stored = self._storage.settings.get(STORED, "")

    def read_changes(self) -> Callable[[], None]:
        """Read on the database's thread what a command has set: the override and the rules.

        Returns what to call on the main thread to apply it.
        """
        override = stored_override(self._storage.settings)
        rules = self._stored_rules()

        def apply() -> None:
            self.set_override(override, "door")
            if rules is not None:
                self.rules.use(rules)

        return apply

    def _stored_rules(self) -> AccessPolicy | None:
        """Return the rules that were stored since the last call, unless the file changed again."""
        stored = self._storage.settings.get(STORED, "")
        if self.file is None or stored == self._stored:
            return None
        self._stored = stored
        try:
            text = self.file.read()
            return self.file.policy(text) if digest(text) == stored else None
        except KioskError as error:  # the rules before stay in force
            log.error("the stored access rules are not followed: %s", error)
            return None

    def override_service(self) -> DoorOverrideService:
        """Return what stores an override, which may block; ``set_override`` then applies it."""
        two = build_two_admins(self._storage)
        return DoorOverrideService(self._storage.settings, None, two)

    def opening_service(
        self, door: Callable[[], DoorConfig], decided: Callable[[Decision], object]
    ) -> SingleOpening:
        """Return what opens the door once, which may block. ``door``: the settings in use."""

        def rules() -> OpeningRules:
            config = door()
            return OpeningRules(
                config.open_s,
                self.rules.override is DoorOverride.LOCKDOWN,
                config.open_once_in_lockdown,
                self.rules.rules.interlock and self._lock.other_door_open,
            )

        return SingleOpening(
            AuditNow(self._audit),
            self._storage.access_log,
            self._lock,
            build_two_admins(self._storage),
            self._clock,
            rules,
            decided,
        )

    def set_override(self, value: object, actor: str) -> None:
        """Apply the override ``value`` from now on; an unknown one counts as normal."""
        try:
            override = DoorOverride(str(value))
        except ValueError:
            override = DoorOverride.NORMAL
        with self._mutex:
            self.rules.set_override(override, actor)
            if override is DoorOverride.LOCKDOWN:
                self._held_open = False
                self._lock.hold("")
                self._lock.close()

    def facts(self, driver: str, now: datetime) -> DoorFacts:
        """Return the door as the Door page shows it."""
        return DoorFacts(
            driver=driver,
            reachable=self._lock.reachable,
            open=self._lock.state() is LockState.OPEN,
            held_for=self._lock.held_for,
            alert=self.alert,
            way=self.rules.rules.asked_way(now).value,
            inside=self.rules.inside(now),
            override=self.rules.override.value,
            events=self._audit.recent,
        )

    def _hold_or_release(self) -> None:
        """Hold the door open once the row in the log is committed, or stop holding it."""
        try:
            free = self.rules.is_free(self._clock())
            if free and not self._held_open:
                self._audit.record_now("free_access", "door", {})
        except Exception as error:
            self._release(error)
            return
        self._failure_logged = False
        if not free:
            self._release()
            return
        with self._mutex:  # a lock-down may have come meanwhile
            self._held_open = self.rules.override is not DoorOverride.LOCKDOWN
            self._lock.hold("free_access" if self._held_open else "")

    def _release(self, error: Exception | None = None) -> None:
        with self._mutex:
            was_held_open = self._held_open
            self._held_open = False
            self._lock.hold("")
        if was_held_open:
            self._audit.record("free_access_over", "door", {})
        if error is not None and not self._failure_logged:  # once, not each second
            self._failure_logged = True
            log.error(
                "the door is not held open: %s",
                error,
                exc_info=None if isinstance(error, KioskError) else error,
            )

    def _store_memory(self, text: str) -> None:
        try:
            self._storage.database.submit(self._storage.settings.set, MEMORY, text)
        except KioskError as error:
            log.error("what the policy remembers could not be stored: %s", error)
