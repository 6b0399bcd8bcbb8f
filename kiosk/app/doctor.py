"""What the kiosk needs, each looked at, with what to do where it is missing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk import paths
from kiosk.app import machine
from kiosk.app.build import Storage, calibrator
from kiosk.app.machine import ok
from kiosk.config import Config
from kiosk.errors import KioskError
from kiosk.types import Calibration, Template
from kiosk.ui.i18n import catalogue
from kiosk.views import Check, CheckLevel
from kiosk.vision.cameras import resolve_source, try_source, webcams, without_password
from kiosk.vision.manifest import Manifest


def examine(config: Config, data_dir: Path, camera: Check | None = None) -> list[Check]:
    """Every check, in the order a person would repair things.

    ``camera``: what a running kiosk says of its own; opening that a second time would fail.
    """
    parts: dict[str, Callable[[], Check | Iterator[Check]]] = {
        "python": machine.python, "packages": machine.packages, "libraries": machine.libraries, "display": machine.display,
        "fonts": machine.fonts, "weights": lambda: _weights(config), "camera": lambda: camera or _camera(config),
        "database": lambda: _database(config, data_dir), "threshold": lambda: _threshold(config, data_dir),
        "disk": lambda: machine.disk(data_dir), "clock": machine.clock,
    }
    return [check for name, part in parts.items() for check in _looked_at(name, part)]


def _looked_at(name: str, part: Callable[[], Check | Iterator[Check]]) -> list[Check]:
    """What ``part`` found; one that cannot look keeps nobody from the others."""
    try:
        found = part()
        return [found] if isinstance(found, Check) else list(found)
    except (OSError, subprocess.SubprocessError) as error:
        return [Check(name, CheckLevel.PROBLEM, f"cannot be looked at ({error})", "Check the permissions of this account.")]


def _weights(config: Config) -> Iterator[Check]:
    try:
        manifest = Manifest.load(paths.MANIFEST)
        chosen = manifest.choose(config.recognition.embedder)
    except KioskError as error:
        yield Check("weights", CheckLevel.PROBLEM, str(error), "Run `python run_kiosk.py weights prepare`.")
        return
    for entry in manifest.entries:
        if not entry.path.exists():
            if entry.kind == "detector" or entry.id == chosen.id:
                yield Check(f"weights {entry.id}", CheckLevel.PROBLEM, "not here", "Run `python run_kiosk.py weights prepare`.")
            continue
        try:
            entry.verify()
        except KioskError as error:
            yield Check(f"weights {entry.id}", CheckLevel.PROBLEM, "checksum differs", str(error))
        else:
            in_use = ", in use" if entry.id == chosen.id else ""
            yield ok(f"weights {entry.id}", f"sha256 {entry.sha256[:12]}…{in_use}")


def _camera(config: Config) -> Check:
    """The source is opened and must give a picture; ``auto`` is the first webcam that does."""
    source = config.camera.source.strip()
    if source == "auto":
        return _webcam()
    try:
        return ok("camera", without_password(try_source(source, config.camera)))
    except KioskError as error:
        return Check("camera", CheckLevel.PROBLEM, without_password(source), str(error))


def _webcam() -> Check:
    found, devices = resolve_source("auto"), webcams()
    if found != "demo":
        return ok("camera", f"{found} gives pictures")
    if not devices:
        return Check("camera", CheckLevel.WARNING, "no webcam", "Plug one in; until then the demo camera shows drawn people.")
    if not any(os.access(device, os.R_OK | os.W_OK) for device in devices):
        return Check("camera", CheckLevel.PROBLEM, f"{', '.join(devices)}: no permission", "Add this user to the group video and sign in again.")
    return Check("camera", CheckLevel.PROBLEM, f"{', '.join(devices)}: no pictures", "Close other programs that use it, or plug in another one.")


def camera_in_use(title: str, alive: bool, demo: bool) -> Check | None:
    """What a running kiosk knows of its camera; ``None`` for the demo camera, which leaves the question open."""
    if demo:
        return None
    if not alive:
        return Check("camera", CheckLevel.PROBLEM, "no pictures come", "Check its cable; the kiosk goes on by itself.")
    return ok("camera", title)


def _embedder_in_use(config: Config) -> str:
    try:
        return Manifest.load(paths.MANIFEST).choose(config.recognition.embedder).identity
    except (KioskError, OSError):
        return ""


def _database(config: Config, data_dir: Path) -> Check:
    file = paths.database_file(data_dir)
    if not file.exists():
        return ok("database", f"will be made at {file}")
    try:
        storage = Storage.open(data_dir)
    except KioskError as error:
        return Check("database", CheckLevel.PROBLEM, "cannot be used", str(error))
    try:
        people, size = storage.people.search("", 1, 0)[1], f"{file.stat().st_size / 1e6:.1f} MB"
        embedder = _embedder_in_use(config)
        again = storage.people.without(embedder) if embedder else 0
        if again:
            return Check("database", CheckLevel.WARNING, f"{again} of {people} people are not known to the network in use, {size}",
                         "Enrol them again: People, Enrol again; templates of another network are never compared.")
        return ok("database", f"sound, {people} people, {size}")
    finally:
        storage.close()


def _threshold(config: Config, data_dir: Path) -> Check:
    """The distance that decides, what it is based on, and what can be promised of it."""
    if config.recognition.threshold:
        return ok("threshold", f"{config.recognition.threshold:g}, fixed by recognition.threshold")
    try:
        entry = Manifest.load(paths.MANIFEST).choose(config.recognition.embedder)
        derive = calibrator(config, entry.identity, entry.threshold)
        assert derive is not None
        found = derive(_templates(data_dir, entry.identity))
    except (KioskError, OSError) as error:
        return Check("threshold", CheckLevel.PROBLEM, "cannot be derived", str(error))
    level = CheckLevel.OK if found.supported or (found.source and found.threshold > 0) else CheckLevel.WARNING
    return Check("threshold", level, catalogue("en")[found.key].format(**found.values), _threshold_advice(found), found.key, found.values)


def _threshold_advice(found: Calibration) -> str:
    if found.damaged:
        return f"{found.damaged} templates are damaged: enrol those people again."
    if found.threshold <= 0:
        return "Raise recognition.target_strangers, or use a better network: this one cannot tell these people apart so surely."
    return "" if found.source else "Measure the network with evaluate --reference, on pictures of people as they come to this door."


def _templates(data_dir: Path, embedder_id: str) -> list[Template]:
    if not paths.database_file(data_dir).exists():
        return []
    storage = Storage.open(data_dir)
    try:
        return storage.people.templates(embedder_id)
    finally:
        storage.close()
