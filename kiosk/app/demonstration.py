"""The kiosk with drawn people: the demonstration without a webcam, and the scripted tour."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.notify_factory import without_notifications
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.log_file import log_to_file
from kiosk.app.qt_application import run_event_loop
from kiosk.app.runtime import Runtime
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import StorageError
from kiosk.demo.guide import DemoGuide, DemoStand, seed_demo_people
from kiosk.demo.tour import Tour, tour_settings
from kiosk.storage.store import Store

MARKER = ".munjigi-tour"
"""A file in each folder that a tour has made, and may empty again."""


def demonstration(
    config: Config, data_dir: Path, storage: Store, rules: AccessPolicy, config_file: Path
) -> tuple[Runtime, DemoGuide]:
    """Return the kiosk with the demo camera, and the guide, which must be kept alive."""
    camera = DemoStand()
    runtime = Runtime(
        without_notifications(config),
        data_dir,
        storage,
        camera=lambda: camera,
        prepare=[seed_demo_people],
        rules=rules,
        wizard_first=False,
        config_file=config_file,
    )
    guide = DemoGuide(camera)
    _connect_guide(runtime, guide)
    return runtime, guide


def run_tour(application: QApplication, config: Config, folder: Path) -> int:
    """Enrol three people, let them and strangers come, export the log; return the exit code.

    Raises ``StorageError`` if ``folder`` holds other files or cannot be written.
    """
    data_dir = prepare_tour_folder(folder)
    config = with_own_keys(config, folder)
    storage = open_store(data_dir, config)
    log_to_file(data_dir)
    camera = DemoStand()
    runtime = Runtime(
        without_notifications(tour_settings(config)), data_dir, storage, camera=lambda: camera
    )
    guide = DemoGuide(camera, visitors=False)
    _connect_guide(runtime, guide)
    tour = Tour(
        runtime.window,
        lambda: runtime.view,
        paths.exports_dir(data_dir),
        camera,
        guide,
        folder,
    )
    runtime.events.decided.connect(tour.record_decision)
    runtime.events.engineReady.connect(tour.engine_ready)
    runtime.events.enrolmentShown.connect(tour.follow_enrolment)
    tour.finished.connect(application.quit)
    runtime.start()
    tour.start()
    code = run_event_loop(application, runtime.stop)
    return code or tour.exit_code


def with_own_keys(config: Config, folder: Path) -> Config:
    """Return ``config`` with keys in the tour's folder, which are emptied with its data.

    Keys that outlive the data would rightly say that a database is missing.
    """
    security = replace(config.security, key_store="file", key_folder=str(folder / "keys"))
    return replace(config, security=security)


def prepare_tour_folder(folder: Path) -> Path:
    """Empty the folder of an earlier tour, or create it; return its data folder."""
    made_by_tour = (folder / MARKER).exists()
    if folder.exists() and not made_by_tour and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(
            f"{folder} holds other files; name an empty or a new folder with --tour."
        )
    shutil.rmtree(folder, ignore_errors=True)
    data_dir = folder / "data"
    try:
        data_dir.mkdir(parents=True)
        (folder / MARKER).touch()
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error}); name another folder with --tour."
        ) from None
    return data_dir


def _connect_guide(runtime: Runtime, guide: DemoGuide) -> None:
    """Let the drawn person follow what the kiosk shows."""
    runtime.events.enrolmentShown.connect(guide.follow_enrolment)
    runtime.events.doorShown.connect(guide.follow_door)
    runtime.window.screenChanged.connect(guide.follow_screen)
