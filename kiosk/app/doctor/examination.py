"""Everything that the kiosk needs, checked, with advice where something is missing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from kiosk.app.doctor import machine_checks
from kiosk.app.doctor.account_checks import two_admins_check
from kiosk.app.doctor.camera_checks import camera_check
from kiosk.app.doctor.check_messages import check_message
from kiosk.app.doctor.fleet_checks import fleet_check
from kiosk.app.doctor.group_checks import groups_check
from kiosk.app.doctor.input_checks import (
    codes_check,
    hangul_check,
    keyboard_check,
    reader_check,
)
from kiosk.app.doctor.lock_checks import face_alone_check, lock_check
from kiosk.app.doctor.notify_checks import notify_check
from kiosk.app.doctor.recognition_checks import threshold_check, weights_check
from kiosk.app.doctor.storage_checks import (
    backup_check,
    database_check,
    keys_check,
    log_check,
    rules_check,
    seals_check,
    zone_check,
)
from kiosk.app.doctor.usb_relay_check import usb_relay_check
from kiosk.core.config import Config
from kiosk.core.view_models import Check, CheckLevel


def examine(
    config: Config, data_dir: Path, camera: Check | None = None, lock: Check | None = None
) -> list[Check]:
    """Run every check, in the order in which to repair things.

    ``camera``, ``lock``: results of a running kiosk, which has them open already.
    """
    checks: dict[str, Callable[[], Check | Iterator[Check]]] = {
        "python": machine_checks.python,
        "packages": machine_checks.packages,
        "libraries": machine_checks.libraries,
        "display": machine_checks.display,
        "fonts": machine_checks.fonts,
        "weights": lambda: weights_check(config),
        "camera": lambda: camera or camera_check(config, data_dir),
        "keyboard": lambda: keyboard_check(config),
        "hangul": hangul_check,
        "reader": lambda: reader_check(config),
        "codes": lambda: codes_check(config),
        "lock": lambda: lock or lock_check(config),
        "relay": lambda: usb_relay_check(config),
        "face_alone": lambda: face_alone_check(config),
        "rules": lambda: rules_check(config, data_dir),
        "database": lambda: database_check(config, data_dir),
        "groups": lambda: groups_check(config, data_dir),
        "keys": lambda: keys_check(config, data_dir),
        "log": lambda: log_check(config, data_dir),
        "seals": lambda: seals_check(config, data_dir),
        "backup": lambda: backup_check(config, data_dir),
        "notifications": lambda: notify_check(config, data_dir),
        "fleet": lambda: fleet_check(config, data_dir),
        "two_admins": lambda: two_admins_check(config, data_dir),
        "threshold": lambda: threshold_check(config, data_dir),
        "disk": lambda: machine_checks.disk(data_dir),
        "clock": machine_checks.clock,
        "zone": lambda: zone_check(config, data_dir),
    }
    return [result for name, check in checks.items() for result in _results(name, check)]


def _results(name: str, check: Callable[[], Check | Iterator[Check]]) -> list[Check]:
    """Return the results of ``check``; one that cannot run does not prevent the others."""
    try:
        found = check()
        return [found] if isinstance(found, Check) else list(found)
    except (OSError, subprocess.SubprocessError) as error:
        return [check_message(name, CheckLevel.PROBLEM, "unseen", "permissions", why=error)]
