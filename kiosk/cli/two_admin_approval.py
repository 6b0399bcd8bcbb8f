"""Two administrators approve a command if the settings require it."""

from __future__ import annotations

import getpass
from collections.abc import Callable

from kiosk.core.config import Config
from kiosk.core.errors import SignInError
from kiosk.core.people import Account
from kiosk.services.two_admins import TwoAdmins


def two_admins(verify: Callable[[str, str], Account], config: Config) -> str:
    """Ask two administrators for name and PIN; return their names, empty if not required.

    Raises ``SignInError``.
    """
    two_admins_rule = TwoAdmins(config.security.two_admins, verify)
    if not two_admins_rule.required:
        return ""
    first = verify(*_ask("first"))
    return two_admins_rule.names(first, two_admins_rule.approve(first, *_ask("second")))


def _ask(which: str) -> tuple[str, str]:
    try:
        return input(f"Name of the {which} administrator: "), getpass.getpass("PIN: ")
    except EOFError:
        raise SignInError(
            "Two administrators are asked for, and nobody is there; run this at a terminal."
        ) from None
