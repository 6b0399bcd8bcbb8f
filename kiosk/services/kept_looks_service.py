"""Looks that members let the door keep: listed and removed by staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kiosk.core.member_looks import LookHistory
from kiosk.core.people import Person
from kiosk.core.rights import Actor, Right, require


class KeptLooksPort(Protocol):
    """Stored looks; the store records who removes one."""

    def history(self, person_id: int) -> LookHistory: ...
    def remove(self, person_id: int, number: int, by: str = "") -> Person: ...


class KeptLooksService:
    """For the People page and the command line; safe from any thread that may block.

    ``gallery_changed``: called with the person's id after a removal, even if it failed: a write
    that was given up may have been committed.
    """

    def __init__(self, looks: KeptLooksPort, gallery_changed: Callable[[int], None]) -> None:
        self._looks = looks
        self._gallery_changed = gallery_changed

    def history(self, actor: Actor, person_id: int) -> LookHistory:
        """Return a person's looks and when they were last asked; raises ``SignInError``."""
        require(actor, Right.VIEW_PEOPLE)
        return self._looks.history(person_id)

    def remove(self, actor: Actor, person_id: int, number: int) -> Person:
        """Remove a look that the person takes back.

        Raises ``SignInError`` without the right, and ``StorageError`` for the enrolment or a look
        that is not stored.
        """
        require(actor, Right.CHANGE_PEOPLE)
        try:
            return self._looks.remove(person_id, number, actor.name)
        finally:
            self._gallery_changed(person_id)
