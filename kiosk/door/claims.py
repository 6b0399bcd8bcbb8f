"""Checks a number presented at the door: whose it is, whether a PIN is needed, how often to try.

One thread only, the door's. Nothing here opens anything: it only says what comes next. The face
comes last; for people who chose to enter without it, the PIN does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from kiosk.core.decisions import UNCOUNTED, Decision, Factor, Reason
from kiosk.core.people import CredentialMode, Person
from kiosk.core.ports import GalleryPort, PersonLookup, PinsPort, TriesPort
from kiosk.door.duress_pins import NO_FACTORS, pin_factors

PIN_S = 60.0
"""Seconds for which a PIN that was asked for is taken, before ``ui.time_factor``."""


class Next(StrEnum):
    """What the person at the door does next."""

    NOTHING = "nothing"
    FACE = "face"
    PIN = "pin"
    DOOR = "door"


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to a number or a PIN: ``next``, or the ``reason`` against it.

    ``Next.DOOR``: everything that can be proven without a face has been. ``pin_factors``: what the
    PIN proved, empty if none was given. ``basis``: the person's when the number was presented
    (``PersonLookup.basis``), on which an accept must still stand. ``wait_s``: seconds until the
    number may be tried again, with ``TOO_MANY_TRIES``.
    """

    next: Next = Next.NOTHING
    person: Person | None = None
    number: str = ""
    pin_factors: frozenset[Factor] = NO_FACTORS
    reason: Reason | None = None
    wait_s: int = 0
    basis: str = ""

    @property
    def asks_again(self) -> bool:
        """Whether a number was typed that can be corrected, or tried later: the keypad stays."""
        return self.next is Next.NOTHING and self.reason in (
            Reason.UNKNOWN_NUMBER,
            Reason.TOO_MANY_TRIES,
        )


class Claims:
    """Number, then PIN where one is needed, then face.

    ``asks_pin``: whether that person's face alone is not enough. ``pin_s``: seconds for which a PIN
    that was asked for is taken. ``duress_enabled``: whether duress PINs are accepted;
    ``on_duress``: told at once whose was typed, whatever comes of it; must not block.
    ``lease_over``: why no face is compared, if none is (``PolicyEngine.lease_over``). Every failed
    try counts, per number and in all; a try is counted before the PIN is compared, so that pulling
    the plug gains nothing. Raises ``KioskError`` if something cannot be read or counted: nothing is
    claimed then.
    """

    def __init__(
        self,
        people: PersonLookup,
        gallery: GalleryPort,
        pins: PinsPort,
        tries: TriesPort,
        asks_pin: Callable[[Person], bool],
        pin_s: float = PIN_S,
        duress_enabled: Callable[[], bool] = lambda: False,
        on_duress: Callable[[Person], None] = lambda person: None,
        lease_over: Callable[[], Reason | None] = lambda: None,
    ) -> None:
        self._people = people
        self._gallery = gallery
        self._pins = pins
        self._tries = tries
        self._asks_pin = asks_pin
        self._pin_s = pin_s
        self._duress_enabled = duress_enabled
        self._on_duress = on_duress
        self._lease_over = lease_over
        self._pin_owner: Person | None = None
        self._pin_asked_at = float("-inf")
        self._basis = ""

    def begin(self, number: str, now: float) -> Claim:
        """Look up whose number it is, and what is asked of them."""
        self.forget()
        person = self._people.by_typed_number(number)
        wait = self._wait(number, person)
        if wait:
            return Claim(number=number, reason=Reason.TOO_MANY_TRIES, wait_s=wait)
        if person is None or person.id is None:
            self._tries.failed(number)
            return Claim(number=number, reason=Reason.UNKNOWN_NUMBER)
        basis = self._people.basis(person.id)
        over = self._lease_over()
        if over is Reason.FLEET_LOCKED or (over and person.entry is CredentialMode.FACE):
            return Claim(person=person, number=number, reason=over)
        has_face = over is None and self._gallery.has(person.id)
        if not has_face and person.entry is CredentialMode.FACE:
            # templates that another network made are not compared
            reason = Reason.ENROL_AGAIN if person.templates else Reason.NO_TEMPLATES
            return Claim(person=person, number=number, reason=reason)
        if has_face and not self._asks_pin(person):
            return Claim(Next.FACE, person, number, basis=basis)
        if not person.has_pin:
            return Claim(person=person, number=number, reason=Reason.NO_PIN)
        self._pin_owner = person
        self._pin_asked_at = now
        self._basis = basis
        return Claim(Next.PIN, person, number)

    def enter(self, pin: str, now: float) -> Claim:
        """Check the PIN for the number presented last; an empty claim if that is too long ago."""
        person = self._pin_owner
        if person is None or person.id is None or not 0 <= now - self._pin_asked_at <= self._pin_s:
            self.forget()
            return Claim()
        number = person.number
        wait = self._wait(number, person)
        if wait:
            self.forget()
            return Claim(person=person, number=number, reason=Reason.TOO_MANY_TRIES, wait_s=wait)
        self._tries.failed(number)
        factors = pin_factors(self._pins, person.id, pin, duress_enabled=self._duress_enabled())
        if Factor.DURESS_PIN in factors:
            self._on_duress(person)
        if not factors:
            return Claim(Next.PIN, person, number, reason=Reason.WRONG_PIN)
        self._tries.took_back(number)
        self.forget()
        compared = self._lease_over() is None and self._gallery.has(person.id)
        step = Next.FACE if compared else Next.DOOR
        return Claim(step, person, number, factors, basis=self._basis)

    def settle(self, claimed: Person, decision: Decision) -> None:
        """Count the decision on a claim: an accept resets the number's tries, an attempt adds one.

        A photograph of the owner is an attempt as well.
        """
        if decision.accepted:
            self._tries.succeeded(claimed.number)
        elif decision.reason not in UNCOUNTED:
            self._tries.failed(claimed.number)

    def _wait(self, number: str, person: Person | None) -> int:
        """Return the seconds before ``number`` may be tried; few where only its face opens."""
        face_follows = person is None or person.id is None or self._gallery.has(person.id)
        return self._tries.wait(number, face_follows=face_follows)

    def forget(self) -> None:
        """Take no PIN any more."""
        self._pin_owner = None
