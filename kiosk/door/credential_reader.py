"""Turns badges, cards and bar codes into claims of an identity. One thread only, the door's."""

from __future__ import annotations

import logging
from collections.abc import Callable

from kiosk.core.decisions import Factor, Reason
from kiosk.core.errors import KioskError
from kiosk.core.ports import BadgePort, CardsPort, Clock, PeoplePort
from kiosk.door.claims import Claim, Next
from kiosk.door.door_service import DoorService

AGAIN_S = 6.0
"""Seconds for which the same code is ignored: it is still held to the camera."""

BETWEEN_CARDS_S = 3.0
"""Seconds between two cards that are looked up while faces alone have to wait."""

log = logging.getLogger(__name__)


class CredentialReader:
    """A badge or card claims its owner, whose face must then match.

    A bar code counts as a typed number only. Foreign codes are ignored; a forged or old badge and
    an unknown card are rejected and logged.
    """

    def __init__(
        self,
        door: DoorService,
        people: PeoplePort,
        badges: BadgePort,
        cards: CardsPort,
        clock: Clock,
    ) -> None:
        self._door = door
        self._people = people
        self._badges = badges
        self._cards = cards
        self._clock = clock
        self._last = ""
        self._last_at = float("-inf")
        self._card_at = float("-inf")

    def seen(self, text: str, now: float) -> Claim:
        """Take in the ``text`` of a QR code from the camera."""
        if not self._badges.is_badge(text) or self._repeated(text, now):
            return Claim()
        badge = self._badges.read(text, self._clock())
        if isinstance(badge, Reason):
            self._door.refuse(badge, now)
            return Claim()
        return self._claim(
            lambda: self._cards.owner_of_badge(badge), Reason.OLD_CODE, Factor.CARD, now
        )

    def bar_code(self, digits: str, now: float) -> Claim:
        """Take in a bar code from the camera; a photo of it works as well, so it is not a card."""
        if self._repeated(digits, now):
            return Claim()
        return self._claim(lambda: self._cards.owner_of_card(digits), None, Factor.NUMBER, now)

    def card(self, code: str, now: float) -> Claim:
        """Take in ``code`` from the card reader; few of them while too many have been rejected.

        Codes of simple cards can be guessed, those of badges cannot.
        """
        if self._too_soon(now) or self._repeated(code, now):
            return Claim()
        return self._claim(
            lambda: self._cards.owner_of_card(code), Reason.UNKNOWN_CARD, Factor.CARD, now
        )

    def _too_soon(self, now: float) -> bool:
        too_soon = self._door.waits(now) and now - self._card_at < BETWEEN_CARDS_S
        if not too_soon:
            self._card_at = now
        return too_soon

    def _claim(
        self, owner: Callable[[], int | None], unknown: Reason | None, by: Factor, now: float
    ) -> Claim:
        """Claim the identity of ``owner()``; ``unknown``: why to reject if there is none."""
        try:
            person_id = owner()
            person = self._people.get(person_id) if person_id is not None else None
        except KioskError as error:
            log.error("the owner of a code cannot be looked up: %s", error)
            self._door.fault(error.key, now)
            return Claim()
        if person is None:
            return self._refuse(unknown, now)
        claim = self._door.claim(person.number, now, by)
        return self._still_owned(claim, owner, person_id, now)

    def _still_owned(
        self, claim: Claim, owner: Callable[[], int | None], person_id: int | None, now: float
    ) -> Claim:
        """Take ``claim`` back if the code was taken from its owner while they were looked up.

        From the claim on, a change of the owner's cards makes an accept a reject.
        """
        try:
            if claim.next is Next.NOTHING or owner() == person_id:
                return claim
        except KioskError as error:
            self._door.fault(error.key, now)
        self._door.cancel_claim(now)
        return Claim()

    def _refuse(self, unknown: Reason | None, now: float) -> Claim:
        if unknown is not None:
            self._door.refuse(unknown, now)
        return Claim()

    def _repeated(self, text: str, now: float) -> bool:
        repeated = text == self._last and now - self._last_at < AGAIN_S
        self._last = text
        self._last_at = now
        return repeated
