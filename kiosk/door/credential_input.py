"""Takes in numbers, PINs, cards and badges at the door. One thread only, the inference thread."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.core.decisions import Factor, Mode, Reason
from kiosk.core.door_state import DoorState, Machine
from kiosk.core.errors import KioskError
from kiosk.core.people import Person
from kiosk.door.claims import Claim, Next
from kiosk.door.credentials import Credentials
from kiosk.door.visit import Visit
from kiosk.door.visit_decisions import VisitDecisions

log = logging.getLogger(__name__)

IGNORING_CREDENTIALS = frozenset(
    {
        DoorState.CAMERA_LOST,
        DoorState.OUT_OF_SERVICE,
        DoorState.PAUSED,
        DoorState.CHALLENGE,
    }
)
"""States in which no number, PIN, card or badge is taken."""


class CredentialInput:
    """Claims an identity, decides without a face, or rejects what was presented.

    A recognised visitor who presents something for another identity is first logged as a walk-off.
    """

    def __init__(
        self,
        credentials: Credentials,
        visit: Visit,
        decisions: VisitDecisions,
        *,
        machine: Callable[[], Machine],
        fault: Callable[[str, float], None],
    ) -> None:
        """``machine``: the door's state now. ``fault``: takes the door out of service."""
        self._credentials = credentials
        self._visit = visit
        self._decisions = decisions
        self._machine = machine
        self._fault = fault

    def claim(self, number: str, now: float, by: Factor) -> Claim:
        """Claim the identity of ``number``, typed or read from a card (``by``)."""

        def present() -> Claim:
            self._decisions.drop_claim()  # a new number ends what was proven before
            return self._credentials.present_number(number, by, now)

        if self._credentials.person is not None and not self._ignored():
            self._decisions.abandon_visit(now)
        return self._follow(present, now)

    def enter_pin(self, pin: str, now: float) -> Claim:
        """Check the PIN that was asked for."""
        if self._ignored():
            self._hear(pin, now)
            return Claim()
        return self._follow(lambda: self._credentials.enter_pin(pin, now), now)

    def refuse(self, reason: Reason, now: float) -> None:
        """Reject something that was shown and names nobody."""
        if not self._ignored() and not self._machine().locked_out(now):
            self._decisions.abandon_visit(now)
            self._decisions.reject(reason, Mode.VERIFY, now)

    def cancel(self, now: float) -> None:
        """Go back to 1:N and take no PIN any more.

        Not during a challenge: cancelling would let a visitor trade it for another one.
        """
        if self._machine().state is DoorState.CHALLENGE:
            return
        self._decisions.walk_off(now, gone=False)
        self._credentials.forget_pin_request()
        self._decisions.drop_claim()
        self._decisions.begin_visit()

    def expire(self, now: float) -> None:
        """Cancel a claim that has waited too long for the face."""
        if self._credentials.expired(now):
            self.cancel(now)

    def gallery_changed(self) -> None:
        """Forget PIN requests, and the claim of a person who can no longer be found."""
        self._credentials.forget_pin_request()
        if self._credentials.is_stale:
            self._decisions.drop_claim()

    def _follow(self, check: Callable[[], Claim], now: float) -> Claim:
        """Act on the claim that ``check`` returns, unless credentials are ignored now."""
        if self._ignored():
            return Claim()
        try:
            claim = check()
        except KioskError as error:
            self._fault(error.key, now)
            return Claim()
        if claim.reason is not None:
            self._decisions.abandon_visit(now)
            self._decisions.reject(
                claim.reason, Mode.VERIFY, now, claim.number, claim.person, counts=False
            )
        elif claim.next in (Next.FACE, Next.DOOR) and claim.person is not None:
            return self._use(claim, claim.person, now)
        return claim

    def _hear(self, pin: str, now: float) -> None:
        """Let a duress PIN call for help although no PIN is taken now; nothing else follows."""
        try:
            self._credentials.enter_pin(pin, now)
        except KioskError as error:
            log.error("a PIN could not be checked: %s", error)

    def _use(self, claim: Claim, person: Person, now: float) -> Claim:
        """Compare with ``person`` from now on, or decide at once where no face is compared."""
        self._decisions.charge_failed(now)
        earlier = self._visit.undecided
        if earlier is not None and earlier.person_id != person.id:
            self._decisions.abandon_visit(now)
            earlier = None
        if claim.next is Next.DOOR:
            self._decisions.decide_without_face(
                person, self._credentials.factors(claim), claim.basis, now
            )
        else:
            self._credentials.hold(claim, now)
            self._decisions.begin_visit()
            if earlier is not None:
                self._visit.continue_with(earlier)
        return claim

    def _ignored(self) -> bool:
        """Return whether numbers, PINs, cards and badges are ignored in this state.

        A lock-out does not ignore them: it is there for faces and codes that claim nobody.
        """
        return self._machine().state in IGNORING_CREDENTIALS
