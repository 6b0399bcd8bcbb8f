"""Starts the kiosk on this machine's camera, or the scripted tour with drawn people."""

from __future__ import annotations

import dataclasses
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk.access.drivers import make_driver
from kiosk.access.last_lock import LastLock
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.pipeline_factory import check_weights
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.bootstrap.store_factory import open_store
from kiosk.app.camera_opener import CameraOpener
from kiosk.app.lock_at_start import LockAtStart, lock_all
from kiosk.app.log_file import log_to_file
from kiosk.app.qt_application import qt_application, run_event_loop
from kiosk.app.runtime import Runtime
from kiosk.app.single_instance import only_one
from kiosk.app.watchdog_thread import at_work, inherit_nothing
from kiosk.app.webcam_watch import WebcamWatch
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.core.errors import StorageError
from kiosk.services.systemd_notify import Notifier
from kiosk.storage.store import Store
from kiosk.vision.camera.sources import (
    SourceKind,
    check_source,
    kind_of,
)
from kiosk.vision.camera.webcam_finder import webcams

log = logging.getLogger(__name__)

RESTART = 75
"""The exit code of Qt's loop that asks for a restart."""


@dataclass(frozen=True, slots=True)
class _Session:
    """What one run of the kiosk is started with. ``demo``: drawn people instead of a webcam;
    ``desk``: no door.
    """

    application: QApplication
    config: Config
    data_dir: Path
    lang: str | None
    rules: AccessPolicy
    demo: bool
    config_file: Path
    desk: bool = False


def start_kiosk(
    config: Config,
    data_dir: Path,
    lock_at_start: LockAtStart,
    lang: str | None = None,
    config_file: Path | None = None,
    *,
    desk: bool = False,
) -> int:
    """Run until the window closes; return the exit code.

    ``desk``: the staff's screens alone, with or without a webcam, and no lock.
    ``lock_at_start``: has begun. ``lang`` overrides the language chosen on the screen.
    ``config_file``: where the settings are kept, by default in ``data_dir``. Raises ``KioskError``
    for settings that cannot work.
    """
    config_file = config_file or paths.config_file(data_dir)
    check_weights(config)
    demo = not desk and shows_drawn_people(config, data_dir)
    if not demo and not desk:
        check_source_at_start(config, data_dir)
    application = qt_application()
    if demo or desk:
        config = without_lock(config)
    make_driver(config)  # raises now, rather than when somebody is at the door
    if demo:
        data_dir = data_dir / "demo"  # keeps drawn people apart from real ones
        print(
            f"No webcam: the demo camera shows drawn people{_until(config.camera.source)}. "
            f"Their data is in {data_dir}."
        )
    rules = build_rules(config, data_dir)
    lock_at_start.finish(config)
    with only_one(data_dir):
        LastLock(paths.last_lock_file(data_dir)).remember(config)
        code = _run(_Session(application, config, data_dir, lang, rules, demo, config_file, desk))
    if code == RESTART:  # in this process, so that its supervisor sees no other
        inherit_nothing()
        os.execv(sys.executable, sys.orig_argv)
    return code


def start_tour(config: Config, folder: Path) -> int:
    """Run the whole application by a script that leaves its pictures in ``folder``."""
    check_weights(config)
    application = qt_application()
    from kiosk.app.demonstration import run_tour

    return run_tour(application, without_lock(config), folder)


def _run(session: _Session) -> int:
    log_to_file(session.data_dir)
    try:
        with at_work(Notifier(), "the database is opened"):
            storage = open_store(session.data_dir, session.config)
    except StorageError as error:
        return _recover(session, error)
    if session.lang:
        storage.settings.set("language", session.lang)
    runtime, guide = _build(session, storage)
    runtime.start()
    watch = runtime.watch()
    watch.start()

    def stop() -> None:
        watch.stop(restarting=runtime.before_restart is not None)
        runtime.stop()

    code = run_event_loop(session.application, stop)
    del guide
    if runtime.before_restart is not None:
        _before_restart(runtime.before_restart)
        return RESTART
    if not runtime.lock.surely_locked:
        lock_all(session.config, session.data_dir)  # raises if it does not confirm either
    return code


def _build(session: _Session, storage: Store) -> tuple[Runtime, object]:
    """Return the kiosk, and what must live as long as it does."""
    config = session.config
    if session.demo:
        from kiosk.app.demonstration import demonstration  # not needed beside a webcam

        runtime, guide = demonstration(
            config, session.data_dir, storage, session.rules, session.config_file
        )
        if config.camera.source.strip() != "demo":
            return runtime, (guide, WebcamWatch(runtime))
        return runtime, guide
    runtime = Runtime(
        config,
        session.data_dir,
        storage,
        camera=CameraOpener(config.camera),
        rules=session.rules,
        config_file=session.config_file,
        desk=session.desk,
    )
    return runtime, None


def _recover(session: _Session, error: StorageError) -> int:
    """Keep the door locked until the database can be opened; then restart."""
    print(f"munjigi: {error}", file=sys.stderr)
    from kiosk.app.database_recovery import DatabaseRecovery  # rarely needed

    recovery = DatabaseRecovery(session.config, session.data_dir, error)
    recovery.over.connect(lambda: session.application.exit(RESTART))
    recovery.start()
    return run_event_loop(session.application, recovery.stop)


def _before_restart(work: Callable[[], object]) -> None:
    """Do what needs a closed database; the kiosk restarts even if that fails."""
    try:
        with at_work(Notifier(), "the kiosk restarts"):
            work()
    except StorageError as error:
        log.error("nothing was restored: %s", error)


def without_lock(config: Config) -> Config:
    """Return ``config`` with a lock that only records: drawn people open no real door."""
    return dataclasses.replace(config, door=dataclasses.replace(config.door, lock="log"))


def shows_drawn_people(config: Config, data_dir: Path) -> bool:
    """Return whether to show the demo camera.

    That is where it is asked for, and where there is neither a webcam nor a door: a camera that is
    unplugged, late or in use must not put drawn people into the place of a door's real ones.
    """
    source = config.camera.source.strip()
    return source == "demo" or (
        source == "auto" and not has_door(config, data_dir) and not webcams()
    )


def has_door(config: Config, data_dir: Path) -> bool:
    """Return whether this kiosk is installed at a door: it has data, a lock, or is the service."""
    return (
        config.door.lock != NO_DRIVER
        or paths.database_file(data_dir).exists()
        or paths.last_lock_file(data_dir).exists()
        or Notifier().enabled
    )


def check_source_at_start(config: Config, data_dir: Path) -> None:
    """Raise ``CameraError`` where the source cannot work; at a door it may come later."""
    source = config.camera.source
    if kind_of(source) is SourceKind.DEVICE and has_door(config, data_dir):
        return
    check_source(source)


def _until(source: str) -> str:
    return "" if source.strip() == "demo" else " until one is plugged in"
