"""Checks of the lock."""

from __future__ import annotations

from kiosk.access.drivers import make_driver
from kiosk.app.doctor.check_messages import check_failed, check_message
from kiosk.core.config import Config
from kiosk.core.config.lock_settings import NO_DRIVER
from kiosk.core.errors import KioskError
from kiosk.core.view_models import Check, CheckLevel


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


def face_alone_check(config: Config) -> Check:
    """Say what opens the door where a lock hangs on the face alone; the rules may ask for more."""
    if config.door.lock == NO_DRIVER:
        return check_message("face_alone", CheckLevel.OK, "lock_none")
    if config.door.pin_for == "everybody":
        return check_message("face_alone", CheckLevel.OK, "face_with_pin")
    return check_message("face_alone", CheckLevel.WARNING, "face_alone", "face_alone")
