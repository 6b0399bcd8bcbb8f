"""A lock that hangs on the face alone is told by the doctor."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.app.bootstrap.config_factory import default_config
from kiosk.app.doctor.lock_checks import face_alone_check
from kiosk.core.languages import language_codes
from kiosk.core.view_models import CheckLevel
from kiosk.ui.catalogue import catalogue


@pytest.mark.parametrize(
    ("lock", "pin_for", "level", "found"),
    [
        ("log", "look_alikes", CheckLevel.OK, "doctor.found.lock_none"),
        ("command", "everybody", CheckLevel.OK, "doctor.found.face_with_pin"),
        ("command", "look_alikes", CheckLevel.WARNING, "doctor.found.face_alone"),
    ],
)
def test_a_lock_that_hangs_on_the_face_alone_is_told(
    lock: str, pin_for: str, level: CheckLevel, found: str
) -> None:
    config = default_config()
    config = replace(config, door=replace(config.door, lock=lock, pin_for=pin_for))
    check = face_alone_check(config)
    assert (check.level, check.key) == (level, found)
    assert bool(check.advice) is (level is CheckLevel.WARNING)
    keys = {key for key in (check.key, check.advice_key) if key}
    assert all(keys <= set(catalogue(code)) for code in language_codes())
