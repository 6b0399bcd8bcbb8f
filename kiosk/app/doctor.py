"""What the kiosk needs of its machine, each looked at, with what to do where it is missing."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from kiosk import __version__, paths
from kiosk.app.build import Storage, backups_of, calibrator, local_now
from kiosk.config import Config
from kiosk.errors import KioskError
from kiosk.types import Calibration, Template
from kiosk.ui.i18n import catalogue
from kiosk.views import Check, CheckLevel
from kiosk.vision.cameras import open_camera, resolve_source, without_password
from kiosk.vision.manifest import Manifest

PACKAGES = ("PySide6-Essentials", "opencv-python-headless", "onnxruntime", "numpy", "sqlite-utils", "argon2-cffi",
            "cryptography", "XlsxWriter")
LEAST_FREE_MB = 500
QT_LIBRARIES = ("libEGL.so.1", "libGL.so.1", "libxkbcommon.so.0", "libdbus-1.so.3", "libfontconfig.so.1", "libxcb-cursor.so.0")


def examine(config: Config, data_dir: Path, camera: Check | None = None) -> list[Check]:
    """Every check, in the order a person would repair things.

    ``camera``: what a running kiosk says of its own; opening that a second time would fail.
    """
    parts: tuple[Callable[[], Check | Iterator[Check]], ...] = (
        _python, lambda: _packages(), _libraries, _display, _fonts, lambda: _weights(config), lambda: camera or _camera(config),
        lambda: _database(config, data_dir), lambda: _keys(config, data_dir), lambda: _backup(config, data_dir), lambda: _threshold(config, data_dir), lambda: _disk(data_dir), _clock,
    )
    found: list[Check] = []
    for part in parts:
        result = part()
        found += [result] if isinstance(result, Check) else list(result)
    return found


def versions() -> list[tuple[str, str]]:
    """(program, version) of what the kiosk runs on; packages that are missing are left out."""
    rows = [("munjigi", __version__), ("python", ".".join(map(str, sys.version_info[:3])))]
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            rows.append((name, metadata.version(name)))
    return rows


def _ok(name: str, text: str) -> Check:
    return Check(name, CheckLevel.OK, text)


def _python() -> Check:
    return _ok("python", dict(versions())["python"])


def _packages() -> Check:
    found = dict(versions())
    missing = [name for name in PACKAGES if name not in found]
    if missing:
        return Check("packages", CheckLevel.PROBLEM, f"missing: {', '.join(missing)}", "Run `make run`; it installs them.")
    return _ok("packages", ", ".join(f"{name} {found[name]}" for name in PACKAGES))


def _libraries() -> Check:
    if not sys.platform.startswith("linux"):
        return _ok("libraries", sys.platform)
    import ctypes

    missing = []
    for name in QT_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    if missing:
        return Check("libraries", CheckLevel.PROBLEM, f"missing: {', '.join(missing)}", "Run `make run`, or `bash scripts/setup.sh run` as root.")
    return _ok("libraries", f"{len(QT_LIBRARIES)} of {len(QT_LIBRARIES)} that Qt needs")


def _display() -> Check:
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return _ok("display", f"{variable}={os.environ[variable]}")
    if not sys.platform.startswith("linux"):
        return _ok("display", "native")
    return Check("display", CheckLevel.WARNING, "none", "Start from a desktop session; without a display `run` gives its scripted tour.")


def _fonts() -> Check:
    lister = shutil.which("fc-list")
    if lister is None:
        known = [p for root in ("/usr/share/fonts", str(Path.home() / ".fonts")) for p in Path(root).rglob("*CJK*")]
        families = [p.stem for p in known]
    else:
        listed = subprocess.run([lister, ":lang=ko", "family"], capture_output=True, text=True, timeout=20, check=False)
        families = sorted({line.split(",")[0] for line in listed.stdout.splitlines() if line.strip()})
    if not families:
        return Check("fonts", CheckLevel.PROBLEM, "no font with Hangul", "Install one: apt-get install fonts-noto-cjk.")
    return _ok("fonts", f"{len(families)} with Hangul, {families[0]} first")


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
            yield _ok(f"weights {entry.id}", f"sha256 {entry.sha256[:12]}…{in_use}")


def _camera(config: Config) -> Check:
    """A named source is tried; for ``auto`` the devices are listed."""
    source = config.camera.source
    if source not in ("auto", "demo"):
        try:
            found = resolve_source(source)
            if "://" in found:  # nobody has tried it yet
                open_camera(found, config.camera).close()
            return _ok("camera", without_password(found))
        except KioskError as error:
            return Check("camera", CheckLevel.PROBLEM, without_password(source), str(error))
    devices = sorted(Path("/dev").glob("video*"))
    if not devices:
        return Check("camera", CheckLevel.WARNING, "no webcam", "Plug one in; until then the demo camera shows drawn people.")
    closed = [str(d) for d in devices if not os.access(d, os.R_OK | os.W_OK)]
    if len(closed) == len(devices):
        return Check("camera", CheckLevel.PROBLEM, f"{', '.join(closed)}: no permission", "Add this user to the group video and sign in again.")
    return _ok("camera", ", ".join(map(str, devices)))


def camera_in_use(title: str, alive: bool, demo: bool) -> Check | None:
    """What a running kiosk knows of its camera; ``None`` for the demo camera, which leaves the question open."""
    if demo:
        return None
    if not alive:
        return Check("camera", CheckLevel.PROBLEM, "no pictures come", "Check its cable; the kiosk goes on by itself.")
    return _ok("camera", title)


def _embedder_in_use(config: Config) -> str:
    try:
        return Manifest.load(paths.MANIFEST).choose(config.recognition.embedder).identity
    except (KioskError, OSError):
        return ""


def _database(config: Config, data_dir: Path) -> Check:
    file = paths.database_file(data_dir)
    if not file.exists():
        return _ok("database", f"will be made at {file}")
    try:
        storage = Storage.open(data_dir, config)
    except KioskError as error:
        return Check("database", CheckLevel.PROBLEM, "cannot be used", str(error))
    try:
        people, size = storage.people.search("", 1, 0)[1], f"{file.stat().st_size / 1e6:.1f} MB"
        embedder = _embedder_in_use(config)
        again = storage.people.without(embedder) if embedder else 0
        if again:
            return Check("database", CheckLevel.WARNING, f"{again} of {people} people are not known to the network in use, {size}",
                         "Enrol them again: People, Enrol again; templates of another network are never compared.")
        return _ok("database", f"sound, {people} people, {size}")
    finally:
        storage.close()


def _keys(config: Config, data_dir: Path) -> Check | Iterator[Check]:
    """Whether the keys to the stored faces are in their place; a database that cannot be opened is told by its own check."""
    if not paths.database_file(data_dir).exists():
        return _ok("keys", "will be made with the database")
    try:
        storage = Storage.open(data_dir, config)
    except KioskError:
        return iter(())
    try:
        storage.database.call(lambda: storage.database.vault.check(storage.database.sqlite.conn))
        return _ok("keys", f"in {storage.database.vault.store.place}")
    except KioskError as error:
        return Check("keys", CheckLevel.PROBLEM, "the stored faces cannot be read; the door stays locked", str(error))
    finally:
        storage.close()


def _backup(config: Config, data_dir: Path) -> Check:
    """Whether there is a backup young enough, and something to open it with where the keys are lost."""
    if not paths.database_file(data_dir).exists():
        return _ok("backup", "will be made with the database")
    try:
        backups, _ = backups_of(config, data_dir)
        found = [info for info in backups.list() if info.made_at is not None and (info.opens or info.recovers)]
    except KioskError as error:
        return Check("backup", CheckLevel.PROBLEM, "cannot be listed", str(error))
    if not found or found[0].made_at is None:
        return Check("backup", CheckLevel.WARNING, f"none in {backups.folder}", "Run `python run_kiosk.py backup now`; the kiosk makes them by itself while it runs.")
    age = (local_now() - found[0].made_at).total_seconds() / 3600
    said = f"{len(found)}, the newest {max(0.0, age):.0f} h old, in {backups.folder}"
    if age > 2 * config.backup.every_hours:
        return Check("backup", CheckLevel.WARNING, said, "Let the kiosk run, or run `python run_kiosk.py backup now`; its log says why one failed.")
    if not found[0].recovers:
        return Check("backup", CheckLevel.WARNING, f"{said}; no recovery code",
                     "Make one and keep it apart: `python run_kiosk.py backup recovery-code`. Without it a lost key loses the faces.")
    return _ok("backup", said)


def _threshold(config: Config, data_dir: Path) -> Check:
    """The distance that decides, what it is based on, and what can be promised of it."""
    if config.recognition.threshold:
        return _ok("threshold", f"{config.recognition.threshold:g}, fixed by recognition.threshold")
    try:
        entry = Manifest.load(paths.MANIFEST).choose(config.recognition.embedder)
        derive = calibrator(config, entry.identity, entry.threshold)
        assert derive is not None
        found = derive(_templates(config, data_dir, entry.identity))
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


def _templates(config: Config, data_dir: Path, embedder_id: str) -> list[Template]:
    if not paths.database_file(data_dir).exists():
        return []
    storage = Storage.open(data_dir, config)
    try:
        return storage.people.templates(embedder_id)
    finally:
        storage.close()


def _disk(data_dir: Path) -> Check:
    there = next(p for p in (data_dir, *data_dir.parents) if p.exists())
    free = shutil.disk_usage(there).free / 1e6
    if not os.access(there, os.W_OK):
        return Check("disk", CheckLevel.PROBLEM, f"{there} cannot be written", "Choose another folder with --data-dir.")
    if free < LEAST_FREE_MB:
        return Check("disk", CheckLevel.WARNING, f"{free:.0f} MB free", f"Free at least {LEAST_FREE_MB} MB, or the log cannot be kept.")
    return _ok("disk", f"{free / 1000:.1f} GB free at {there}")


def _clock() -> Check:
    now = datetime.now().astimezone()
    newest = max(p.stat().st_mtime for p in Path(__file__).parent.glob("*.py"))
    if time.time() < newest - 86400:
        return Check("clock", CheckLevel.PROBLEM, now.isoformat(timespec="seconds"), "The clock is behind this program's own files; set it, or turn on network time.")
    return _ok("clock", f"{now.isoformat(timespec='seconds')} ({datetime.now(UTC):%H:%M} UTC)")
