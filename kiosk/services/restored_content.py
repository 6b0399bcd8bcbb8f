"""Who came back with a restored backup, and the confirmation without which the door stays shut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kiosk.core.people import Account, Person
from kiosk.core.rights import Actor, Right, require
from kiosk.core.view_models import RestoredContent
from kiosk.services.two_admins import TwoAdmins


class ConfirmationPort(Protocol):
    """The confirmation in the database."""

    def pending(self) -> str | None: ...
    def confirm(self, by: str) -> None: ...


class PeopleListPort(Protocol):
    """The enrolled people, by name."""

    def search(self, text: str, limit: int, offset: int) -> tuple[Sequence[Person], int]: ...


class AccountListPort(Protocol):
    """The accounts, by name."""

    def list(self) -> Sequence[Account]: ...


class RestoredContentService:
    """Every method raises ``SignInError`` without the right; run it on a thread that may block."""

    def __init__(
        self,
        confirmation: ConfirmationPort,
        people: PeopleListPort,
        accounts: AccountListPort,
        two: TwoAdmins,
    ) -> None:
        self._confirmation = confirmation
        self._people = people
        self._accounts = accounts
        self._two = two

    def unconfirmed(self, actor: Actor, limit: int) -> RestoredContent | None:
        """Return who came back, at most ``limit`` people; ``None`` if nothing is to be confirmed.

        That they may be disabled before, on the pages People and Accounts, is up to the actor.
        """
        require(actor, Right.MANAGE_STORED_DATA)
        backup = self._confirmation.pending()
        if backup is None:
            return None
        people, total = self._people.search("", limit, 0)
        return RestoredContent(backup, tuple(people), total, tuple(self._accounts.list()))

    def confirm(self, actor: Actor, name: str = "", pin: str = "") -> None:
        """Confirm people and accounts as they are now.

        ``name`` and ``pin``: of the second administrator, where the rule is on.
        """
        require(actor, Right.MANAGE_STORED_DATA)
        self._confirmation.confirm(self._two.agreed(actor, name, pin))
