"""Checks of camera and lock."""

from __future__ import annotations

import os
from dataclasses import replace

from kiosk.access.drivers import make_driver
from kiosk.app.doctor.check_messages import check_failed, check_message, ok
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.view_models import Check, CheckLevel
from kiosk.vision.camera.sources import resolve_source, shown_source, try_source, webcams


def camera_check(config: Config) -> Check:
    """Check that the configured source delivers a picture; ``auto``: that a webcam does."""
    source = config.camera.source.strip()
    if source == "auto":
        return _webcam()
    try:
        return ok("camera", shown_source(try_source(source, config.camera)))
    except KioskError as error:
        return replace(
            check_failed("camera", "unusable", error), found=shown_source(source), key=""
        )


def _webcam() -> Check:
    found = resolve_source("auto")
    devices = webcams()
    if found != "demo":
        return check_message("camera", CheckLevel.OK, "pictures", device=found)
    if not devices:
        return check_message("camera", CheckLevel.WARNING, "no_webcam", "plug_in")
    if not any(os.access(device, os.R_OK | os.W_OK) for device in devices):
        return check_message(
            "camera", CheckLevel.PROBLEM, "no_permission", "group_video", devices=", ".join(devices)
        )
    return check_message(
        "camera", CheckLevel.PROBLEM, "no_pictures", "other_programs", devices=", ".join(devices)
    )


def camera_in_use(title: str, alive: bool, demo: bool) -> Check | None:
    """Return what a running kiosk knows of its camera; ``None`` for the demo camera."""
    if demo:
        return None
    if not alive:
        return check_message("camera", CheckLevel.PROBLEM, "nothing_comes", "cable")
    return ok("camera", title)


def lock_check(config: Config) -> Check:
    """Check that the lock answers; this locks the door."""
    try:
        driver = make_driver(config)
        driver.check()
        driver.stop()
    except KioskError as error:
        return check_failed("lock", "lock_broken", error)
    return lock_in_use(config.door.lock, reachable=True)


def lock_in_use(name: str, reachable: bool) -> Check:
    """Return what is known of the lock ``name``, such as a running kiosk's."""
    if not reachable:
        return check_message("lock", CheckLevel.PROBLEM, "lock_lost", "lock", driver=name)
    return check_message(
        "lock", CheckLevel.OK, "lock_answers" if name != "log" else "lock_none", driver=name
    )
