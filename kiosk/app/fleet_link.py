"""The running kiosk's part in a fleet: the thread that follows the centre, and the lease."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.live_config import LiveConfig
from kiosk.core import paths
from kiosk.core.decisions import Reason
from kiosk.core.errors import KioskError
from kiosk.core.fleet import Fact, LeaseMark, Membership
from kiosk.core.fleet_status import FleetGauges, SyncStatus
from kiosk.core.process_turn import ProcessTurn
from kiosk.fleet.sync.round_limits import DOOR_LIMITS, RoundLimits
from kiosk.services.fleet_events import FleetEvents
from kiosk.services.fleet_lockdown import FleetLockDown
from kiosk.services.lease_watch import LeaseWatch
from kiosk.services.remote_opening import OpeningByHand, RemoteOpening
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.fleet.fleet_store import FleetStore
from kiosk.storage.store import Store

if TYPE_CHECKING:
    from kiosk.fleet.sync.sync_thread import SyncThread

log = logging.getLogger(__name__)

NO_FLEET = SyncStatus()

NOT_GENUINE = "error.fleet_not_genuine"
"""The key of the error which says that somebody else wrote whom this node believes."""


class FleetLink:
    """Without a membership nothing runs, and nothing of the fleet is imported.

    ``state``: what this node's beat says; called on the fleet's thread. ``people_changed``: called
    there after people came, with the id of the only one; ``credentials_changed``: when PINs and
    cards are hashed differently. ``opening``: opens the door by hand, where there is one. The door
    asks for none of this: it only hears whether its lease holds.
    """

    def __init__(
        self,
        config: LiveConfig,
        data_dir: Path,
        storage: Store,
        rules: AccessPolicyController,
        *,
        state: Callable[[], Mapping[str, Any]],
        people_changed: Callable[[int | None], None],
        credentials_changed: Callable[[], None],
        opening: OpeningByHand | None = None,
        limits: RoundLimits = DOOR_LIMITS,
    ) -> None:
        self._config = config
        self._data_dir = data_dir
        self._storage = storage
        self._rules = rules
        self._state = state
        self._credentials_changed = credentials_changed
        self._opening = opening
        self._limits = limits
        self.store = FleetStore(storage, people_changed, rules=rules.file)
        self._turn = ProcessTurn(paths.fleet_lock(data_dir))
        self._lease = LeaseWatch(rules.rules, _used_s, self._lease_settings)
        self._thread: SyncThread | None = None
        self._damaged = False
        self._unread = False
        self._reading: Future[Callable[[], None]] | None = None
        self._use(self._membership())

    @property
    def status(self) -> SyncStatus:
        """How following the centre is doing."""
        return NO_FLEET if self._thread is None else self._thread.status

    @property
    def gauges(self) -> FleetGauges | None:
        """What monitoring shows; ``None`` outside a fleet."""
        if not self._lease.member:
            return None
        return FleetGauges(self.status, self._lease.left_s(), self._lease.over)

    def start(self) -> None:
        """Start to follow the centre, if this kiosk is in a fleet and its address is known."""
        member = self._lease.member
        if member is None or self._thread is not None or member.revoked:
            return
        if not self._config.value.fleet.url:
            log.error("this kiosk is in a fleet, and [fleet] url is missing in its settings")
            return
        try:
            self._thread = self._build(member)
        except KioskError as error:  # its keys are gone, say; the lease runs out
            log.error("the fleet is not followed: %s", error)
            return
        self._thread.start()

    def tick(self) -> None:
        """Once a second: judge the lease, and read again what could not be read. Never waits."""
        if self._reading is not None and self._reading.done():
            reading, self._reading = self._reading, None
            if not reading.cancelled() and reading.exception() is None:
                reading.result()()
        if self._unread and self._reading is None:
            try:
                self._reading = self._storage.database.submit(self.read)
            except KioskError as error:  # the database is closed
                log.debug("the fleet is not read: %s", error)
        if not self._damaged:
            self._lease.tick()

    def read(self) -> Callable[[], None]:
        """Read on the database's thread whether a command joined or left the fleet."""
        member = self._membership()

        def apply() -> None:
            self._use(member)
            self.start()

        return apply

    def stop(self) -> None:
        """Stop the thread; every call of it is bounded in time."""
        if self._thread is not None:
            self._thread.stop()
        self._turn.give()

    def _build(self, member: Membership) -> SyncThread:
        from kiosk.app.bootstrap.fleet_factory import build_sync
        from kiosk.fleet.sync.order_desk import OrderDesk
        from kiosk.fleet.sync.sync_thread import SyncThread

        lock_down = FleetLockDown(self._storage.settings, self._rules.set_override)
        orders = OrderDesk(member.node, lock_down.order, self._open_once, local_now)
        sync = build_sync(
            self._config.value,
            self._data_dir,
            self.store,
            member,
            state=self._own_state,
            ordered=orders.take,
            credentials_changed=self._credentials_changed,
            limits=self._limits,
        )
        events = FleetEvents(self._storage.audit_log, time.monotonic)
        return SyncThread(
            sync,
            limits=self._limits,
            may_run=self._turn.take,
            changed=functools.partial(self._seen, events),
        )

    def _open_once(self, order: Fact) -> None:
        """Open this door once, on the fleet's thread, where the settings and the door allow it."""
        if self._opening is None:
            return
        writer = self.store.nodes().get(order.writer, {})
        remote = RemoteOpening(
            self._opening,
            self._storage.settings,
            lambda: self._config.value.fleet.allow_remote_opening,
        )
        remote.order(order.number, order.account, str(writer.get("name", order.writer)))

    def _own_state(self) -> Mapping[str, Any]:
        fleet = self._config.value.fleet
        own = {
            "lease_h": fleet.lease_h,
            "when_stale": fleet.when_stale,
            "opens": fleet.allow_remote_opening,
        }
        return {**self._state(), **own, "conflicts": self.status.conflicts}

    def _seen(self, events: FleetEvents, status: SyncStatus) -> None:
        """Take in a round's end, on the fleet's thread."""
        events.see(status)
        self._use(self._membership())

    def _use(self, member: Membership | None) -> None:
        if not self._damaged:
            self._lease.use(member)

    def _membership(self) -> Membership | None:
        """Return the membership; if somebody changed it without the kiosk, the door is locked.

        While the database does not answer, what was read last counts, and ``tick`` reads again.
        """
        try:
            member = self.store.membership()
        except KioskError as error:
            if error.key != NOT_GENUINE:
                log.warning("the fleet is read again in a moment: %s", error)
                self._unread = True
                return self._lease.member
            if not self._damaged:
                log.error("the door is locked: %s", error)
            self._damaged = True
            self._rules.rules.set_lease_over(Reason.FLEET_LOCKED)
            return None
        self._unread = False
        return member

    def _lease_settings(self) -> tuple[float, str]:
        fleet = self._config.value.fleet
        return fleet.lease_h, fleet.when_stale


def _used_s(mark: LeaseMark) -> float:
    from kiosk.app.bootstrap.fleet_factory import lease_used_s

    return lease_used_s(mark)
