"""Two administrators for what cannot be undone or makes the door less strict, where the settings ask for two."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.core.errors import SignInError
from kiosk.core.people import Account, AccountRole


class TwoAdmins:
    """``required``: whether two are asked for; ``verify``: the account of a name and a PIN, or ``SignInError``."""

    def __init__(self, required: bool, verify: Callable[[str, str], Account]) -> None:
        self.required = required
        self._verify = verify

    def approve(self, actor: Account, name: str, pin: str) -> Account:
        """The second administrator, who types name and PIN beside ``actor``; raises ``SignInError`` unless it is another one."""
        second = self._verify(name, pin)
        self.names(actor, second)
        return second

    def names(self, actor: Account, second: Account | None) -> str:
        """Who does it, as the log says; raises ``SignInError`` unless that is one administrator, and another where two are asked for."""
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
