"""``run``: start the kiosk; without a display, the same application on a scripted tour."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.cli.shared import changed, config_of, data_dir
from kiosk.core.config import CameraConfig
from kiosk.core.languages import language_codes

if TYPE_CHECKING:
    from kiosk.app.lock_at_start import LockAtStart


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the command line."""
    own = commands.add_parser("run", parents=[common], help="start the kiosk (default)")
    own.add_argument(
        "--camera",
        metavar="SOURCE",
        help="auto, an index, a device path, a video file, a folder of pictures, an rtsp:// or "
        "http:// address, or demo",
    )
    own.add_argument(
        "--windowed", action="store_true", default=None, help="in a window instead of full screen"
    )
    own.add_argument(
        "--embedder", metavar="NAME", help="face network of this run (weights list shows them)"
    )
    own.add_argument("--lang", choices=language_codes(), help="language at start")
    own.add_argument(
        "--tour",
        type=Path,
        metavar="DIR",
        help="run the scripted tour with the demo camera and leave its pictures in DIR",
    )
    own.set_defaults(call=call)


def call(args: argparse.Namespace) -> int:
    """Start the application; the door is locked first, whatever else fails."""
    from kiosk.app.lock_at_start import LockAtStart

    lock_at_start = LockAtStart(data_dir(args))
    lock_at_start.begin()
    try:
        return _start(args, lock_at_start)
    finally:
        lock_at_start.finish()


def _start(args: argparse.Namespace, lock_at_start: LockAtStart) -> int:
    from kiosk.app.decoder_warnings import drop_decoder_warnings

    config = changed(config_of(args), "camera", source=args.camera)
    config = changed(config, "recognition", embedder=args.embedder)
    config = changed(config, "ui", windowed=args.windowed, language=args.lang)
    touring = args.tour is not None or not has_display()
    if touring and not has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if not touring:
        drop_decoder_warnings()
    load()
    from kiosk.app.start import start_kiosk, start_tour

    if touring:
        if args.tour is None or args.camera is not None:
            _check_camera(config.camera)
        lock_at_start.finish()
        return start_tour(config, args.tour or Path("build") / "tour")
    return start_kiosk(config, data_dir(args), lock_at_start, args.lang, args.config)


WITHOUT_QT = (
    "access.drivers",
    "app.access_policy_controller",
    "app.bootstrap.administer_factory",
    "app.bootstrap.badge_factory",
    "app.bootstrap.engine_factory",
    "app.bootstrap.lock_factory",
    "app.bootstrap.policy_factory",
    "app.bootstrap.screen_image",
    "app.bootstrap.store_factory",
    "app.bootstrap.time_factor",
    "app.engine_client",
    "app.heartbeat",
    "app.keyboard_detection",
    "app.log_file",
    "app.single_instance",
    "app.system_event_writer",
    "app.watchdog_thread",
    "core.hangul",
    "core.mailbox",
    "core.settings",
    "core.process_turn",
    "core.statistics",
    "door.idle_throttle",
    "services.door_pin_service",
    "services.fleet_events",
    "services.fleet_lockdown",
    "services.lease_watch",
    "services.maintenance",
    "services.runtime_metrics",
    "storage.audit.retention",
    "storage.backup.restore",
    "storage.fleet.fleet_store",
    "vision.camera.sources",
)
"""Modules of the running kiosk that do not import Qt.

They are imported first, as PySide6 reads the source of each module that is imported after it.
"""


def load() -> None:
    """Import the application, which takes half of the time until the first picture.

    Objects created until the door is shown are never freed: garbage collection is off until then
    (see ``kiosk.app.garbage_collection``).
    """
    gc.disable()
    for name in (*WITHOUT_QT, "app.start"):
        importlib.import_module(f"kiosk.{name}")


def _check_camera(camera: CameraConfig) -> None:
    """Raise for a named camera that does not exist, although the tour has its own."""
    from kiosk.vision.camera.sources import shown_source, try_source

    if camera.source.strip() in ("auto", "demo"):
        return
    try_source(camera.source, camera).close()
    print(
        "Without a display the tour shows drawn people; nobody is verified by "
        f"{shown_source(camera.source)}."
    )


def has_display() -> bool:
    """Return whether a window can be shown."""
    if not sys.platform.startswith("linux"):
        return True
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if chosen in ("offscreen", "minimal"):
        return False
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or chosen)
