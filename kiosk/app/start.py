"""Starts the kiosk on this machine's camera, or the scripted tour with drawn people."""

from __future__ import annotations

import dataclasses
import gc
import logging
import logging.handlers
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from kiosk.access.drivers import make_driver
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.build import open_store
from kiosk.app.bootstrap.pipeline_factory import check_weights
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.runtime import Runtime
from kiosk.app.single_instance import only_one
from kiosk.app.watchdog_thread import at_work, inherit_nothing
from kiosk.core import paths
from kiosk.core.config import CameraConfig, Config
from kiosk.core.errors import CameraError, StorageError
from kiosk.services.systemd_notify import Notifier
from kiosk.storage.backup.restore import forget_offers
from kiosk.storage.store import Store
from kiosk.vision.camera.sources import Camera, open_camera, resolve_source

if TYPE_CHECKING:
    from kiosk.demo.guide import DemoGuide, DemoStand

log = logging.getLogger(__name__)

SETTLED_MS = 3000
RESTART = 75
"""The exit code of Qt's loop that asks for a new start."""


def start_kiosk(
    config: Config, data_dir: Path, lang: str | None = None, config_file: Path | None = None
) -> int:
    """Run until the window closes; returns the exit code. ``lang`` overrides what was chosen on screen.

    ``config_file``: where the settings are kept, by default in ``data_dir``.
    """
    config_file = config_file or paths.config_file(data_dir)
    check_weights(config)
    source = resolve_source(config.camera.source)
    application = _application()
    demo = source == "demo"
    if demo:
        config = without_lock(config)
    make_driver(config)  # what its settings cannot do is said now, not to somebody at the door
    if demo:
        data_dir = data_dir / "demo"  # drawn people never stand among real ones
        print(f"No webcam: the demo camera shows drawn people. Their data is in {data_dir}.")
    rules = build_rules(config, data_dir)
    with only_one(data_dir):
        forget_offers(data_dir)
        code = _session(application, config, data_dir, lang, rules, demo, config_file)
    if code == RESTART:  # in this very process, so that whoever watches it sees no other
        inherit_nothing()
        os.execv(sys.executable, sys.orig_argv)
    return code


def _session(
    application: QApplication,
    config: Config,
    data_dir: Path,
    lang: str | None,
    rules: AccessPolicy,
    demo: bool,
    config_file: Path,
) -> int:
    _log_to(data_dir)
    try:
        with at_work(Notifier(), "the database is opened"):
            storage = open_store(data_dir, config)
    except StorageError as error:
        return _in_trouble(application, config, data_dir, error)
    if lang:
        storage.settings.set("language", lang)
    if demo:
        app, guide = _demonstration(config, data_dir, storage, rules, config_file)
    else:
        app = Runtime(
            config,
            data_dir,
            storage,
            camera=webcam_opener(config.camera),
            rules=rules,
            config_file=config_file,
        )
        guide = None
    app.start()
    watch = app.watch()
    watch.start()

    def stop() -> None:
        watch.stop(anew=app.before_restart is not None)
        app.stop()

    code = _run(application, stop)
    del guide
    return _afterwards(app) if app.before_restart is not None else code


def _demonstration(
    config: Config, data_dir: Path, storage: Store, rules: AccessPolicy, config_file: Path
) -> tuple[Runtime, DemoGuide]:
    """The application with drawn people, and who leads them; a newcomer sees the door at once."""
    from kiosk.demo.guide import (
        DemoGuide,
        DemoStand,
        seed_demo_people,
    )  # a kiosk with a webcam draws nobody

    camera = DemoStand()
    app = Runtime(
        config,
        data_dir,
        storage,
        camera=_same(camera),
        prepare=[seed_demo_people],
        rules=rules,
        wizard_first=False,
        config_file=config_file,
    )
    guide = DemoGuide(camera)
    _connect_guide(app, guide)
    return app, guide


def _connect_guide(app: Runtime, guide: DemoGuide) -> None:
    """Let the drawn person follow what the kiosk shows."""
    app.events.enrolmentShown.connect(guide.follow_enrolment)
    app.events.doorShown.connect(guide.follow_door)
    app.window.screenChanged.connect(guide.follow_screen)


def _in_trouble(
    application: QApplication, config: Config, data_dir: Path, error: StorageError
) -> int:
    """The door stays locked until the database can be opened; then the kiosk starts anew."""
    print(f"munjigi: {error}", file=sys.stderr)
    from kiosk.app.database_recovery import DatabaseRecovery  # hardly ever

    trouble = DatabaseRecovery(config, data_dir, error)
    trouble.over.connect(lambda: application.exit(RESTART))
    trouble.start()
    return _run(application, trouble.stop)


