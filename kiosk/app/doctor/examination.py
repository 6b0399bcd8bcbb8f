"""What the kiosk needs, each looked at, with what to do where it is missing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from kiosk.access.drivers import make_driver
from kiosk.access.policy.rules import AccessPolicy
from kiosk.app.bootstrap.build import open_store
from kiosk.app.bootstrap.calibrator import calibrator
from kiosk.app.bootstrap.policy_factory import build_rules
from kiosk.app.doctor import machine_checks
from kiosk.app.doctor.machine_checks import check_message, of_keys, ok
from kiosk.app.doctor.storage_checks import backup_check, keys_check
from kiosk.core import paths
from kiosk.core.config import Config
from kiosk.core.errors import KioskError
from kiosk.core.templates import Template
from kiosk.core.thresholds import Calibration, Choice
from kiosk.core.view_models import Check, CheckLevel
from kiosk.vision.camera.sources import resolve_source, try_source, webcams, without_password
from kiosk.vision.models.manifest import Manifest


def examine(
    config: Config, data_dir: Path, camera: Check | None = None, lock: Check | None = None
) -> list[Check]:
    """Every check, in the order a person would repair things.

    ``camera``, ``lock``: what a running kiosk says of its own; opening those a second time would fail.
    """
    parts: dict[str, Callable[[], Check | Iterator[Check]]] = {
        "python": machine_checks.python,
        "packages": machine_checks.packages,
        "libraries": machine_checks.libraries,
        "display": machine_checks.display,
        "fonts": machine_checks.fonts,
        "weights": lambda: _weights(config),
        "camera": lambda: camera or _camera(config),
        "lock": lambda: lock or _lock(config),
        "rules": lambda: _rules(config, data_dir),
        "database": lambda: _database(config, data_dir),
        "keys": lambda: keys_check(config, data_dir),
        "backup": lambda: backup_check(config, data_dir),
        "threshold": lambda: _threshold(config, data_dir),
        "disk": lambda: machine_checks.disk(data_dir),
        "clock": machine_checks.clock,
    }
    return [check for name, part in parts.items() for check in _looked_at(name, part)]


def _looked_at(name: str, part: Callable[[], Check | Iterator[Check]]) -> list[Check]:
    """What ``part`` found; one that cannot look keeps nobody from the others."""
    try:
        found = part()
        return [found] if isinstance(found, Check) else list(found)
    except (OSError, subprocess.SubprocessError) as error:
        return [check_message(name, CheckLevel.PROBLEM, "unseen", "permissions", why=error)]


def _failed(name: str, found: str, error: KioskError) -> Check:
    """What ``error`` stopped: its own sentence for the terminal, its key's for the screen."""
    return replace(
        of_keys(name, CheckLevel.PROBLEM, f"doctor.found.{found}", error.key, **error.values),
        advice=str(error),
    )


def _weights(config: Config) -> Iterator[Check]:
    try:
        manifest = Manifest.load(paths.MANIFEST)
        chosen = manifest.choose(config.recognition.embedder)
    except KioskError as error:
        yield _failed("weights", "unusable", error)
        return
    for entry in manifest.entries:
        if not entry.path.exists():
            if entry.kind == "detector" or entry.id == chosen.id:
                yield check_message(
                    f"weights {entry.id}", CheckLevel.PROBLEM, "not_here", "prepare"
                )
            continue
        try:
            entry.verify()
        except KioskError as error:
            yield _failed(f"weights {entry.id}", "wrong_checksum", error)
        else:
            yield check_message(
                f"weights {entry.id}",
                CheckLevel.OK,
                "in_use" if entry.id == chosen.id else "checksum",
                checksum=entry.sha256[:12],
            )


def _camera(config: Config) -> Check:
    """The source is opened and must give a picture; ``auto`` is the first webcam that does."""
    source = config.camera.source.strip()
    if source == "auto":
        return _webcam()
    try:
        return ok("camera", without_password(try_source(source, config.camera)))
    except KioskError as error:
        return replace(_failed("camera", "unusable", error), found=without_password(source), key="")


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
    """What a running kiosk knows of its camera; ``None`` for the demo camera, which leaves the question open."""
    if demo:
        return None
    if not alive:
        return check_message("camera", CheckLevel.PROBLEM, "nothing_comes", "cable")
    return ok("camera", title)


