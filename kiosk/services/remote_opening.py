"""Opening this door once because staff at another node of the fleet ordered it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from kiosk.core.errors import KioskError
from kiosk.core.rights import Actor, Operator
from kiosk.services.door_override import DoorSettingsPort
from kiosk.services.single_opening import OpeningReason

log = logging.getLogger(__name__)

DONE = "fleet.opened"
"""Key of the number of the last order, in the settings of the database."""

WORDS = "ordered at another door of the fleet"


class OpeningByHand(Protocol):
    """``SingleOpening``: the door's own rules for an opening by staff."""

    def open(self, actor: Actor, reason: OpeningReason, words: str = "") -> float: ...


class RemoteOpening:
    """``order`` may block for as long as the lock takes.

    ``allowed``: ``fleet.allow_remote_opening``. The account is the word of the node that gave the
    order, where its right was checked.
    """

    def __init__(
        self, opening: OpeningByHand, settings: DoorSettingsPort, allowed: Callable[[], bool]
    ) -> None:
        self._opening = opening
        self._settings = settings
        self._allowed = allowed

    def order(self, number: int, account: str, node: str) -> None:
        """Open once for the order with that ``number``, if allowed, and never again for it."""
        done = self._settings.get(DONE)
        if isinstance(done, int) and number <= done:
            return
        self._settings.set(DONE, number)  # first: a crash may lose an opening, and repeats none
        if not self._allowed():
            log.warning("an opening ordered by %s is refused: fleet.allow_remote_opening", account)
            return
        try:
            self._opening.open(Operator(f"{account} ({node})"), OpeningReason.OTHER, WORDS)
        except KioskError as error:
            log.warning("the opening ordered by %s was not carried out: %s", account, error)
