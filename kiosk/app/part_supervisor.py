"""Supervises the parts of the kiosk with the watchdog, and restarts those that hang."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kiosk.access.lock_controller import LONGEST_CALL_S, LockController
from kiosk.app.capture_thread import OPENING_S
from kiosk.app.inference_thread import BUILDING_S
from kiosk.app.watchdog_thread import (
    WatchdogThread,
    earlier_starts,
    end_now,
    restart_process,
    steady_now,
)
from kiosk.services.systemd_notify import Notifier
from kiosk.services.watchdog import Watchdog

log = logging.getLogger(__name__)

HEARTBEAT_MS = 500
"""How often the main thread reports to the watchdog."""

RETRY_MS = 600_000
"""How long the kiosk is out of service before it restarts once more."""


@dataclass(frozen=True, slots=True)
class Excuses:
    """Tell when a part that does not respond is not hanging.

    ``inference`` waits for the database; the ``lock`` is surely locked.
    """

    inference: Callable[[], bool]
    lock: Callable[[], bool]


class PartSupervisor(QObject):
    """Watches camera, networks, lock and the main thread, on the watchdog's thread.

    The receiver of ``cameraStalled`` replaces a hanging camera; other parts restart the process.
    ``exhausted``: the name of a part that restarting did not help.
    """

    cameraStalled = Signal()
    exhausted = Signal(str)

    def __init__(self, get_lock: Callable[[], LockController]) -> None:
        super().__init__()
        self._get_lock = get_lock
        self.watchdog = Watchdog(steady_now, self._give_up, earlier_starts())
        self._heartbeat = QTimer(self)
        self._heartbeat.timeout.connect(self._beat)

    def watch(self, excuses: Excuses, describe: Callable[[], str]) -> WatchdogThread:
        """Return the watchdog's thread, not started. ``describe``: one line for systemd."""
        add = self.watchdog.add
        add("camera", self.cameraStalled.emit, grace_s=OPENING_S)
        add("inference", self.restart, excuses.inference, BUILDING_S)
        add("lock", self.restart, excuses.lock, LONGEST_CALL_S)
        add("ui", self.restart, grace_s=OPENING_S)
        self._heartbeat.start(HEARTBEAT_MS)
        return WatchdogThread(self.watchdog, Notifier(), describe)

    def restart_later(self) -> None:
        """Restart after a while; called on the main thread."""
        QTimer.singleShot(RETRY_MS, self.restart)

    @Slot()
    def restart(self) -> None:
        """Lock the door and replace this process by a new one."""
        restart_process(self._get_lock(), self.watchdog.restarts())

    @Slot()
    def _beat(self) -> None:
        self.watchdog.beat("ui")

    def _give_up(self, name: str) -> None:
        """End the process if the main thread hangs: it can show nothing."""
        if name == "ui":
            log.critical("the screen keeps hanging: the kiosk ends")
            end_now(self._get_lock())
        self.exhausted.emit(name)
