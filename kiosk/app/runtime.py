"""The running kiosk: its threads, its window, and starting and stopping them in order."""

from __future__ import annotations

import functools
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from kiosk.access.lock_controller import LONGEST_CALL_S
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.bootstrap.administer_factory import build_administer
from kiosk.app.bootstrap.badge_factory import build_codes
from kiosk.app.bootstrap.consent_factory import publish_consent
from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.lock_factory import build_lock_controller
from kiosk.app.camera_opener import CameraOpener
from kiosk.app.capture_supervisor import CaptureSupervisor
from kiosk.app.capture_thread import CameraPort
from kiosk.app.database_watch import DatabaseWatch
from kiosk.app.display_preferences import DisplayPreferences
from kiosk.app.door_screen_presenter import DoorScreenPresenter
from kiosk.app.engine_client import EngineClient
from kiosk.app.events import KioskEvents
from kiosk.app.fleet_link import FleetLink
from kiosk.app.health_endpoint import HealthEndpoint
from kiosk.app.inference_thread import InferenceWorker
from kiosk.app.keyboard_detection import on_screen_offered, on_screen_wanted
from kiosk.app.kiosk_parts import KioskParts
from kiosk.app.live_config import LiveConfig, needs_new_engine
from kiosk.app.maintenance_timer import MaintenanceTimer, maintenance_tasks
from kiosk.app.navigation import Navigation
from kiosk.app.notifications import Notifications
from kiosk.app.opening_by_command import OpeningByCommand
from kiosk.app.part_supervisor import Excuses, PartSupervisor
from kiosk.app.runtime_report import RuntimeReport
from kiosk.app.site_policy_file import SitePolicyFile
from kiosk.app.staff_loader import StaffLoader
from kiosk.app.system_event_writer import SystemEventWriter
from kiosk.app.tasks import Tasks
from kiosk.app.watchdog_thread import WatchdogThread, steady_now
from kiosk.core import paths
from kiosk.core.config import CameraConfig, Config
from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.core.decisions import Decision
from kiosk.core.errors import KioskError
from kiosk.core.templates import EmbedderInfo
from kiosk.core.view_models import DoorView
from kiosk.door.frame_engine import CameraFacts, Engine, EngineHooks, Step
from kiosk.fleet.sync.round_limits import DOOR_LIMITS, USUAL_LIMITS
from kiosk.services.audit_writer import AuditWriter
from kiosk.services.door_pin_service import DoorPinService
from kiosk.services.opening_requests import OpeningRequests
from kiosk.services.runtime_metrics import Metrics
from kiosk.services.system_events import SystemEvents
from kiosk.storage.db.timestamps import local_now
from kiosk.storage.store import Store
from kiosk.ui.main_window import MainWindow
from kiosk.ui.theme import theme
from kiosk.vision.camera.sources import is_webcam

log = logging.getLogger(__name__)

STOP_MS = 12_000
"""How long each part may take to stop: longer than the database waits for another writer."""

Prepare = Callable[[Engine, Callable[[], bool]], None]
"""Called with a new engine and whether the kiosk is stopping, on the inference thread."""


