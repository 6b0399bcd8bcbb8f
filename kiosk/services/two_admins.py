"""The two-administrator rule, for what cannot be undone or weakens security."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.ports import Clock
from kiosk.core.rights import Actor

FIRST_DAY = timedelta(days=1)
"""How long a new account, or one whose PIN somebody else chose, approves nothing."""


class TwoAdmins:
    """``rule``: whether two are needed, asked each time: the rule may change at any moment.

    ``verify``: returns the account of a name and a PIN, or raises ``SignInError``.
    """

    def __init__(
        self, rule: Callable[[], bool], verify: Callable[[str, str], Account], clock: Clock
    ) -> None:
        self._rule = rule
        self._verify = verify
        self._clock = clock

    @property
    def required(self) -> bool:
        """Whether the rule is on."""
        return self._rule()

    def agreed(self, actor: Actor, name: str, pin: str) -> str:
        """Return who acts, as the audit log names them.

        ``name`` and ``pin``: of the second administrator; not looked at if the rule is off. Raises
        ``SignInError`` unless all who must agree do.
        """
        second = self.approve(actor, name, pin) if self.required else None
        return self.names(actor, second)

    def sign_in(self, name: str, pin: str) -> Account:
        """Return the account of the first administrator; raises ``SignInError``."""
        return self._verify(name, pin)

    def approve(self, actor: Actor, name: str, pin: str) -> Account:
        """Return the second administrator, who typed ``name`` and ``pin``.

        Raises ``SignInError`` unless that is another administrator than ``actor``.
        """
        self._check(actor)
        if not name.strip():  # nobody was asked: no wrong PIN
            raise _second_missing()
        second = self._verify(name, pin)
        self.names(actor, second)
        return second

    def may_agree(self, account: Account) -> bool:
        """Return whether the administrator ``account`` may be one of the two."""
        try:
            self._check(account)
        except SignInError:
            return False
        return account.role is AccountRole.ADMIN

    def names(self, actor: Actor, second: Account | None) -> str:
        """Return who acts, as the audit log names them.

        Raises ``SignInError`` unless ``actor`` is an administrator and, if the rule is on,
        ``second`` is another one. Neither may be new: who just made the account knows its PIN.
        """
        if actor.role is not AccountRole.ADMIN or not actor.enabled:
            raise SignInError(
                "Only an administrator may do that; ask one to sign in.", key="error.admin_only"
            )
        if not self.required:
            return actor.name
        self._check(actor)
        if second is None or second.role is not AccountRole.ADMIN or second.id == actor.id:
            raise _second_missing()
        self._check(second)
        return f"{actor.name} + {second.name}"

    def _check(self, one: Actor) -> None:
        """Raise ``SignInError`` unless ``one`` may be one of the two."""
        if not isinstance(one, Account) or one.id is None or not one.enabled:
            raise _second_missing()
        if not one.pin_is_own:
            raise SignInError(
                f"The PIN of {one.name} was chosen by somebody else; {one.name} must sign in and"
                " change it under Accounts before agreeing to this.",
                key="error.approver_pin",
                name=one.name,
            )
        given = max(
            (at for at in (one.created_at, one.pin_given_at) if at is not None), default=None
        )
        if given is None or self._clock() - given < FIRST_DAY:
            raise SignInError(
                f"The account of {one.name}, or its PIN, is less than a day old and cannot approve"
                " yet; ask another administrator or wait.",
                key="error.approver_new",
                name=one.name,
            )


def _second_missing() -> SignInError:
    return SignInError(
        "A second administrator must agree; ask one to enter their PIN.",
        key="error.second_admin",
    )
