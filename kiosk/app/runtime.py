"""The application object: threads, window and screens, wired. Runs in the main thread."""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kiosk import __version__
from kiosk.access.lock_controller import LONGEST_CALL_S
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.access_policy_controller import AccessPolicyController
from kiosk.app.bootstrap.badge_factory import build_codes
from kiosk.app.bootstrap.build import Storage
from kiosk.app.bootstrap.engine_factory import build_engine
from kiosk.app.bootstrap.lock_factory import build_lock_controller
from kiosk.app.bootstrap.screen_image import to_bgra
from kiosk.app.bootstrap.time_factor import apply_time_factor
from kiosk.app.keyboard_detection import on_screen_wanted
from kiosk.app.maintenance_timer import MaintenanceTimer, maintenance_tasks
from kiosk.app.threads import (
    BUILDING_S,
    OPENING_S,
    BGRAImage,
    CameraPort,
    CaptureWorker,
    InferenceWorker,
    Tasks,
)
from kiosk.app.watchdog_thread import (
    WatchdogThread,
    earlier_starts,
    end_now,
    start_anew,
    steady_now,
)
from kiosk.core import paths
from kiosk.core.config import Config, load_config
from kiosk.core.door_state import DoorState
from kiosk.core.errors import ConfigError, KioskError
from kiosk.core.frames import Frame
from kiosk.core.mailbox import Mailbox
from kiosk.core.masking import masked_number
from kiosk.core.settings import setting_rows
from kiosk.core.templates import EmbedderInfo
from kiosk.core.view_models import DoorView, EnrolView
from kiosk.door.claims import Claim, Next
from kiosk.door.frame_engine import CameraFacts, Engine, EngineHooks, Step
from kiosk.services.administer import AdministerService
from kiosk.services.audit_writer import AuditWriter
from kiosk.services.door_pin_service import DoorPinService
from kiosk.services.runtime_metrics import Metrics
from kiosk.services.system_events import SystemEvents
from kiosk.services.systemd_notify import Notifier
from kiosk.services.watchdog import Watchdog
from kiosk.storage.db.timestamps import local_now
from kiosk.ui.card_reader_keys import CardReaderFilter, KeyBurstDetector
from kiosk.ui.i18n import language
from kiosk.ui.main_window import MainWindow
from kiosk.ui.screens.door.door_screen import DoorScreen
from kiosk.ui.screens.door.idle_screen import IdleScreen
from kiosk.ui.screens.door.number_screen import NumberScreen, PinScreen
from kiosk.ui.sounds import Sounds
from kiosk.ui.speech import Speaker
from kiosk.ui.theme import theme
from kiosk.vision.camera.sources import FrozenDetector

if TYPE_CHECKING:
    from kiosk.app.health import Health, HealthServer
    from kiosk.app.staff.area import StaffArea
    from kiosk.app.staff.staff_presenter import StaffPresenter
    from kiosk.ui.screens.system.admin_screen import AdminScreen

log = logging.getLogger(__name__)

STOP_MS = 12_000
"""Longer than the database's patience, so that what is merely slow still ends in order."""

PULSE_MS = 500
HOPELESS_MS = 600_000
"""So long the kiosk is out of service before it starts anew once more."""


