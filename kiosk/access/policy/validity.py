"""Whether somebody may enter at all that day: a pure function of the person and the time."""

from __future__ import annotations

from datetime import datetime

from kiosk.types import Factor, Person, Reason


def may_enter(person: Person | None, now: datetime, given: frozenset[Factor] = frozenset(), *, pin_for_everybody: bool = False) -> Reason | None:
    """Why ``person`` may not enter at ``now`` (zone-aware local time) with what was ``given`` as proof; ``None`` when they may.

    Dates are local and inclusive: who is valid until 31 March may enter until midnight of that day. Without the
    student number and the PIN besides the face nobody enters who has a look-alike.
    """
    if person is None:
        return Reason.UNKNOWN
    if not person.enabled:
        return Reason.DISABLED
    today = now.date()
    if person.valid_from is not None and today < person.valid_from:
        return Reason.NOT_YET_VALID
    if person.valid_until is not None and today > person.valid_until:
        return Reason.EXPIRED
    if (person.look_alike or pin_for_everybody) and Factor.PIN not in given:
        return Reason.PIN_NEEDED if person.has_pin else Reason.NO_PIN
    return None