class Runtime(QObject):
    """Owns every thread of the kiosk. Lives in the main thread.

    ``camera`` opens the camera, on the capture thread. ``config_file``: by default in ``data_dir``.
    ``desk``: the staff's screens alone, without a door.
    """

    def __init__(
        self,
        config: Config,
        data_dir: Path,
        storage: Store,
        *,
        camera: Callable[[], CameraPort],
        prepare: Sequence[Prepare] = (),
        wizard_first: bool = True,
        rules: AccessPolicy = AccessPolicy(),
        config_file: Path | None = None,
        desk: bool = False,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.config = LiveConfig(config, config_file or paths.config_file(data_dir))
        self.data_dir = data_dir
        self.storage = storage
        self.wizard_first = wizard_first
        self._prepare = prepare
        self._camera = camera
        self.tasks = Tasks()
        self.events = KioskEvents()
        self.metrics = Metrics()
        self.before_restart: Callable[[], object] | None = None
        """Called once the database is closed; the kiosk restarts then. ``None``: it ends."""
        publish_consent(storage, self.config.value)
        self._build_lock(rules)
        self._build_threads(camera)
        self._build_window()
        self._build_services()
        self._connect()

    def _build_lock(self, rules: AccessPolicy) -> None:
        self.audit = AuditWriter(self.storage.audit_log, local_now)
        self._supervisor = PartSupervisor(lambda: self.lock)
        self._watchdog = self._supervisor.watchdog
        self.lock = build_lock_controller(
            self.config.value,
            lambda event, words: self.audit.record(
                event, "door", {"words": words} if words else {}
            ),
            functools.partial(self._watchdog.beat, "lock", LONGEST_CALL_S),
        )
        self.rules = AccessPolicyController(rules, self.lock, self.audit, self.storage)
        self.storage.people.use_door_time(self.rules.door_time)
        self.rules.follow(
            SitePolicyFile(
                self.config.value,
                self.data_dir,
                lambda: self.rules.rules.rules,
                self.rules.rules.use,
            )
        )

    def _build_threads(self, camera: Callable[[], CameraPort]) -> None:
        at_rest = threading.Event()
        face_seen = threading.Event()
        self.capture = CaptureSupervisor(
            camera,
            self.config.value.camera,
            functools.partial(self._watchdog.beat, "camera"),
            at_rest,
            face_seen,
        )
        self.inference = InferenceWorker(
            self._make_engine,
            self.capture.inference,
            beat=functools.partial(self._watchdog.beat, "inference"),
            at_rest=at_rest,
            face_seen=face_seen,
        )
        self.engine = EngineClient(self.inference)
        self.notifications = Notifications(
            self.config.value, self.data_dir, self.storage, steady_now
        )
        self.maintenance = MaintenanceTimer(
            maintenance_tasks(self.config.value, self.storage), self.notifications.maintained
        )

    def _build_window(self) -> None:
        config = self.config.value
        self.display_preferences = DisplayPreferences(config.ui, self.storage)
        self.window = MainWindow(
            windowed=config.ui.windowed,
            idle_s=config.ui.idle_s,
            sign_out_s=config.ui.sign_out_s,
            keyboard=on_screen_wanted(config),
            keyboard_offered=on_screen_offered(config),
        )
        self.display_preferences.follow(self.window)
        self.navigation = Navigation(self.window, self.engine, desk=self.desk)
        self.door = DoorScreenPresenter(
            config, self.window, self.navigation, self.engine, self.tasks, self.events
        )

    def _build_services(self) -> None:
        storage = self.storage
        self.admin = build_administer(storage, self.engine.reload_gallery)
        door_pins = DoorPinService(
            storage.people, storage.door_pins, storage.look_alikes, storage.audit_log
        )
        self._system_events = SystemEventWriter(
            SystemEvents(storage.audit_log, storage.settings, local_now, steady_now), storage
        )
        opening = self.rules.opening_service(lambda: self.config.value.door, self._decided_by_hand)
        self._opening = OpeningByCommand(
            self.tasks,
            opening,
            OpeningRequests(storage.settings, storage.trusted_clock()),
        )
        self.fleet = FleetLink(
            self.config,
            self.data_dir,
            storage,
            self.rules,
            state=lambda: self.report.beat(),
            people_changed=self.engine.reload_gallery,
            credentials_changed=self.inference.renew,
            opening=None if self.desk else opening,
            limits=USUAL_LIMITS if self.desk else DOOR_LIMITS,
        )
        self._database_watch = DatabaseWatch(
            storage.database,
            self.tasks,
            (self.rules.read_changes, self._opening.read, self.fleet.read),
            self.engine.reload_gallery,
        )
        self.report = RuntimeReport(
            lambda: self.view,
            self.capture,
            self.inference,
            self.lock,
            self._watchdog,
            self.metrics,
            self.notifications.states,
            lambda: self.fleet.gauges,
        )
        self.health = HealthEndpoint(self.report)
        parts = KioskParts(
            self.config,
            self.data_dir,
            storage,
            self.tasks,
            self.events,
            self.engine,
            self.window,
            self.navigation,
            self.admin,
            door_pins,
            self.rules,
            self.lock,
            lambda: self.view,
            self.report.stats,
            self.restart,
            self.wizard_first,
            isinstance(self._camera, CameraOpener),
            self._decided_by_hand,
            self.notifications.service,
            functools.partial(self.door.sounds.play, "accept"),
            lambda: self.fleet.status,
        )
        self.staff = StaffLoader(parts, (self.window, self.door.card_watch))

    def _connect(self) -> None:
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        self._supervisor.cameraStalled.connect(self.capture.replace)
        self._supervisor.exhausted.connect(self._give_up)
        self.capture.previewReady.connect(self._show_preview)
        self.capture.cameraOpened.connect(self._camera_opened)
        self.capture.cameraFailed.connect(self._camera_failed)
        self.inference.stepped.connect(self._show_step)
        self.inference.sounded.connect(self.door.sounds.play)
        self.inference.failed.connect(self._engine_failed)
        self.inference.ready.connect(self._engine_ready)
        self.door.staffRequested.connect(self._ask_sign_in)
        self.door.staffCalled.connect(self._call_staff)
        self.window.signedOut.connect(self._sign_out)
        self.config.changed.connect(self._config_changed)

    @property
    def view(self) -> DoorView:
        """The door as last shown."""
        return self.door.view

    def start(self) -> None:
        """Show the window and start the threads."""
        self._system_events.started(self.config.value)
        self.window.show_kiosk()
        if self.wizard_first and self.admin.needs_first_admin():
            self.staff.open()
            self.navigation.leave_door("wizard")
        else:
            if self.desk:
                self.staff.open()  # has the screens that this node shows at all
            self.navigation.to_door()
        self.health.start(self.config.value.health.port)
        self.lock.start()
        self.inference.start()
        self.capture.start()
        self._clock.start(1000)
        self.maintenance.start()
        self.notifications.start()
        self.fleet.start()

    def watch(self) -> WatchdogThread:
        """Return the thread that watches camera, networks, lock and screen, not started."""
        excuses = Excuses(
            inference=lambda: self.storage.database.waited_for_by(self.inference.ident),
            lock=lambda: self.lock.surely_locked,
        )
        return self._supervisor.watch(
            excuses,
            lambda: f"{self.view.state.value}, {self.view.people_enrolled} people enrolled",
        )

    def restart(self, before_restart: Callable[[], object]) -> None:
        """Stop the kiosk, call ``before_restart`` while nothing runs, and start again."""
        self.before_restart = before_restart
        self.window.app.quit()

    def stop(self) -> None:
        """Stop the threads in order; the door is locked when they have ended.

        A part that hangs ends the process: Qt would abort, and what is stored is stored.
        """
        self._clock.stop()
        self.display_preferences.stop()
        self.door.stop()
        self.health.stop()
        self.capture.stop()
        self.inference.stop()
        stops = {} if self.staff.area is None else self.staff.area.stops()
        ended = {name: _ends_in_time(stop) for name, stop in stops.items()}
        ended["the import of staff screens"] = _ends_in_time(self.staff.stop)
        ended["an opening"] = _ends_in_time(self._opening.stop)
        ended["maintenance"] = _ends_in_time(self.maintenance.stop)
        ended["the fleet"] = _ends_in_time(self.fleet.stop)
        ended["notifications"] = _ends_in_time(self.notifications.stop)
        ended["the camera"] = self.capture.wait(STOP_MS)
        ended["the networks"] = self.inference.wait(STOP_MS)
        ended["a camera that hangs"] = self.capture.wait_for_hung(100)
        self.lock.stop()
        self.audit.close()
        _ends_in_time(self._system_events.stopped)
        ended["the database"] = _ends_in_time(self.storage.close)
        hanging = [name for name, in_time in ended.items() if not in_time]
        if hanging:
            log.error("%s did not stop in time", ", ".join(hanging))
            logging.shutdown()
            sys.stdout.flush()
            os._exit(1)

    # the engine

    def _make_engine(self) -> Engine:
        """Build the engine, on the inference thread."""
        rules = self.rules.rules
        engine = build_engine(
            self.config.value,
            self.storage,
            self.lock,
            rules=rules,
            on_decision=(self.events.decided.emit, rules.decided, self.metrics.decided),
            hooks=EngineHooks(
                lambda: self.rules.alert,
                self.metrics.stage,
                self.door.pinRequested.emit,
                lambda decision: self.audit.record(
                    "somebody_behind",
                    "door",
                    {"name": decision.person_name, "number": decision.person_number},
                ),
                has_lock=self.config.value.door.lock != NO_DRIVER,
            ),
            codes=functools.partial(
                build_codes,
                config=self.config.value,
                storage=self.storage,
                data_dir=self.data_dir,
            ),
        )
        try:
            for prepare in self._prepare:
                prepare(engine, self.inference.isInterruptionRequested)
        except Exception:
            engine.close()
            raise
        return engine

    @Slot(object)
    def _engine_ready(self, info: EmbedderInfo) -> None:
        self.events.announce_engine(info)

    @Slot(str, str)
    def _engine_failed(self, key: str, text: str) -> None:
        log.error("out of service: %s", text)
        self.door.show_out_of_service(key)

    @Slot(object)
    def _camera_opened(self, facts: CameraFacts) -> None:
        self.engine.set_camera(facts)
        if not facts.demo and is_webcam(self.config.value.camera.source):
            self._system_events.camera_opened(facts.title)

    @Slot(object)
    def _camera_failed(self, problem: KioskError) -> None:
        self.engine.camera_failed(problem)

    @Slot(object, object)
    def _config_changed(self, before: Config, after: Config) -> None:
        self.door.use_ui(after.ui)
        self.door.use_cards(after.cards)
        self.window.set_timeouts(after.ui.idle_s, after.ui.sign_out_s)
        theme().reduced_motion = after.ui.reduced_motion
        if needs_new_engine(before, after):
            self.inference.renew()
        if before.camera != after.camera:
            self._use_camera(after.camera)

    def _use_camera(self, config: CameraConfig) -> None:
        """Use changed settings of the camera; the demo camera stays until a restart."""
        if isinstance(self._camera, CameraOpener) and config.source.strip() != "demo":
            self._camera.use(config)
            self.capture.use(config)

    # what is shown

    @Slot()
    def _show_preview(self) -> None:
        picture = self.capture.preview.take()
        if picture is None:
            return
        if self.navigation.screen == "door":
            self.door.show_frame(picture)
        elif self.navigation.screen in ("admin", "wizard"):
            self.staff.open().show_frame(picture)

    @Slot()
    def _show_step(self) -> None:
        step: Step | None = self.inference.steps.take()
        if step is None:
            return
        self._system_events.door_shown(step.door)
        self.metrics.follow(step.door.state)
        if step.enrol is not None:
            self.staff.open().enrol.show(step.enrol)
        self.door.show(step.door)

    @Slot()
    def _tick(self) -> None:
        """Once a second."""
        now: datetime = local_now()
        self.door.tick(now)
        self.fleet.tick()
        self.rules.tick()
        if self.staff.area is not None:
            self.staff.area.tick()
        if self.events.embedder is not None and self.door.is_empty:
            self.staff.prepare()
        self._system_events.tick()
        self._database_watch.tick()
        self.notifications.see(self.view, self.lock)

    def _decided_by_hand(self, decision: Decision) -> None:
        """Announce and count an opening by staff; called on the thread that opened."""
        self.events.decided.emit(decision)
        self.metrics.decided(decision)

    @Slot()
    def _ask_sign_in(self) -> None:
        self.staff.open_then(lambda area: area.sign_in.ask())

    @Slot()
    def _call_staff(self) -> None:
        self.audit.record("staff_called", "door", {})

    @Slot()
    def _sign_out(self) -> None:
        """The kiosk was left alone: sign out, without opening the staff area for that."""
        if self.staff.area is not None:
            self.staff.area.left_alone()
        else:
            self.navigation.to_door()

    @Slot(str)
    def _give_up(self, name: str) -> None:
        """Restarting does not help: out of service, and another restart after a while."""
        log.critical("%s keeps hanging: out of service", name)
        self._engine_failed("error.watchdog", f"{name} is not responding")
        self.engine.set_out_of_service("error.watchdog")
        self._supervisor.restart_later()


def _ends_in_time(stop: Callable[[], None]) -> bool:
    """Return whether ``stop`` ended in ``STOP_MS``; if not it goes on in its own thread."""
    worker = threading.Thread(target=stop, daemon=True)
    worker.start()
    worker.join(STOP_MS / 1000)
    return not worker.is_alive()
