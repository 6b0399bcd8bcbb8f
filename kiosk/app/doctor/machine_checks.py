"""Checks of the machine: packages, libraries, display, fonts, disk, clock."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from kiosk import __version__
from kiosk.app.doctor.check_messages import check_message, ok
from kiosk.core.languages import TERMINAL_LANGUAGE
from kiosk.core.view_models import Check, CheckLevel
from kiosk.ui.catalogue import tr_in

PACKAGES = (
    "PySide6-Essentials",
    "opencv-python-headless",
    "onnxruntime",
    "numpy",
    "sqlite-utils",
    "argon2-cffi",
    "cryptography",
    "XlsxWriter",
    "zxing-cpp",
    "pillow",
    "pillow-heif",
)
LEAST_FREE_MB = 500
"""Free space below which the disk counts as full."""

QT_LIBRARIES = (
    "libEGL.so.1",
    "libGL.so.1",
    "libdbus-1.so.3",
    "libfontconfig.so.1",
    "libfreetype.so.6",
    "libglib-2.0.so.0",
    "libxkbcommon.so.0",
    "libxkbcommon-x11.so.0",
    "libxcb.so.1",
    "libxcb-cursor.so.0",
    "libxcb-icccm.so.4",
    "libxcb-image.so.0",
    "libxcb-keysyms.so.1",
    "libxcb-randr.so.0",
    "libxcb-render-util.so.0",
    "libxcb-shape.so.0",
    "libxcb-xkb.so.1",
)
"""What Qt and its X11 plugin load from the system."""
_UNSYNCHRONISED = 5
"""TIME_ERROR of adjtimex(2): no time server corrects this clock."""
_TIMEX_BYTES = 256
"""More than ``struct timex`` has anywhere; all zeros ask and change nothing."""


def versions() -> list[tuple[str, str]]:
    """Return (program, version) of what the kiosk runs on, without missing packages."""
    rows = [("munjigi", __version__), ("python", ".".join(map(str, sys.version_info[:3])))]
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            rows.append((name, metadata.version(name)))
    return rows


def python() -> Check:
    """Report the version of Python."""
    return ok("python", dict(versions())["python"])


def packages() -> Check:
    """Check that every Python package of the kiosk is installed."""
    found = dict(versions())
    missing = [name for name in PACKAGES if name not in found]
    if missing:
        return check_message(
            "packages", CheckLevel.PROBLEM, "missing", "make_run", names=", ".join(missing)
        )
    return ok("packages", ", ".join(f"{name} {found[name]}" for name in PACKAGES))


def libraries() -> Check:
    """Check that every library that Qt needs can be loaded."""
    if not sys.platform.startswith("linux"):
        return ok("libraries", sys.platform)
    missing = [name for name in QT_LIBRARIES if not _loads(name)]
    if missing:
        return check_message(
            "libraries", CheckLevel.PROBLEM, "missing", "setup", names=", ".join(missing)
        )
    return check_message("libraries", CheckLevel.OK, "libraries", number=len(QT_LIBRARIES))


def display() -> Check:
    """Check that there is a display, and that it answers."""
    for variable, answers in (("WAYLAND_DISPLAY", _wayland_answers), ("DISPLAY", _x11_answers)):
        if value := os.environ.get(variable):
            if answers(value):
                return ok("display", f"{variable}={value}")
            return check_message(
                "display",
                CheckLevel.PROBLEM,
                "no_answer",
                "session",
                variable=variable,
                value=value,
            )
    if not sys.platform.startswith("linux"):
        return ok("display", "native")
    return check_message("display", CheckLevel.WARNING, "no_display", "desktop")


def fonts() -> Check:
    """Check that a font has Hangul."""
    lister = shutil.which("fc-list")
    if lister is None:
        known = [
            p
            for root in ("/usr/share/fonts", str(Path.home() / ".fonts"))
            for p in Path(root).rglob("*CJK*")
        ]
        families = [p.stem for p in known]
    else:
        listed = subprocess.run(
            [lister, ":lang=ko", "family"], capture_output=True, text=True, timeout=20, check=False
        )
        families = sorted(
            {line.split(",")[0] for line in listed.stdout.splitlines() if line.strip()}
        )
    if not families:
        return check_message("fonts", CheckLevel.PROBLEM, "no_font", "font")
    return check_message("fonts", CheckLevel.OK, "fonts", number=len(families), first=families[0])


def disk(data_dir: Path) -> Check:
    """Check that the data folder is writable and the disk not full."""
    folder = next(p for p in (data_dir, *data_dir.parents) if p.exists())
    free = shutil.disk_usage(folder).free / 1e6
    if not os.access(folder, os.W_OK):
        return check_message("disk", CheckLevel.PROBLEM, "not_written", "folder", folder=folder)
    if free < LEAST_FREE_MB:
        return check_message(
            "disk",
            CheckLevel.WARNING,
            "little_room",
            "room",
            free=f"{free:.0f}",
            least=LEAST_FREE_MB,
        )
    return check_message("disk", CheckLevel.OK, "room", free=f"{free / 1000:.1f}", folder=folder)


def clock() -> Check:
    """Check that the clock is plausible and synchronised: log and validity dates depend on it."""
    now = datetime.now().astimezone()
    shown = f"{now.isoformat(timespec='seconds')} ({datetime.now(UTC):%H:%M} UTC)"
    newest = max(p.stat().st_mtime for p in Path(__file__).parent.glob("*.py"))
    if time.time() < newest - 86400:
        return replace(
            ok("clock", shown),
            level=CheckLevel.PROBLEM,
            advice=tr_in(TERMINAL_LANGUAGE, "doctor.advice.set_clock"),
            advice_key="doctor.advice.set_clock",
        )
    if _unsynchronised():
        return check_message(
            "clock", CheckLevel.WARNING, "unsynchronised", "network_time", now=shown
        )
    return ok("clock", shown)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _x11_answers(_value: str) -> bool:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # unknown; the check of the libraries reports it
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused


def _wayland_answers(value: str) -> bool:
    path = Path(os.environ.get("XDG_RUNTIME_DIR", "/run"), value)
    try:
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(str(path))
    except OSError:
        return False
    return True


def _unsynchronised() -> bool:
    """Return whether the kernel says so; ``False`` on other systems."""
    try:
        return bool(
            ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) == _UNSYNCHRONISED
        )
    except (OSError, AttributeError):
        return False
