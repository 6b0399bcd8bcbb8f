"""Why the door is out of service is for staff, on the System page."""

from __future__ import annotations

from kiosk.app.doctor.door_check import door_in_service
from kiosk.core.view_models import CheckLevel, DoorView
from kiosk.ui.catalogue import tr_in


def test_the_cause_is_a_problem_with_its_advice() -> None:
    (check,) = door_in_service(DoorView(service_key="error.storage_full"))
    assert check.level is CheckLevel.PROBLEM
    assert check.advice == tr_in("en", "error.storage_full") == check.advice
    assert tr_in("ko", check.advice_key) != check.advice


def test_nothing_is_said_while_the_door_is_in_service() -> None:
    assert door_in_service(DoorView()) == ()
