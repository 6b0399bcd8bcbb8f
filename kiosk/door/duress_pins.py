"""Duress PINs: the person's own PIN with the last digit one higher (9 becomes 0).

Such a PIN opens the door like the person's own and calls for help.
"""

from __future__ import annotations

from kiosk.core.decisions import Factor
from kiosk.core.ports import PinsPort

NO_FACTORS: frozenset[Factor] = frozenset()


def own_pin_of(duress_pin: str) -> str:
    """Return the PIN whose duress PIN this would be; empty if it does not end in a digit."""
    if not duress_pin or not (duress_pin[-1].isascii() and duress_pin[-1].isdigit()):
        return ""
    return duress_pin[:-1] + str((int(duress_pin[-1]) - 1) % 10)


def pin_factors(
    pins: PinsPort, person_id: int, pin: str, *, duress_enabled: bool
) -> frozenset[Factor]:
    """Return the factors that ``pin`` proves for that person; empty for a wrong PIN.

    With duress PINs enabled both PINs are compared every time, so that neither the right nor the
    duress PIN can be told by the time it takes.
    """
    is_own = pins.matches(person_id, pin)
    is_duress = duress_enabled and pins.matches(person_id, own_pin_of(pin))
    if is_own:
        return frozenset({Factor.PIN})
    return frozenset({Factor.PIN, Factor.DURESS_PIN}) if is_duress else NO_FACTORS
