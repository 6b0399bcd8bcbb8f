"""Accounts of staff: who may make them, set their PINs, and enable or disable them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kiosk.core.errors import SignInError, StorageError
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import Actor, Right, require
from kiosk.core.view_models import AccountsPage
from kiosk.services.two_admins import TwoAdmins


class AccountsPort(Protocol):
    """The stored accounts. ``own``: the owner of the account chose the PIN."""

    def create(
        self, name: str, role: AccountRole, pin: str, by: str = "", *, own: bool = False
    ) -> Account: ...
    def verify(self, name: str, pin: str) -> Account: ...
    def list(self) -> Sequence[Account]: ...
    def as_left(self) -> bool: ...
    def set_pin(self, account_id: int, pin: str, by: str = "", *, own: bool = False) -> None: ...
    def set_enabled(self, account_id: int, enabled: bool, by: str = "") -> None: ...


class AccountService:
    """Every method raises ``SignInError`` without the right; run it on a thread that may block.

    Control of the accounts of administrators is control of the two-administrator rule. While it is
    on, two are needed to make an administrator, to enable or disable one, and to choose another
    account's PIN; ``second`` and ``second_pin`` are what the second administrator typed.
    """

    def __init__(self, accounts: AccountsPort, two: TwoAdmins) -> None:
        self._accounts = accounts
        self._two = two

    def accounts(self, actor: Actor) -> AccountsPage:
        """Return all accounts."""
        require(actor, Right.MANAGE_ACCOUNTS)
        return AccountsPage(tuple(self._accounts.list()), self._two.required)

    def add(
        self,
        actor: Actor,
        name: str,
        role: AccountRole,
        pin: str,
        second: str = "",
        second_pin: str = "",
    ) -> Account:
        """Create an account; its owner must choose another PIN before approving anything."""
        require(actor, Right.MANAGE_ACCOUNTS)
        by = actor.name
        if role is AccountRole.ADMIN:
            by = self._agreed(actor, second, second_pin)
        return self._accounts.create(name, role, pin, by)

    def set_pin(
        self, actor: Actor, account_id: int, pin: str, second: str = "", second_pin: str = ""
    ) -> None:
        """Choose the PIN of another account; one's own asks for the old PIN instead."""
        require(actor, Right.MANAGE_ACCOUNTS)
        if account_id == actor.id:
            raise _old_pin_needed()
        self._accounts.set_pin(account_id, pin, self._agreed(actor, second, second_pin))

    def change_own_pin(self, actor: Actor, old: str, pin: str) -> None:
        """Change the actor's own PIN; raises ``SignInError`` unless ``old`` is the present one."""
        require(actor, Right.MANAGE_ACCOUNTS)
        account = self._accounts.verify(actor.name, old)
        if account.id is None or account.id != actor.id:
            raise _old_pin_needed()
        self._accounts.set_pin(account.id, pin, actor.name, own=True)

    def set_enabled(
        self,
        actor: Actor,
        account_id: int,
        enabled: bool,
        second: str = "",
        second_pin: str = "",
    ) -> None:
        """Enable or disable an account."""
        require(actor, Right.MANAGE_ACCOUNTS)
        by = actor.name
        if self._account(account_id).role is AccountRole.ADMIN:
            by = self._two.agreed(actor, second, second_pin)
        self._accounts.set_enabled(account_id, enabled, by)

    def _account(self, account_id: int) -> Account:
        for account in self._accounts.list():
            if account.id == account_id:
                return account
        raise StorageError(
            "That account does not exist any more; look at the list again.",
            key="error.account_gone",
        )

    def _agreed(self, actor: Actor, second: str, second_pin: str) -> str:
        """Return who acts; an only administrator acts alone, since nobody else could agree.

        Nobody becomes that by disabling the others, which needs two, nor by removing their rows
        from the database.
        """
        admins = [
            account.id
            for account in self._accounts.list()
            if account.role is AccountRole.ADMIN and account.enabled
        ]
        alone = admins == [actor.id] and self._accounts.as_left()
        return actor.name if alone else self._two.agreed(actor, second, second_pin)


def _old_pin_needed() -> SignInError:
    return SignInError(
        "Enter the PIN that you have now to choose another one.", key="error.old_pin"
    )