def _afterwards(app: Runtime) -> int:
    """Do what needs a closed database, then start anew, whatever became of it."""
    assert app.before_restart is not None
    try:
        with at_work(Notifier(), "the kiosk starts anew"):
            app.before_restart()
    except StorageError as error:
        log.error("nothing was restored: %s", error)
    return RESTART


def without_lock(config: Config) -> Config:
    """``config`` with a lock that only records: drawn people open no real door."""
    return dataclasses.replace(config, door=dataclasses.replace(config.door, lock="log"))


def start_tour(config: Config, folder: Path) -> int:
    """The whole application by itself: enrol three people, let them and strangers come, export the log."""
    check_weights(config)
    data_dir = folder / "data"
    marker = folder / ".munjigi-tour"
    if folder.exists() and not marker.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(
            f"{folder} holds other files; name an empty or a new folder with --tour."
        )
    shutil.rmtree(folder, ignore_errors=True)
    try:
        data_dir.mkdir(parents=True)
        marker.touch()
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error}); name another folder with --tour."
        ) from None
    application = _application()
    storage = open_store(data_dir, config)
    _log_to(data_dir)
    from kiosk.demo.guide import DemoGuide, DemoStand
    from kiosk.demo.tour import Tour, tour_settings

    camera = DemoStand()
    app = Runtime(tour_settings(without_lock(config)), data_dir, storage, camera=_same(camera))
    guide = DemoGuide(camera, visitors=False)
    _connect_guide(app, guide)
    exports = paths.exports_dir(data_dir)
    tour = Tour(app.window, lambda: app.view, exports, camera, guide, folder)
    app.events.decided.connect(tour.record_decision)
    app.events.engineReady.connect(tour.engine_ready)
    app.events.enrolmentShown.connect(tour.follow_enrolment)
    app.start()
    tour.start()
    tour.finished.connect(application.quit)
    code = _run(application, app.stop)
    return code or tour.exit_code


def _same(camera: DemoStand) -> Callable[[], DemoStand]:
    """An opener that gives the one demo camera each time."""
    return lambda: camera


def webcam_opener(config: CameraConfig) -> Callable[[], Camera]:
    """Opens the configured source again and again; never the demo camera, whatever became of the webcam."""

    def open_again() -> Camera:
        source = resolve_source(config.source)
        if source == "demo":
            raise CameraError("The webcam is gone; plug it in again, the kiosk goes on by itself.")
        return open_camera(source, config)

    return open_again


def _application() -> QApplication:
    qInstallMessageHandler(_qt_says)
    application = QApplication.instance()
    if isinstance(application, QApplication):
        return application
    return QApplication(["munjigi"])


def _run(application: QApplication, stop: Callable[[], None]) -> int:
    """Run Qt's loop, then ``stop``; Ctrl-C and SIGTERM end it in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: application.quit())
    heartbeat = QTimer()
    heartbeat.timeout.connect(_let_python_run)  # so that signals are noticed while Qt waits
    heartbeat.start(200)
    QTimer.singleShot(SETTLED_MS, _set_aside)
    sys.excepthook = _unexpected
    try:
        return int(application.exec())
    finally:
        stop()


def _qt_says(kind: QtMsgType, _where: object, text: str | None) -> None:
    """Qt's own remarks belong into the log, not onto the terminal; after a fatal one it would abort."""
    log.info("Qt: %s", text)
    if kind is QtMsgType.QtFatalMsg:
        print(
            "munjigi: The screen cannot be opened; start from a desktop session, unset DISPLAY for the scripted tour, or run "
            "`python run_kiosk.py doctor`.",
            file=sys.stderr,
            flush=True,
        )
        os._exit(2)


def _set_aside() -> None:
    """What stands by now stays: Python never looks through it again for what nobody needs, which took 70 ms each time, and the screen waited."""
    gc.freeze()
    gc.enable()  # kiosk.cli.run_command.load switched it off


def _let_python_run() -> None:
    """Entering Python is enough."""


def _unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """No traceback in public: into the log, and the screen goes on."""
    log.critical("unexpected", exc_info=(kind, error, trace))


def _log_to(data_dir: Path) -> None:
    """Keep the program's own log beside the data, two files of a megabyte at most; where systemd gives a folder for logs,
    there, and logrotate sees to it."""
    folder = os.environ.get("LOGS_DIRECTORY", "")
    if folder:
        handler: logging.Handler = logging.handlers.WatchedFileHandler(
            Path(folder) / "munjigi.log", encoding="utf-8"
        )
    else:
        handler = logging.handlers.RotatingFileHandler(
            data_dir / "munjigi.log", maxBytes=1_000_000, backupCount=1, encoding="utf-8"
        )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger("kiosk").addHandler(handler)
    logging.getLogger("kiosk").setLevel(logging.INFO)
