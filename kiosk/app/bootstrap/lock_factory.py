"""Build the lock controller with the configured driver."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.access.door_monitor import DoorEvent, DoorMonitor
from kiosk.access.drivers import make_driver
from kiosk.access.lock_controller import LockController, LockControllerSettings
from kiosk.core.config import Config


def build_lock_controller(
    config: Config,
    on_event: Callable[[DoorEvent, str], None],
    beat: Callable[[], None] = lambda: None,
) -> LockController:
    """Return the configured lock with its monitor, not started yet.

    Raises ``LockError`` for settings that cannot work.
    """
    door = config.door
    rules = LockControllerSettings(
        timeout_s=door.lock_timeout_s,
        exit_s=door.open_s,
        relock=door.relock,
        fire_opens=door.fire_opens,
    )
    return LockController(
        make_driver(config), rules, DoorMonitor(door.held_open_s), on_event, beat=beat
    )
