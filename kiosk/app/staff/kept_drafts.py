"""What was typed on the staff's pages when the kiosk was left alone, for the same account."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, Slot

from kiosk.app.staff.context import StaffContext
from kiosk.core.people import Account

KEPT_S = 600.0
"""How long drafts are kept: long enough to come back from the corridor, not for the next day."""


DRAFT_PAGES = ("people", "rules", "settings")
"""The pages whose edits are kept; the enrolment keeps its form itself."""


class DraftPage(Protocol):
    """A page with edits that are not saved. ``draft``: them, without PINs; ``None`` for none."""

    def draft(self) -> Any: ...
    def take_draft(self, draft: Any) -> None: ...


class KeptDrafts(QObject):
    """Keeps drafts in memory over an automatic sign-out; another account's sign-in ends them.

    Signing out by hand keeps nothing. ``page``: returns a page of ``DRAFT_PAGES``, or ``None`` if
    it was not opened yet. ``clock``: seconds, monotonic.
    """

    def __init__(
        self,
        context: StaffContext,
        page: Callable[[str], DraftPage | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._context = context
        self._page = page
        self._clock = clock
        self._account = ""
        self._kept: dict[str, Any] = {}
        self._open = ""
        self._until = float("-inf")
        context.session.signedIn.connect(self._bring_back)

    def keep(self, page: str) -> None:
        """Keep what the account that is signed in has not saved; ``page``: the one that is open."""
        self._kept = {}
        for name in DRAFT_PAGES:
            own = self._page(name)
            draft = own.draft() if own is not None else None
            if draft is not None:
                self._kept[name] = draft
        self._account = self._context.session.account.name
        self._open = page
        self._until = self._clock() + KEPT_S

    @Slot(object)
    def _bring_back(self, account: Account) -> None:
        kept, self._kept = self._kept, {}
        if account.name != self._account or self._clock() > self._until:
            return
        if self._open in kept:
            self._context.navigation.open_page(self._open)
        for name, draft in kept.items():
            own = self._page(name)
            if own is not None:
                own.take_draft(draft)
