"""Checks of the camera: whether it delivers, in which format, and whether people stand upright."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kiosk.app.bootstrap.camera_setup_factory import person_finder
from kiosk.app.doctor.check_messages import check_failed, check_message, check_of_keys, ok
from kiosk.app.single_instance import is_running
from kiosk.core.config import CameraConfig, Config
from kiosk.core.errors import KioskError
from kiosk.core.orientation import Orientation
from kiosk.core.view_models import Check, CheckLevel, DoorView
from kiosk.services.camera_setup_service import upright_angle
from kiosk.vision.camera.camera_mode import LEAST_FPS, CameraMode
from kiosk.vision.camera.sources import Camera, shown_source, try_source
from kiosk.vision.camera.webcam import BUSY_KEYS
from kiosk.vision.camera.webcam_finder import stable_links, video_nodes, webcams, webcams_to_try

PICTURES = 5
"""So many pictures are searched for a person."""


def camera_check(config: Config, data_dir: Path) -> Check:
    """Check that the configured source delivers pictures; ``auto``: that a webcam does.

    The running kiosk on ``data_dir``, if any, has the camera.
    """
    source = config.camera.source.strip()
    if source == "demo":
        return ok("camera", source)
    if source == "auto" and not webcams():
        return _none_found()
    try:
        camera = try_source(source, config.camera)
    except KioskError as error:
        if error.key in BUSY_KEYS and is_running(data_dir):
            return check_message("camera", CheckLevel.OK, "kiosk_has_it", "system_page")
        return _unusable(source, error)
    try:
        return _turned(camera, config) or _delivers(camera, config.camera)
    finally:
        camera.close()


def camera_in_use(view: DoorView, fps: float) -> Check | None:
    """Return what a running kiosk knows of its camera; ``None`` for the demo camera.

    ``fps``: pictures a second that really come.
    """
    if view.demo:
        return None
    if view.camera_ok and view.faces_ignored:
        return check_message(
            "camera",
            CheckLevel.WARNING,
            "faces_ignored",
            "faces_ignored",
            camera=view.camera_title,
            faces=view.faces_ignored,
        )
    if view.camera_ok:
        return camera_found(view.camera_title, view.camera_mode, fps)
    problem = view.camera_problem
    if problem is None:
        return check_message("camera", CheckLevel.PROBLEM, "nothing_comes", "cable")
    return check_of_keys(
        "camera", CheckLevel.PROBLEM, "doctor.found.nothing_comes", problem.key, **problem.values
    )


def camera_found(title: str, mode: str, fps: float) -> Check:
    """Return what a camera says that it delivers, and how many pictures really come a second."""
    if not mode:
        return ok("camera", title)
    facts = {"camera": title, "mode": mode, "fps": f"{fps:.1f}"}
    if 0 < fps < LEAST_FPS:
        return check_message("camera", CheckLevel.WARNING, "camera_rate", "slow_pictures", **facts)
    return check_message("camera", CheckLevel.OK, "camera_rate", **facts)


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
    found = check_of_keys(
        "camera",
        CheckLevel.PROBLEM,
        "doctor.found.no_pictures",
        error.key,
        devices=", ".join(info.path for info in webcams_to_try()),
        **error.values,
    )
    return replace(found, advice=str(error))


def _delivers(camera: Camera, config: CameraConfig) -> Check:
    """Say what the camera delivers; infrared, and few pictures a second, are warnings."""
    mode = getattr(camera, "mode", None)
    if not isinstance(mode, CameraMode):
        return ok("camera", camera.title)
    facts = {"camera": camera.title, "mode": str(mode)}
    if not mode.colour:
        return check_message("camera", CheckLevel.WARNING, "camera_mode", "infrared", **facts)
    if mode.fps < min(LEAST_FPS, config.fps):
        return check_message("camera", CheckLevel.WARNING, "camera_mode", "slow_camera", **facts)
    source = config.source.strip()
    link = stable_links().get(f"/dev/video{source}" if source.isdecimal() else source, "")
    if link:
        return check_message(
            "camera", CheckLevel.OK, "camera_mode", "stable_name", link=link, **facts
        )
    return check_message("camera", CheckLevel.OK, "camera_mode", **facts)


def _turned(camera: Camera, config: Config) -> Check | None:
    """Return a warning if a person is seen, but lying on the side or upside down."""
    orient = Orientation(config.camera.turned, config.camera.mirrored)
    try:
        find = person_finder(config)
    except KioskError:  # the check of the networks reports it
        return None
    angles = [
        upright_angle(find, orient(image))
        for _ in range(PICTURES)
        if (image := camera.read()) is not None
    ]
    found = {angle for angle, _ in filter(None, angles)}
    if not found or 0 in found:
        return None
    turned = orient.and_then(found.pop(), mirrored=False).turned
    return check_message("camera", CheckLevel.WARNING, "turned", "turned", turned=turned)
