"""Whether somebody may enter at all that day: a pure function of the person and the time."""

from __future__ import annotations

from datetime import datetime

from kiosk.types import Factor, Person, Reason


def may_enter(person: Person | None, now: datetime, given: frozenset[Factor] = frozenset()) -> Reason | None:
    """Why ``person`` may not enter at ``now`` (zone-aware local time); ``None`` when they may, whatever was ``given`` as proof.

    Dates are local and inclusive: who is valid until 31 March may enter until midnight of that day.
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
    return None
