"""Checks of camera and lock."""

from __future__ import annotations

from dataclasses import replace

from kiosk.access.drivers import make_driver
from kiosk.app.doctor.check_messages import check_failed, check_message, check_of_keys, ok
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.view_models import Check, CheckLevel, DoorView
from kiosk.vision.camera.sources import Camera, shown_source, try_source
from kiosk.vision.camera.webcam_finder import video_nodes, webcams


def camera_check(config: Config) -> Check:
    """Check that the configured source delivers pictures; ``auto``: that a webcam does."""
    source = config.camera.source.strip()
    if source == "demo":
        return ok("camera", source)
    if source == "auto" and not webcams():
        return _none_found()
    try:
        camera = try_source(source, config.camera)
    except KioskError as error:
        return _unusable(source, error)
    try:
        return camera_found(camera.title, _mode_text(camera))
    finally:
        camera.close()


def _none_found() -> Check:
    """Say that there is no webcam, and what video devices there are instead."""
    nodes = video_nodes()
    if not nodes:
        return check_message("camera", CheckLevel.WARNING, "no_webcam", "plug_in")
    return check_message(
        "camera", CheckLevel.WARNING, "no_camera_among", "plug_in", devices=", ".join(nodes)
    )


def _unusable(source: str, error: KioskError) -> Check:
    """Say which camera gives no pictures, and why."""
    if source != "auto":
        return replace(
            check_failed("camera", "unusable", error), found=shown_source(source), key=""
        )
    devices = ", ".join(info.path for info in webcams())
    found = check_of_keys(
        "camera",
        CheckLevel.PROBLEM,
        "doctor.found.no_pictures",
        error.key,
        devices=devices,
        **error.values,
    )
    return replace(found, advice=str(error))


def camera_found(title: str, mode: str) -> Check:
    """Return what a camera delivers."""
    if not mode:
        return ok("camera", title)
    return check_message("camera", CheckLevel.OK, "camera_mode", camera=title, mode=mode)


def _mode_text(camera: Camera) -> str:
    return str(getattr(camera, "mode", ""))


def camera_in_use(view: DoorView) -> Check | None:
    """Return what a running kiosk knows of its camera; ``None`` for the demo camera."""
    if view.demo:
        return None
    if view.camera_ok:
        return camera_found(view.camera_title, view.camera_mode)
    problem = view.camera_problem
    if problem is None:
        return check_message("camera", CheckLevel.PROBLEM, "nothing_comes", "cable")
    return check_of_keys(
        "camera", CheckLevel.PROBLEM, "doctor.found.nothing_comes", problem.key, **problem.values
    )


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
