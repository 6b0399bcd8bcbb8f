"""What the visitor has presented besides the face: a claimed identity and its factors, for a while.

``Claims`` checks numbers and PINs; this remembers the outcome until it is used, expires, or the
person is deleted. One thread only, the door's.
"""

from __future__ import annotations

from kiosk.core.decisions import BY_FACE, Decision, Factor, Mode
from kiosk.core.people import Person
from kiosk.core.ports import GalleryPort
from kiosk.core.templates import Match, Vector
from kiosk.door.claims import Claim, Claims


class Credentials:
    """The claim in force. ``person``: who the visitor says they are; ``given``: their factors;
    ``basis``: the person's when they said so (``PersonLookup.basis``), ``None`` without a claim.
    """

    def __init__(self, claims: Claims, gallery: GalleryPort, claim_s: float) -> None:
        """``claim_s``: seconds for which a claim waits for the face."""
        self._claims = claims
        self._gallery = gallery
        self._claim_s = claim_s
        self._presented_by = Factor.NUMBER
        self._expires_at = float("-inf")
        self.person: Person | None = None
        self.given = BY_FACE
        self.basis: str | None = None

    @property
    def mode(self) -> Mode:
        """1:1 while an identity is claimed, else 1:N."""
        return Mode.VERIFY if self.person else Mode.IDENTIFY

    @property
    def show_intent(self) -> bool:
        """Whether a card or PIN was given. A number alone somebody else may have typed."""
        return not {Factor.CARD, Factor.PIN}.isdisjoint(self.given)

    def present_number(self, number: str, by: Factor, now: float) -> Claim:
        """Look up a number that was typed, or read from a card; raises ``KioskError``."""
        self._presented_by = by
        return self._claims.begin(number, now)

    def enter_pin(self, pin: str, now: float) -> Claim:
        """Check the PIN that was asked for; raises ``KioskError``."""
        return self._claims.enter(pin, now)

    def factors(self, claim: Claim) -> frozenset[Factor]:
        """The factors that ``claim`` proves, without the face."""
        return claim.pin_factors | {self._presented_by}

    def hold(self, claim: Claim, now: float) -> None:
        """Compare with the claimed person alone until ``claim_s`` has passed."""
        self._expires_at = now + self._claim_s
        self.person = claim.person
        self.given = BY_FACE | self.factors(claim)
        self.basis = claim.basis
        if claim.pin_factors:  # the PIN proves the number as well, however it was presented
            self.given |= {Factor.NUMBER}

    def drop(self) -> None:
        """Go back to 1:N."""
        self.person = None
        self.given = BY_FACE
        self.basis = None

    def forget_pin_request(self) -> None:
        """Take no PIN any more until a number is presented again."""
        self._claims.forget()

    def expired(self, now: float) -> bool:
        """Return whether the claim has waited too long for the face."""
        return self.person is not None and now > self._expires_at

    @property
    def is_stale(self) -> bool:
        """Whether the claimed person can no longer be recognised: deleted, for instance."""
        return self.person is not None and not (
            self.person.id and self._gallery.has(self.person.id)
        )

    def settle(self, person: Person, decision: Decision) -> None:
        """Count the attempt of ``person`` as a success or a guess; raises ``KioskError``."""
        self._claims.settle(person, decision)

    def nearest(self, probe: Vector) -> Match | None:
        """Compare ``probe`` (dimension,) with the claimed person, or with everybody enrolled."""
        if self.person is None or self.person.id is None:
            return self._gallery.search(probe)
        return self._gallery.verify(probe, self.person.id)
