"""A way back for an administrator who forgot the PIN."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.ports import AuditPort
from kiosk.services.account_service import AccountService
from kiosk.services.two_admins import TwoAdmins

BY_CODE = "recovery code"
"""Who acts, as the audit log names them."""


class RecoverablePort(Protocol):
    """The stored accounts, and the limit on guessing.

    ``count_recovery_try``: counts a try before the code is compared; raises ``SignInError`` during
    a wait. ``recovered``: ends the waits.
    """

    def count_recovery_try(self) -> None: ...
    def recovered(self) -> None: ...
    def list(self) -> Sequence[Account]: ...
    def as_left(self) -> bool: ...
    def set_pin(self, account_id: int, pin: str, by: str = "", *, own: bool = False) -> None: ...


class PinRecoveryService:
    """Gives an administrator another PIN without their old one; run it where it may block.

    Two ways: the recovery code of the backups, or another administrator. Neither does more than is
    possible otherwise while the two-administrator rule is on: the code is then taken for an only
    administrator, who acts alone anyway, and another administrator needs a further one, under
    Accounts. The PIN counts as chosen by somebody else. ``code_holds``: whether a text is the
    recovery code; raises ``StorageError`` if it cannot be one. ``by_code_allowed``: the setting.
    """

    def __init__(
        self,
        accounts: RecoverablePort,
        service: AccountService,
        two: TwoAdmins,
        audit: AuditPort,
        code_holds: Callable[[str], bool],
        by_code_allowed: Callable[[], bool],
    ) -> None:
        self._accounts = accounts
        self._service = service
        self._two = two
        self._audit = audit
        self._code_holds = code_holds
        self._by_code_allowed = by_code_allowed

    def by_code(self, name: str, code: str, pin: str) -> None:
        """Give the administrator ``name`` the PIN ``pin``, if ``code`` is the recovery code.

        Raises ``SignInError`` where it is not, or not enough, and ``StorageError`` for a PIN that
        is easy to guess. Every try counts towards the waits of the sign-in.
        """
        if not self._by_code_allowed():
            raise SignInError(
                "The settings do not allow a new PIN by recovery code; ask another administrator.",
                key="error.recovery_off",
            )
        self._accounts.count_recovery_try()
        if not self._code_holds(code):
            self._refuse({"account": "unknown"})
            raise SignInError("That is not the recovery code; type it again.", key="error.recovery")
        account = self._admin(name)
        if not self._accounts.as_left() or (self._two.required and not self._alone(account)):
            self._refuse({"account": account.name})
            raise SignInError(
                "With the two-administrator rule the code is not enough; two other administrators"
                " choose another PIN under Accounts.",
                key="error.recovery_two",
            )
        assert account.id is not None, "a stored account has an id"
        self._accounts.set_pin(account.id, pin, BY_CODE)
        self._accounts.recovered()
        self._audit.record("pin_recovered", BY_CODE, {"account": account.name})

    def by_admin(self, name: str, other: str, other_pin: str, pin: str) -> None:
        """Give the administrator ``name`` the PIN ``pin``, as the administrator ``other`` may.

        Raises ``SignInError`` for a wrong PIN, without the right, and where the two-administrator
        rule asks for a further administrator.
        """
        actor = self._two.sign_in(other, other_pin)
        account = self._admin(name)
        assert account.id is not None, "a stored account has an id"
        self._service.set_pin(actor, account.id, pin)
        self._audit.record("pin_recovered", actor.name, {"account": account.name})

    def _admin(self, name: str) -> Account:
        for account in self._accounts.list():
            is_admin = account.enabled and account.role is AccountRole.ADMIN
            if is_admin and _folded(account.name) == _folded(name):
                return account
        self._refuse({"account": "unknown"})
        raise SignInError(
            "No administrator has that name; type it as under Accounts.", key="error.recovery_name"
        )

    def _alone(self, account: Account) -> bool:
        return [
            one.id for one in self._accounts.list() if one.enabled and one.role is AccountRole.ADMIN
        ] == [account.id]

    def _refuse(self, detail: Mapping[str, object]) -> None:
        self._audit.record("pin_recovery_refused", "", detail)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", " ".join(name.split())).casefold()
