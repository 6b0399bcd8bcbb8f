"""Turns badges, cards and bar codes into claims of an identity. One thread only, the door's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

from kiosk.core.decisions import Factor, Reason
from kiosk.core.errors import KioskError
from kiosk.core.ports import BadgePort, CardsPort, Clock, PeoplePort
from kiosk.door.claims import Claim, Next
from kiosk.door.door_service import DoorService
from kiosk.door.recent_codes import AGAIN_S, RecentCodes

BETWEEN_CARDS_S = 3.0
"""Seconds between two cards that are looked up while faces alone have to wait."""

log = logging.getLogger(__name__)


class CredentialReader:
    """A badge or card claims its owner, whose face must then match.

    A bar code counts as a typed number only. Foreign codes are ignored; a forged or old badge and
    an unknown card are rejected and logged. Of several codes in one picture at most one counts.
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
        self._recent = RecentCodes()
        self._last_card = ""
        self._last_card_at = float("-inf")
        self._card_at = float("-inf")

    def seen(self, qr: Sequence[str], bar: Sequence[str], now: float) -> Claim:
        """Take in the codes of one picture, largest first.

        The code that counts already goes on counting while it is in view. Otherwise the first
        badge that names somebody counts, then the first such bar code. If there is none, the first
        badge that is refused is rejected.
        """
        badges = [text for text in qr if self._badges.is_badge(text)]
        if self._recent.still_held((*badges, *bar), now):
            return Claim()
        new = self._recent.new(badges, now)
        refusals: list[Reason] = []
        for text in new:
            owner = self._owner_of_badge(text)
            if isinstance(owner, Reason):
                refusals.append(owner)
            elif (claim := self._claim(owner, Factor.CARD, now)) is not None:
                self._recent.take(text, now)
                return claim
            else:
                refusals.append(Reason.OLD_CODE)
        claim = self._claim_by_bar_code(bar, now)
        if claim is None and refusals:
            self._door.refuse(refusals[0], now)
        self._recent.ignore(new, now)
        return claim or Claim()

    def _owner_of_badge(self, text: str) -> Callable[[], int | None] | Reason:
        """Return what looks up the owner of a genuine badge, or why it is refused."""
        badge = self._badges.read(text, self._clock())
        return badge if isinstance(badge, Reason) else partial(self._cards.owner_of_badge, badge)

    def _claim_by_bar_code(self, bar: Sequence[str], now: float) -> Claim | None:
        """Claim by one of the bar codes; a photo of one works as well, so it is not a card."""
        for text in self._recent.new(bar, now):
            claim = self._claim(partial(self._cards.owner_of_card, text), Factor.NUMBER, now)
            if claim is not None:
                self._recent.take(text, now)
                return claim
            self._recent.ignore([text], now)
        return None

    def card(self, code: str, now: float) -> Claim:
        """Take in ``code`` from the card reader; few of them while too many have been rejected.

        Codes of simple cards can be guessed, those of badges cannot.
        """
        if self._too_soon(now) or self._repeated(code, now):
            return Claim()
        claim = self._claim(partial(self._cards.owner_of_card, code), Factor.CARD, now)
        if claim is None:
            self._door.refuse(Reason.UNKNOWN_CARD, now)
        return claim or Claim()

    def _too_soon(self, now: float) -> bool:
        too_soon = self._door.waits(now) and now - self._card_at < BETWEEN_CARDS_S
        if not too_soon:
            self._card_at = now
        return too_soon

    def _claim(self, owner: Callable[[], int | None], by: Factor, now: float) -> Claim | None:
        """Claim the identity of ``owner()``; ``None`` if there is none."""
        try:
            person_id = owner()
            person = self._people.get(person_id) if person_id is not None else None
        except KioskError as error:
            log.error("the owner of a code cannot be looked up: %s", error)
            self._door.fault(error.key, now)
            return Claim()
        if person is None:
            return None
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

    def _repeated(self, code: str, now: float) -> bool:
        repeated = code == self._last_card and now - self._last_card_at < AGAIN_S
        self._last_card = code
        self._last_card_at = now
        return repeated
