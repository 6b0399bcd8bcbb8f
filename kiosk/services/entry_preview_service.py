"""Who may enter now, or at another time, by the rules in use or by a draft of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from kiosk.core.access_rules import AccessRules, EntryPreview
from kiosk.core.people import Person
from kiosk.core.ports import Clock
from kiosk.core.rights import Actor, Right, require

Outlook = Callable[[Iterable[Person], datetime, AccessRules | None], EntryPreview]
"""Answers by the code that decides at the door; by a draft of the rules if there is one."""


class EntryPreviewService:
    """``people``: returns the enrolled people whose name or number contains a text.

    ``outlook``: see ``Outlook``. Run it on a thread that may block.
    """

    def __init__(
        self, people: Callable[[str], Iterable[Person]], outlook: Outlook, clock: Clock
    ) -> None:
        self._people = people
        self._outlook = outlook
        self._clock = clock

    def preview(
        self,
        actor: Actor,
        at: datetime | None = None,
        draft: AccessRules | None = None,
        text: str = "",
    ) -> EntryPreview:
        """Return who may enter at ``at`` (zone-aware; ``None``: now).

        ``draft``: rules that are not stored yet. Raises ``SignInError`` without the right, and
        ``ConfigError`` for a draft that cannot be kept.
        """
        require(actor, Right.CHANGE_RULES)
        return self._outlook(self._people(text), at or self._clock(), draft)
