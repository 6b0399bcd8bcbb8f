"""Whether the door is in service, as the running kiosk knows it."""

from __future__ import annotations

from kiosk.app.doctor.check_messages import check_of_keys
from kiosk.core.view_models import Check, CheckLevel, DoorView


def door_in_service(view: DoorView) -> tuple[Check, ...]:
    """Return why the door is out of service; nothing while it is in service.

    The door's own screen says only that it is, and whom to call.
    """
    if not view.service_key:
        return ()
    return (
        check_of_keys("door", CheckLevel.PROBLEM, "doctor.found.out_of_service", view.service_key),
    )
