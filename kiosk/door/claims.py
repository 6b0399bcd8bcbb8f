"""A student number typed at the door: whose it is, whether a PIN is asked for, and how often it may be tried.

One thread only, the door's. Nothing here opens anything: it only says what comes next. The face comes at the very last; of whoever
chose to come in without it, the PIN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kiosk.core.decisions import Decision, Reason
from kiosk.core.people import CredentialMode, Person
from kiosk.core.ports import GalleryPort, PeoplePort, PinsPort, TriesPort

PIN_S = 60.0
"""A PIN that was asked for is taken this long, where nobody needs longer."""

GUESSES = frozenset({Reason.NOT_THE_CLAIMED_PERSON, Reason.AMBIGUOUS, Reason.UNKNOWN})
"""What the face says of somebody who typed another person's number."""


class Next(StrEnum):
    """What the person at the door does next."""

    NOTHING = "nothing"
    FACE = "face"
    PIN = "pin"
    DOOR = "door"


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of a number or a PIN: ``next``, or the ``reason`` against it. ``Next.DOOR``: all is proven that can be without a face.

    ``wait_s``: seconds until it may be tried again, with ``TOO_MANY_TRIES``. ``proven``: the PIN was right.
    """

    next: Next = Next.NOTHING
    person: Person | None = None
    number: str = ""
    proven: bool = False
    reason: Reason | None = None
    wait_s: int = 0


class Claims:
    """Number, then PIN where the person has one to give, then face.

    ``asks_pin``: whether that person's face alone is not enough. ``pin_s``: so long a PIN that was asked for is taken. Every failed try counts, for its number and in all; a try is
    counted before the PIN is looked at, so that a pulled plug wins nothing. Raises ``KioskError`` where anything
    cannot be read or counted: then nothing is claimed.
    """

    def __init__(
        self,
        people: PeoplePort,
        gallery: GalleryPort,
        pins: PinsPort,
        tries: TriesPort,
        asks_pin: Callable[[Person], bool],
        pin_s: float = PIN_S,
    ) -> None:
        self._people = people
        self._gallery = gallery
        self._pins = pins
        self._tries = tries
        self._asks_pin = asks_pin
        self._pin_s = pin_s
        self._pending: Person | None = None
        self._asked_at = float("-inf")

    def begin(self, number: str, now: float) -> Claim:
        """Whose number it is, and what is asked of them."""
        self.forget()
        wait = self._tries.wait(number)
        if wait:
            return Claim(number=number, reason=Reason.TOO_MANY_TRIES, wait_s=wait)
        person = self._people.by_typed_number(number)
        if person is None or person.id is None:
            self._tries.failed(number)
            return Claim(number=number, reason=Reason.UNKNOWN_NUMBER)
        faceless = not self._gallery.has(person.id)
        if faceless and person.entry is CredentialMode.FACE:
            # templates that another network made are compared with nobody
            return Claim(
                person=person,
                number=number,
                reason=Reason.ENROL_AGAIN if person.templates else Reason.NO_TEMPLATES,
            )
        if not faceless and not self._asks_pin(person):
            return Claim(Next.FACE, person, number)
        if not person.has_pin:
            return Claim(person=person, number=number, reason=Reason.NO_PIN)
        self._pending = person
        self._asked_at = now
        return Claim(Next.PIN, person, number)

    def enter(self, pin: str, now: float) -> Claim:
        """The PIN of whoever's number was typed last; nothing where that is too long ago."""
        person = self._pending
        if person is None or person.id is None or not 0 <= now - self._asked_at <= self._pin_s:
            self.forget()
            return Claim()
        wait = self._tries.wait(person.number)
        if wait:
            self.forget()
            return Claim(
                person=person, number=person.number, reason=Reason.TOO_MANY_TRIES, wait_s=wait
            )
        self._tries.failed(person.number)
        if not self._pins.matches(person.id, pin):
            return Claim(Next.PIN, person, person.number, reason=Reason.WRONG_PIN)
        self._tries.took_back(person.number)
        self.forget()
        return Claim(
            Next.FACE if self._gallery.has(person.id) else Next.DOOR,
            person,
            person.number,
            proven=True,
        )

    def settle(self, claimed: Person, decision: Decision) -> None:
        """The face has been compared with the claimed person's."""
        if decision.accepted:
            self._tries.succeeded(claimed.number)
        elif decision.reason in GUESSES:
            self._tries.failed(claimed.number)

    def forget(self) -> None:
        """Nobody is asked for a PIN any more."""
        self._pending = None
