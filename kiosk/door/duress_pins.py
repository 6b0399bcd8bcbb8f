"""A PIN that opens and calls for help: the person's own with the last digit one higher (9 becomes 0)."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core.ports import PinsPort


def called_from(pin: str) -> str:
    """The PIN whose call for help ``pin`` would be; empty where it ends in no digit."""
    if not pin or not (pin[-1].isascii() and pin[-1].isdigit()):
        return ""
    return pin[:-1] + str((int(pin[-1]) - 1) % 10)


class DuressPins:
    """A ``PinsPort`` that takes the call for help as right too, and says whose it was before it answers.

    Both PINs are looked at each time, so that the two take as long.
    """

    def __init__(
        self, pins: PinsPort, called: Callable[[int], None], enabled: Callable[[], bool]
    ) -> None:
        self._pins = pins
        self._called = called
        self._enabled = enabled

    def matches(self, person_id: int, pin: str) -> bool:
        """Whether ``pin`` is that person's, or their call for help."""
        own = self._pins.matches(person_id, pin)
        if not self._enabled():
            return own
        help_wanted = self._pins.matches(person_id, called_from(pin))
        if help_wanted and not own:
            self._called(person_id)
        return own or help_wanted
