"""Whether a person may enter at all on a day: a pure function of person and time."""

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
    """Return why ``person`` may not enter at ``now`` (zone-aware local time) with the factors
    ``given``, or ``None``.

    Dates are local and inclusive: valid until 31 March means until midnight of that day,
    or until the time of day that is set. A person
    with a look-alike needs number and PIN beside the face. Only people who chose so enter without a
    face, and never without their PIN.
    """
    if person is None:
        return Reason.UNKNOWN
    if not person.enabled:
        return Reason.DISABLED
    today = now.date()
    if person.valid_from is not None and today < person.valid_from:
        return Reason.NOT_YET_VALID
    if person.ended(now):
        return Reason.EXPIRED
    faceless = Factor.FACE not in given
    if faceless and person.entry is CredentialMode.FACE:
        return Reason.UNKNOWN
    if (faceless or person.look_alike or pin_for_everybody) and Factor.PIN not in given:
        return Reason.PIN_NEEDED if person.has_pin else Reason.NO_PIN
    if faceless and person.entry is CredentialMode.CARD and Factor.CARD not in given:
        return Reason.CARD_NEEDED
    return None
