"""Two administrators approve a command if the database requires it."""

from __future__ import annotations

import getpass
from dataclasses import dataclass

from kiosk.cli.shared import operator
from kiosk.core.errors import SignInError
from kiosk.core.rights import Actor
from kiosk.services.two_admins import TwoAdmins


@dataclass(frozen=True, slots=True)
class Approval:
    """Who runs a command, with the name and PIN that the second administrator typed, if any."""

    actor: Actor
    name: str = ""
    pin: str = ""


def ask_approval(two: TwoAdmins) -> Approval:
    """Return the operator or, if two are required, two administrators asked for name and PIN.

    The first one is signed in here, the service verifies the second. Raises ``SignInError``.
    """
    if not two.required:
        return Approval(operator())
    first = two.sign_in(*_ask("first"))
    return Approval(first, *_ask("second"))


def _ask(which: str) -> tuple[str, str]:
    try:
        return input(f"Name of the {which} administrator: "), getpass.getpass("PIN: ")
    except EOFError:
        raise SignInError(
            "Two administrators must type their PINs; run this command at a terminal."
        ) from None
