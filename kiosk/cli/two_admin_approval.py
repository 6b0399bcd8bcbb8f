"""Two administrators at a command that the settings ask two for."""

from __future__ import annotations

import getpass
from collections.abc import Callable

from kiosk.core.config import Config
from kiosk.core.errors import SignInError
from kiosk.core.people import Account
from kiosk.services.two_admins import TwoAdmins


def two_admins(verify: Callable[[str, str], Account], config: Config) -> str:
    """Who approves, asked by name and PIN; empty where the settings ask for nobody. Raises ``SignInError``."""
    rule = TwoAdmins(config.security.two_admins, verify)
    if not rule.required:
        return ""
    first = verify(*_asked("first"))
    return rule.names(first, rule.approve(first, *_asked("second")))


def _asked(which: str) -> tuple[str, str]:
    try:
        return input(f"Name of the {which} administrator: "), getpass.getpass("PIN: ")
    except EOFError:
        raise SignInError(
            "Two administrators are asked for, and nobody is there; run this at a terminal."
        ) from None
