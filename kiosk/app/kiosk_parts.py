"""The parts of the running kiosk that the staff area is composed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.access.lock_controller import LockController
from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.engine_client import EngineClient
from kiosk.app.events import KioskEvents
from kiosk.app.live_config import LiveConfig
from kiosk.app.navigation import Navigation
from kiosk.app.tasks import Tasks
from kiosk.core.decisions import Decision
from kiosk.core.fleet_status import SyncStatus
from kiosk.core.statistics import RuntimeStats
from kiosk.core.view_models import DoorView
from kiosk.services.administer import AdministerService
from kiosk.services.door_pin_service import DoorPinService
from kiosk.services.notification_service import NotificationService
from kiosk.storage.store import Store
from kiosk.ui.main_window import MainWindow

Restart = Callable[[Callable[[], object]], None]
"""Stop the kiosk, call the argument while nothing runs, and start the kiosk again."""


@dataclass(frozen=True, slots=True)
class KioskParts:
    """Only ``StaffArea`` takes it apart; a presenter gets the few parts that it uses.

    ``view``: the door as last shown. ``stats``: camera and networks at this moment. ``decided``:
    announces a decision that the engine did not make. ``notification_service``: opens the queue of
    notifications. ``play_sample``: plays a tone to judge the volume by. ``fleet_status``: how
    following the fleet is doing.
    """

    config: LiveConfig
    data_dir: Path
    storage: Store
    tasks: Tasks
    events: KioskEvents
    engine: EngineClient
    window: MainWindow
    navigation: Navigation
    admin: AdministerService
    door_pins: DoorPinService
    rules: AccessPolicyController
    lock: LockController
    view: Callable[[], DoorView]
    stats: Callable[[], RuntimeStats]
    restart: Restart
    wizard_first: bool
    real_camera: bool
    decided: Callable[[Decision], object]
    notification_service: Callable[[], NotificationService]
    play_sample: Callable[[], None]
    fleet_status: Callable[[], SyncStatus]
