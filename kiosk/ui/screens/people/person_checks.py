"""What may be typed as a person's number and name, at the enrolment and in their panel."""

from __future__ import annotations

import re

from kiosk.ui.widgets.forms.text_field import Field

NUMBER = re.compile(r"[0-9A-Za-z-]+")
"""What may be typed as a student number."""


def check_number(field: Field) -> bool:
    """Whether ``field`` holds a number; shows what is wrong below it."""
    text = field.text()
    if not text:
        field.set_error("enrol.who.number_missing")
    elif not NUMBER.fullmatch(text):
        field.set_error("enrol.who.number_odd")
    else:
        return True
    return False


def check_name(field: Field) -> bool:
    """Whether ``field`` holds a name; shows that it is missing below it."""
    if not field.text():
        field.set_error("enrol.who.name_missing")
    return bool(field.text())