def _lock(config: Config) -> Check:
    """The driver is asked once, and let go of again; that locks the door."""
    try:
        driver = make_driver(config)
        driver.check()
        driver.stop()
    except KioskError as error:
        return _failed("lock", "lock_broken", error)
    return lock_in_use(config.door.lock, reachable=True)


def lock_in_use(name: str, reachable: bool) -> Check:
    """What is known of the lock, a running kiosk's too."""
    if not reachable:
        return check_message("lock", CheckLevel.PROBLEM, "lock_lost", "lock", driver=name)
    return check_message(
        "lock", CheckLevel.OK, "lock_answers" if name != "log" else "lock_none", driver=name
    )


def _rules(config: Config, data_dir: Path) -> Check:
    """Whether the access rules can be used, and which groups they know."""
    try:
        rules = build_rules(config, data_dir)
    except KioskError as error:
        return _failed("rules", "rules_broken", error)
    if replace(rules, pin_for_everybody=False) == AccessPolicy():
        return check_message("rules", CheckLevel.OK, "rules_none")
    return check_message(
        "rules", CheckLevel.OK, "rules_groups", names=", ".join(sorted(rules.groups))
    )


def _embedder_in_use(config: Config) -> str:
    try:
        return Manifest.load(paths.MANIFEST).choose(config.recognition.embedder).identity
    except (KioskError, OSError):
        return ""


def _database(config: Config, data_dir: Path) -> Check:
    file = paths.database_file(data_dir)
    if not file.exists():
        return check_message("database", CheckLevel.OK, "will_be_made", file=file)
    try:
        storage = open_store(data_dir, config)
    except KioskError as error:
        return _failed("database", "unusable", error)
    try:
        people = storage.people.search("", 1, 0)[1]
        size = f"{file.stat().st_size / 1e6:.1f} MB"
        embedder = _embedder_in_use(config)
        again = storage.people.without(embedder) if embedder else 0
        if again:
            return check_message(
                "database",
                CheckLevel.WARNING,
                "strangers",
                "enrol_again",
                again=again,
                people=people,
                size=size,
            )
        return check_message("database", CheckLevel.OK, "sound", people=people, size=size)
    finally:
        storage.close()


def _threshold(config: Config, data_dir: Path) -> Check:
    """The distance that decides, what it is based on, and what can be promised of it."""
    try:
        entry = Manifest.load(paths.MANIFEST).choose(config.recognition.embedder)
        templates, choice = _enrolled(config, data_dir, entry.identity)
        found = calibrator(config.recognition, entry.identity, entry.threshold, lambda: choice)(
            templates
        ).identify
    except KioskError as error:
        return _failed("threshold", "not_derived", error)
    kept = (
        found.fpir <= found.target
        if found.fixed
        else found.supported or (found.source and found.threshold > 0)
    )
    return of_keys(
        "threshold",
        CheckLevel.OK if kept else CheckLevel.WARNING,
        found.key,
        _threshold_advice(found),
        damaged=found.damaged,
        **found.values,
    )


def _threshold_advice(found: Calibration) -> str:
    if found.damaged:
        return "doctor.advice.damaged"
    if found.fixed:
        return "" if found.fpir <= found.target else "doctor.advice.fixed"
    if found.threshold <= 0:
        return "doctor.advice.target"
    return "" if found.source else "doctor.advice.reference"


def _enrolled(
    config: Config, data_dir: Path, embedder_id: str
) -> tuple[list[Template], Choice | None]:
    """The templates of everybody, and what was chosen on the screen to decide by."""
    if not paths.database_file(data_dir).exists():
        return [], None
    storage = open_store(data_dir, config)
    try:
        return storage.people.templates(embedder_id), storage.choice.get()
    finally:
        storage.close()
