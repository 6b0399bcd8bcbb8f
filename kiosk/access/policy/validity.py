"""Whether somebody may enter at all that day: a pure function of the person and the time."""

from __future__ import annotations

from datetime import datetime

from kiosk.core.decisions import BY_FACE, Factor, Reason
from kiosk.core.people import CredentialMode, Person


def may_enter(
    person: Person | None,
    now: datetime,
    given: frozenset[Factor] = BY_FACE,
    *,
    pin_for_everybody: bool = False,
) -> Reason | None:
    """Why ``person`` may not enter at ``now`` (zone-aware local time) with what was ``given`` as proof; ``None`` when they may.

    Dates are local and inclusive: who is valid until 31 March may enter until midnight of that day. Without the
    student number and the PIN besides the face nobody enters who has a look-alike. Without the face only those enter who
    chose so, and never without their PIN.
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
    faceless = Factor.FACE not in given
    if faceless and person.entry is CredentialMode.FACE:
        return Reason.UNKNOWN
    if (faceless or person.look_alike or pin_for_everybody) and Factor.PIN not in given:
        return Reason.PIN_NEEDED if person.has_pin else Reason.NO_PIN
    if faceless and person.entry is CredentialMode.CARD and Factor.CARD not in given:
        return Reason.CARD_NEEDED
    return None
