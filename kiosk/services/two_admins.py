"""The two-administrator rule, for what cannot be undone or makes the door less strict."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole
from kiosk.core.rights import Actor


class TwoAdmins:
    """``required``: whether the rule is on.

    ``verify``: returns the account of a name and a PIN, or raises ``SignInError``.
    """

    def __init__(self, required: bool, verify: Callable[[str, str], Account]) -> None:
        self.required = required
        self._verify = verify

    def approve(self, actor: Actor, name: str, pin: str) -> Account:
        """Return the second administrator, who typed ``name`` and ``pin``.

        Raises ``SignInError`` unless that is another administrator than ``actor``.
        """
        second = self._verify(name, pin)
        self.names(actor, second)
        return second

    def names(self, actor: Actor, second: Account | None) -> str:
        """Return who acts, as the audit log names them.

        Raises ``SignInError`` unless ``actor`` is an administrator and, if the rule is on,
        ``second`` is another one.
        """
        if actor.role is not AccountRole.ADMIN or not actor.enabled:
            raise SignInError(
                "Only an administrator may do that; ask one to sign in.", key="error.admin_only"
            )
        if not self.required:
            return actor.name
        if (
            second is None
            or second.role is not AccountRole.ADMIN
            or not second.enabled
            or second.id == actor.id
        ):
            raise SignInError(
                "A second administrator must agree; ask one to enter their PIN.",
                key="error.second_admin",
            )
        return f"{actor.name} + {second.name}"
