"""Notifications of the running kiosk: nothing runs, and no file is made, while all are off."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from kiosk.access.lock_controller import LockController
from kiosk.access.locks import LockState
from kiosk.app.bootstrap.notify_factory import (
    CHANNELS,
    Channels,
    build_channels,
    build_notification_service,
    channel_secrets,
    channel_states,
    configured,
    open_outbox,
)
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.door_state import DoorState
from kiosk.core.errors import KioskError
from kiosk.core.process_turn import ProcessTurn
from kiosk.core.site_events import ChannelState
from kiosk.core.view_models import DoorView
from kiosk.notify.event_notifier import EventNotifier
from kiosk.notify.state_publisher import StatePublisher
from kiosk.services.events.condition_events import ConditionEvents
from kiosk.services.events.log_events import LogEvents
from kiosk.services.notification_service import NotificationService
from kiosk.storage.audit.log_follower import LogFollower
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.outbox import Outbox
from kiosk.storage.store import Store

log = logging.getLogger(__name__)


class Notifications:
    """All methods return at once, except ``states``, ``stop`` and ``service``.

    ``steady``: monotonic seconds. Whatever goes wrong here is logged: the door does not depend on
    it.
    """

    def __init__(
        self, config: Config, data_dir: Path, storage: Store, steady: Callable[[], float]
    ) -> None:
        self._config = config
        self._data_dir = data_dir
        self._storage = storage
        self._secrets = channel_secrets(config, data_dir)
        self._channels = Channels({}, {})
        self._outbox: Outbox | None = None
        self._notifier: EventNotifier | None = None
        self._conditions: ConditionEvents | None = None
        self._publisher: StatePublisher | None = None
        try:
            if configured(config):
                self._build(steady)
            else:
                _forget_queue(data_dir)
        except (KioskError, OSError) as error:
            log.error("nothing is told to other machines: %s", error)

    def _build(self, steady: Callable[[], float]) -> None:
        notify = self._config.notify
        self._outbox = outbox = open_outbox(self._data_dir)
        self._channels = build_channels(self._config, self._secrets, outbox)
        for name, problem in self._channels.problems.items():
            log.error("nothing is told by %s: %s", name, problem)
        for name in CHANNELS:
            if name not in self._channels.senders:
                outbox.clear(name)
        self._conditions = ConditionEvents(
            notify,
            lambda: shutil.disk_usage(self._data_dir).free,
            local_now,
            steady,
        )
        live = self._channels.live
        self._publisher = None if live is None else StatePublisher(live)
        follower = LogEvents(
            LogFollower(self._storage.database),
            outbox,
            notify,
            local_now,
            *(() if self._publisher is None else (self._publisher.decided,)),
        )
        self._notifier = EventNotifier(
            outbox,
            self._channels.senders,
            (follower, self._conditions, *((self._publisher,) if self._publisher else ())),
            ProcessTurn(paths.outbox_lock(self._data_dir)),
            silent=notify.silent,
            repeat_s=notify.repeat_s,
        )

    def start(self) -> None:
        """Start the threads, if anything is told at all."""
        if self._notifier is not None:
            self._notifier.start()

    def see(self, view: DoorView, lock: LockController) -> None:
        """Take in the state of the door and its lock."""
        if self._conditions is not None:
            self._conditions.see(view.state)
        if self._publisher is not None:
            self._publisher.see(_shown(view, lock))

    def maintained(self, failed: Collection[str]) -> None:
        """Take in the names of the maintenance tasks that failed."""
        if self._conditions is not None:
            self._conditions.maintained(failed)

    def states(self) -> list[ChannelState]:
        """Return how the channels that are switched on are doing; none without the queue."""
        if self._notifier is None or self._outbox is None:
            return []
        try:
            found = channel_states(self._outbox, self._channels)
        except KioskError as error:
            log.warning("%s", error)
            return []
        return [state for state in found if state.configured]

    def service(self) -> NotificationService:
        """Return the service for staff; raises ``StorageError`` if the queue cannot be opened."""
        if self._outbox is None:
            self._outbox = open_outbox(self._data_dir)
        return build_notification_service(
            self._storage, self._outbox, self._channels, self._secrets, self._hurry
        )

    def _hurry(self) -> None:
        if self._outbox is not None:
            self._outbox.hurry()
        if self._notifier is not None:
            self._notifier.wake()

    def stop(self) -> None:
        """Stop the threads and close the queue."""
        if self._notifier is not None:
            self._notifier.stop()
        if self._outbox is not None:
            self._outbox.close()


def _shown(view: DoorView, lock: LockController) -> dict[str, object]:
    """Return what a live channel shows of the door."""
    contact = {True: "open", False: "closed", None: "unknown"}[lock.contact_open]
    return {
        "door": contact,
        "unlocked": lock.state() is LockState.OPEN or bool(lock.held_for),
        "alert": view.alert,
        "camera": view.camera_ok and view.state is not DoorState.CAMERA_LOST,
        "service": view.state is not DoorState.OUT_OF_SERVICE,
    }


def _forget_queue(data_dir: Path) -> None:
    """Delete the queue of channels that are all off now."""
    for file in (paths.outbox_file(data_dir), paths.outbox_lock(data_dir)):
        file.unlink(missing_ok=True)