class KioskApp(QObject):
    """Everything that runs, from the camera to the window."""

    decided = Signal(object)
    enrolShown = Signal(object)
    doorShown = Signal(object)
    engineReady = Signal(object)
    pinAsked = Signal(object)
    _stands = Signal(str)
    _hopeless = Signal(str)

    capture: CaptureWorker

    def __init__(
        self,
        config: Config,
        data_dir: Path,
        storage: Storage,
        *,
        camera: Callable[[], CameraPort],
        prepare: Sequence[Callable[[Engine, Callable[[], bool]], None]] = (),
        wizard_first: bool = True,
        rules: AccessPolicy = AccessPolicy(),
        config_file: Path | None = None,
    ) -> None:
        super().__init__()
        self.config = config = apply_time_factor(config)
        self.data_dir = data_dir
        self.config_file = config_file or paths.config_file(data_dir)
        self.started_with = _config_on_disk(self.config_file)
        self.storage = storage
        self.tasks = Tasks()
        self.admin = AdministerService(
            storage.people,
            storage.access_log,
            storage.accounts,
            local_now,
            self.gallery_changed,
            storage.actions,
        )
        self.door_pins = DoorPinService(
            storage.people, storage.door_pins, storage.look_alikes, storage.actions
        )
        self.diary = SystemEvents(storage.actions, storage.settings, local_now, steady_now)
        self.chores = MaintenanceTimer(maintenance_tasks(config, storage))
        self.afterwards: Callable[[], object] | None = None
        """What is to be done once the database is closed; the kiosk starts anew then."""
        self.journal = AuditWriter(storage.actions, local_now)
        self.watchdog = Watchdog(steady_now, self._out_of_hope, earlier_starts())
        self.lock = build_lock_controller(
            config,
            lambda event, words: self.journal.record(
                event, "door", {"words": words} if words else {}
            ),
            functools.partial(self.watchdog.beat, "lock", LONGEST_CALL_S),
        )
        self.metrics = Metrics()
        self.health: HealthServer | None = None
        self.rules = AccessPolicyController(rules, self.lock, self.journal, storage)
        self._prepare = prepare
        self.wizard_first = wizard_first
        self._view = DoorView()
        self.embedder: EmbedderInfo | None = None
        self._office: StaffArea | None = None
        self._office_imports: threading.Thread | None = None
        self._captured = 0
        self._asked: Future[bool] | None = None
        self._noted: Future[None] | None = None
        self._start_unrecorded = False
        self._threshold_unrecorded = True
        storage.publish_consent(config)
        self._abandoned: list[CaptureWorker] = []
        self._apply_taste()
        self._build_screens()
        self._build_workers(camera)
        self._connect()

    def start(self) -> None:
        """Show the window and start the threads."""
        self._note(self._started)
        self.window.show_kiosk()
        if self.wizard_first and self.admin.needs_first_admin():
            self.pause_door()  # nobody watches the door behind the wizard
            self._open_office()
            self.window.go("wizard")
        else:
            self.window.go("door")
        self._answer_health()
        self.lock.start()
        self.inference.start()
        self.capture.start()
        self._clock.start(1000)
        self.chores.start()

    def _answer_health(self) -> None:
        """A port that is taken is written down: the door works without it."""
        if self.config.health.port:
            from kiosk.app.health import HealthServer

            try:
                self.health = HealthServer(self.config.health.port, self._health, self._metrics)
            except ConfigError as error:
                log.error("nothing answers other programs: %s", error)

    def watch(self) -> WatchdogThread:
        """Watch camera, networks, lock and screen from now on; the thread that does, to be started and stopped by whoever runs the kiosk."""
        self.watchdog.add(
            "camera", functools.partial(self._stands.emit, "camera"), grace_s=OPENING_S
        )
        self.watchdog.add(
            "inference",
            self._start_anew,
            lambda: self.storage.database.waited_for_by(self.inference.ident),
            BUILDING_S,
        )
        self.watchdog.add("lock", self._start_anew, lambda: self.lock.surely_locked, LONGEST_CALL_S)
        self.watchdog.add("ui", self._start_anew, grace_s=OPENING_S)
        self._pulse.start(PULSE_MS)
        return WatchdogThread(
            self.watchdog,
            Notifier(),
            lambda: f"{self._view.state.value}, {self._view.people_enrolled} people enrolled",
        )

    def _out_of_hope(self, name: str) -> None:
        """On the watchdog's thread: where the screen itself stands still nobody could be told, so the process ends."""
        if name == "ui":
            log.critical("the screen stands still again and again: the kiosk ends")
            end_now(self.lock)
        self._hopeless.emit(name)

    def _start_anew(self) -> None:
        start_anew(self.lock, self.watchdog.restarts())

    @Slot()
    def _alive(self) -> None:
        self.watchdog.beat("ui")

    @Slot(str)
    def _start_part_anew(self, _name: str) -> None:
        """The camera's driver does not come back: its thread is left behind, another one opens the camera again."""
        hung = self.capture
        self.capture = self._new_capture((self.capture.preview, self.capture.inference))
        hung.stop()
        hung.previewReady.disconnect(self._show_preview)
        hung.cameraOpened.disconnect(self._camera_opened)
        self._abandoned.append(hung)
        self.capture.start()

    @Slot(str)
    def _give_up(self, name: str) -> None:
        """Starting anew does not help: out of service, and another try after a while."""
        log.critical("%s stands still again and again: out of service", name)
        self._engine_failed("error.watchdog", f"{name} stands still")
        self.inference.post(lambda engine, now: engine.door.fault("error.watchdog", now))
        QTimer.singleShot(HOPELESS_MS, self._start_anew)

    def stop(self) -> None:
        """End the threads in order; the door is locked when they are gone."""
        self._clock.stop()
        self.card_watch.watch(False)
        self.speaker.stop()
        if self.health is not None:
            self.health.stop()
        self.capture.stop()
        self.inference.stop()
        ended = (
            {name: _finishes_in_time(stop) for name, stop in self._office.stops().items()}
            if self._office is not None
            else {}
        )
        ended |= {
            "a chore": _finishes_in_time(self.chores.stop),
            "the camera": self.capture.wait(STOP_MS),
            "the networks": self.inference.wait(STOP_MS),
            "a camera that hangs": all(hung.wait(100) for hung in self._abandoned),
        }
        self.lock.stop()
        self.journal.close()
        _finishes_in_time(lambda: self.diary.quietly(self.diary.stopped))
        ended["the database"] = _finishes_in_time(self.storage.close)
        hanging = [name for name, done in ended.items() if not done]
        if (
            hanging
        ):  # a driver that never comes back, say; Qt would abort, and what is stored is stored
            log.error("%s did not stop in time", ", ".join(hanging))
            logging.shutdown()
            sys.stdout.flush()
            os._exit(1)

    @property
    def view(self) -> DoorView:
        """The door as it was last shown."""
        return self._view

    @property
    def office(self) -> StaffArea:
        """The staff's side; opened now where that has not been done yet."""
        return self._office or self._open_office()

    @property
    def staff(self) -> AdminScreen:
        """The staff's screen."""
        return self.office.screen

    @property
    def desk(self) -> StaffPresenter:
        """Who works for staff."""
        return self.office.desk

    def _open_office_soon(self) -> None:
        """While nobody is at the door: import it beside everything else, and build it at a later tick; the picture rests for a moment then."""
        if self._office_imports is None:
            self._office_imports = threading.Thread(
                target=importlib.import_module,
                args=("kiosk.app.staff.area",),
                name="office",
                daemon=True,
            )
            self._office_imports.start()
        elif not self._office_imports.is_alive():
            self._open_office()

    def _open_office(self) -> StaffArea:
        from kiosk.app.staff.area import (
            StaffArea,
        )  # the door comes first: half of all screens are staff's

        for watcher in (self.window, self.card_watch):
            watcher.watch(False)  # else half of the time goes into events of what is being built
        try:
            self._office = office = StaffArea(self)
            office.build()
        finally:
            for watcher in (self.window, self.card_watch):
                watcher.watch(True)
        return office

    def _apply_taste(self) -> None:
        ui = self.config.ui
        language().use(self.storage.settings.get("language", ui.language))
        theme().use(self.storage.settings.get("theme", ui.theme))
        theme().reduced_motion = ui.reduced_motion
        theme().text_scale = ui.text_scale
        theme().low = ui.low_controls
        language().changed.connect(self._keep_language)
        theme().changed.connect(self._keep_theme)

    def _build_screens(self) -> None:
        ui = self.config.ui
        self.window = MainWindow(
            windowed=ui.windowed,
            idle_s=ui.idle_s,
            sign_out_s=ui.sign_out_s,
            keyboard=on_screen_wanted(self.config),
        )
        self.door = DoorScreen(self.config.door.name)
        self.idle = IdleScreen(self.config.door.name)
        self.number = NumberScreen()
        self.pin = PinScreen()
        for name, screen in (
            ("door", self.door),
            ("idle", self.idle),
            ("number", self.number),
            ("pin", self.pin),
        ):
            self.window.add_screen(
                name, screen, staff=name in ("number", "pin")
            )  # left alone, they give way to the door
        self.sounds = Sounds(enabled=ui.sound)
        self.speaker = Speaker(ui.speech)
        self._clock = QTimer(self)
        self._pulse = QTimer(self)
        cards = self.config.cards
        self.card_watch = CardReaderFilter(
            KeyBurstDetector(cards.gap_ms / 1000, cards.min_length), self._takes_cards
        )

    def _takes_cards(self) -> bool:
        return self.config.cards.reader and self.window.current in ("door", "idle", "number")

    def _build_workers(self, camera: Callable[[], CameraPort]) -> None:
        self._open_camera = camera
        self._at_rest = threading.Event()
        self.capture = self._new_capture(None)
        self.inference = InferenceWorker(
            self._make_engine,
            self.capture.inference,
            beat=functools.partial(self.watchdog.beat, "inference"),
            at_rest=self._at_rest,
        )

    def _new_capture(
        self, mailboxes: tuple[Mailbox[BGRAImage], Mailbox[Frame]] | None
    ) -> CaptureWorker:
        settings = self.config.camera
        capture = CaptureWorker(
            self._open_camera,
            lambda: FrozenDetector(settings.frozen_s),
            to_bgra,
            settings.stall_s,
            functools.partial(self.watchdog.beat, "camera"),
            mailboxes,
            self._at_rest,
        )
        capture.previewReady.connect(self._show_preview)
        capture.cameraOpened.connect(self._camera_opened)
        return capture

    def _make_engine(self) -> Engine:
        rules = self.rules.rules
        engine = build_engine(
            self.config,
            self.storage,
            self.lock,
            rules=rules,
            on_decision=(self.decided.emit, rules.decided, self.metrics.decided),
            hooks=EngineHooks(lambda: self.rules.alert, self.metrics.stage, self.pinAsked.emit),
            codes=functools.partial(
                build_codes, config=self.config, storage=self.storage, data_dir=self.data_dir
            ),
        )
        for step in self._prepare:
            step(engine, self.inference.isInterruptionRequested)
        return engine

    def _connect(self) -> None:
        self._stands.connect(self._start_part_anew)
        self._hopeless.connect(self._give_up)
        self._pulse.timeout.connect(self._alive)
        self.inference.stepped.connect(self._show_step)
        self.inference.sounded.connect(self.sounds.play)
        self.inference.failed.connect(self._engine_failed)
        self.inference.ready.connect(self._engine_ready)
        self._clock.timeout.connect(self._tick_second)
        self.door.numberRequested.connect(self._ask_number)
        self.door.claimCancelled.connect(self._cancel_claim)
        self.door.staffRequested.connect(self._ask_sign_in)
        self.number.submitted.connect(self._claim)
        self.card_watch.cardRead.connect(self._card)
        self.pinAsked.connect(self._card_needs_pin)
        self.number.cancelled.connect(self.to_door)
        self.pin.submitted.connect(self._enter_pin)
        self.pin.cancelled.connect(self._cancel_pin)
        self.window.signedOut.connect(self._sign_out)
        self.idle.wakeRequested.connect(self.to_door)

    @Slot()
    def _ask_sign_in(self) -> None:
        self.desk.ask_sign_in()

    @Slot()
    def _sign_out(self) -> None:
        """Nobody is signed in where the staff's side was never opened, and it is not opened for that."""
        if self._office is not None:
            self.desk.sign_out()
        else:
            self.to_door()

    @Slot()
    def to_door(self) -> None:
        """Back to the door, verifying again."""
        self.inference.post(lambda engine, now: engine.door.resume(now))
        self.window.go("door")

    def restart_with(self, act: Callable[[], object]) -> None:
        """Stop, do ``act`` while nothing runs, and start anew."""
        self.afterwards = act
        self.window.app.quit()

    def pause_door(self) -> None:
        """Nobody is verified while staff use the kiosk."""
        self.inference.post(lambda engine, now: engine.door.pause(now))

    def gallery_changed(self) -> None:
        """Somebody was enrolled, changed or deleted: compare with those who are there now."""
        self.inference.post(lambda engine, now: engine.reload_gallery(now))

    @Slot()
    def _show_preview(self) -> None:
        picture = self.capture.preview.take()
        if picture is None:
            return
        showing = self.window.current
        if showing == "door":
            self.door.set_frame(picture)
        elif showing == "admin":
            self.staff.enrol.preview.set_frame(picture)

    @Slot()
    def _show_step(self) -> None:
        step: Step | None = self.inference.steps.take()
        if step is None:
            return
        if step.door.threshold != self._view.threshold or self._threshold_unrecorded:
            self._threshold_unrecorded = False
            self._note(
                functools.partial(
                    self.diary.threshold, step.door.threshold, step.door.people_enrolled
                )
            )
        self._view = step.door
        self.metrics.follow(step.door.state)
        if step.enrol is not None:
            self.show_enrolment(step.enrol)
        self.window.follow_door(step.door)
        if self.window.current == "door":
            self.door.show_view(step.door)
            self.speaker.follow(step.door)
            self.doorShown.emit(step.door)

    def show_enrolment(self, view: EnrolView) -> None:
        """Show an enrolment's state on its page; a captured pose counts as somebody using the kiosk."""
        if len(view.captured) != self._captured:
            self._captured = len(view.captured)
            self.window.touched()
        self.staff.enrol.show_view(view)
        self.enrolShown.emit(view)

    @Slot(object)
    def _camera_opened(self, facts: CameraFacts) -> None:
        self.inference.post(lambda engine, now: setattr(engine, "camera", facts))

    @Slot(str, str)
    def _engine_failed(self, key: str, text: str) -> None:
        log.error("out of service: %s", text)
        self.door.show_view(replace(self._view, state=DoorState.OUT_OF_SERVICE, service_key=key))

    @Slot(object)
    def _engine_ready(self, info: EmbedderInfo) -> None:
        self.embedder = info
        self.engineReady.emit(info)

    @Slot()
    def _tick_second(self) -> None:
        now: datetime = local_now()
        self.door.set_now(now)
        self.idle.set_now(now)
        self.rules.tick()
        if self._office is not None:
            self._office.tick()
        elif (
            self.embedder is not None
            and self._view.state is DoorState.IDLE
            and self._view.face is None
        ):
            self._open_office_soon()
        if (
            self._noted is None or self._noted.done()
        ):  # a database that hangs is not asked again and again
            self._noted = self._note(self.diary.tick)
        if (
            self._asked is None or self._asked.done()
        ):  # a database that hangs is not asked again and again
            self._asked = self.storage.database.submit(self.storage.database.changed_elsewhere)
            self.tasks.watch(self._asked, self._changed_elsewhere, self._not_told)

    def _health(self) -> Health:
        """On a thread of the health server; only reads."""
        from kiosk.app.health import Health

        view = self._view
        return Health(
            {
                "networks": "inference" not in self.watchdog.standing(),
                "camera": view.camera_ok and view.state is not DoorState.CAMERA_LOST,
                "service": view.state is not DoorState.OUT_OF_SERVICE,
                "lock": self.lock.reachable,
            }
        )

    def _metrics(self) -> str:
        """On a thread of the health server; only reads."""
        view = self._view
        gauges = {
            "camera_up": float(self._health().parts["camera"]),
            "lock_up": float(self.lock.reachable),
            "people": view.people_enrolled,
            "frames_per_second": view.frames_per_s,
            "threshold": view.threshold,
            "door_open": float(view.state is DoorState.ACCEPTED),
        }
        return self.metrics.text(
            gauges,
            {
                "preview": self.capture.preview.dropped,
                "inference": self.capture.inference.dropped,
                "screen": self.inference.steps.dropped,
            },
        )

    def _note(self, act: Callable[[], None]) -> Future[None]:
        """Write something into the diary, in the database's thread."""
        return self.storage.database.submit(self.diary.quietly, act)

    def _started(self) -> None:
        newest = self.storage.access_log.latest()
        self.diary.started(
            __version__, dict(setting_rows(self.config)), newest.decision.at if newest else None
        )

    def _changed_elsewhere(self, changed: bool) -> None:
        """``enroll`` or ``people`` ran beside the kiosk: its people count from now on."""
        self._start_unrecorded = False
        if changed:
            self.gallery_changed()
            self.tasks.watch(
                self.storage.database.submit(self.rules.read), lambda use: use(), self._not_told
            )

    def _not_told(self, error: KioskError) -> None:
        if not self._start_unrecorded:  # else it is written each second
            log.warning("the database does not say whether it changed: %s", error)
        self._start_unrecorded = True

    @Slot()
    def _ask_number(self) -> None:
        self.pause_door()
        self.window.go("number")

    @Slot(str)
    def _claim(self, number: str) -> None:
        self._ask_door(lambda engine, now: engine.claim(number, now))

    @Slot(str)
    def _enter_pin(self, pin: str) -> None:
        self._ask_door(lambda engine, now: engine.enter_pin(pin, now))

    def _ask_door(self, command: Callable[[Engine, float], Claim]) -> None:
        """Never for whoever stands there minutes later: without an engine it is refused, and the door says why."""
        self.tasks.watch(
            self.inference.ask(command), self._follow_claim, lambda error: self.to_door()
        )

    def _follow_claim(self, claim: Claim) -> None:
        """The PIN is asked for on its own screen; all else is said at the door."""
        if self.window.current not in ("number", "pin"):  # left meanwhile
            return
        if claim.next is not Next.PIN:
            self.window.go("door")
            return
        self._show_pin(claim)

    def _show_pin(self, claim: Claim) -> None:
        self.pin.ask(masked_number(claim.number))
        self.window.go("pin")
        if claim.reason is not None:
            self.pin.show_error(f"reason.{claim.reason.value}.next")

    @Slot()
    def _cancel_pin(self) -> None:
        self._cancel_claim()
        self.to_door()

    @Slot(str)
    def _card(self, code: str) -> None:
        self.window.go("door")
        self.inference.ask(lambda engine, now: engine.card(code, now))

    @Slot(object)
    def _card_needs_pin(self, claim: Claim) -> None:
        """A badge or card was shown whose owner is asked for the PIN."""
        if self.window.current in ("door", "idle"):
            self._show_pin(claim)
        else:  # somebody else uses the kiosk meanwhile
            self._cancel_claim()

    @Slot()
    def _cancel_claim(self) -> None:
        self.inference.post(lambda engine, now: engine.door.cancel_claim())

    @Slot(str)
    def _keep_language(self, code: str) -> None:
        self.storage.database.submit(self.storage.settings.set, "language", code)

    @Slot(str)
    def _keep_theme(self, name: str) -> None:
        self.storage.database.submit(self.storage.settings.set, "theme", name)


def _config_on_disk(config_file: Path) -> Config | None:
    """The settings as ``config_file`` has them now; none where it cannot be read, which is told to whoever opens that page."""
    with contextlib.suppress(ConfigError):
        return load_config(config_file if config_file.exists() else None)
    return None


def _finishes_in_time(work: Callable[[], None]) -> bool:
    """Whether ``work`` ended in ``STOP_MS``; it goes on in its own thread where it did not."""
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(STOP_MS / 1000)
    return not worker.is_alive()
